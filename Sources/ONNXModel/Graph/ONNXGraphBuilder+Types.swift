import NetGraph

// What values are made of, where the file does not tell.

extension ONNXGraphBuilder {
    /// What the elements are that a node writes which is not understood, where its type alone tells that.
    func typeOfOutput(_ node: ONNXNode, _ output: String) -> ONNXElementType {
        guard node.domain.isEmpty, !file.redefinedOperators.contains(node.type) else { return .unknown }
        if Self.keepType.contains(node.type) { return type(node, 0) }
        // Further outputs are places or counts.
        if Self.firstKeepsType.contains(node.type) { return output == node.outputs[0] ? type(node, 0) : .unknown }
        switch node.type {
        case "DequantizeLinear": return integer(node, "output_dtype") ?? 0 == 0 ? type(node, 1) : .unknown
        case "Cast": return integer(node, "to").map { ONNXElementType(rawValue: $0) } ?? .unknown
        case "CastLike", "Where": return type(node, 1)
        default: return .unknown
        }
    }

    /// Operators whose outputs are all made of what their first input is.
    private static let keepType: Set<String> = [
        "Add", "AveragePool", "BatchNormalization", "Clip", "Compress", "Concat", "Conv", "ConvTranspose", "CumSum",
        "DepthToSpace", "Div", "Expand", "Flatten", "GRU", "Gather", "GatherElements", "GatherND", "Gemm",
        "GlobalAveragePool", "GlobalMaxPool", "GridSample", "GroupNormalization", "Hardmax", "Identity",
        "InstanceNormalization", "LRN", "LSTM", "LogSoftmax", "LpNormalization", "LpPool", "MatMul", "Max",
        "MaxRoiPool", "MaxUnpool", "Mean", "MeanVarianceNormalization", "Min", "Mod", "Mul", "PRelu", "Pad", "Pow",
        "RNN", "ReduceL1", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "Reshape",
        "Resize", "ReverseSequence", "RoiAlign", "Scatter", "ScatterElements", "ScatterND", "Slice", "Softmax",
        "SpaceToDepth", "Split", "Squeeze", "Sub", "Sum", "Tile", "Transpose", "Trilu", "Unsqueeze", "Upsample",
    ]

    /// Operators whose first output is made of what their first input is.
    private static let firstKeepsType: Set<String> = ["Dropout", "LayerNormalization", "MaxPool", "TopK", "Unique"]

    /// What the input of a layer with a constant weight is made of: where nothing tells it, the same as the weight, as ONNX has it.
    ///
    /// - Throws: for what is no floating point.
    func weightedType(_ node: ONNXNode, weight: Int) throws(ONNXObstacle) -> ONNXElementType {
        let known = type(node, 0)
        if known == .unknown, let type = constant(node, weight)?.type, type.parameterType != nil { return type }
        try requireFloat(node, 0)
        return known
    }
}
