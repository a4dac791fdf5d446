import NetGraph

/// The operators that are understood: one line for each, or for a family of them.
extension ONNXGraphBuilder {
    /// The last version of ONNX's own operators whose meaning is known here.
    static let newestOpset = 25

    /// What a node computes.
    ///
    /// - Throws: the cause why it is left alone.
    mutating func translate(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        guard node.domain.isEmpty else {
            throw .opaque("operators of the domain '\(node.domain.inMessages)' are not known")
        }
        guard !file.redefinedOperators.contains(node.type) else {
            throw .opaque("the model defines it as a function of its own")
        }
        guard file.opset <= Self.newestOpset else {
            throw .opaque(
                "version \(file.opset) of the operators is newer than the last one known, \(Self.newestOpset)")
        }
        switch node.type {
        case "Conv": return try convolution(node)
        case "ConvTranspose": return try transposedConvolution(node)
        case "Gemm": return try generalProduct(node)
        case "MatMul": return try matrixProduct(node)
        case "BatchNormalization": return try batchNormalization(node)
        case "Add", "Sub", "Mul", "Div": return try binary(node)
        case "Sum", "Max", "Min", "Mean": return try variadic(node)
        case "Neg", "Pow": return try power(node)
        case "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal": return try comparison(node)
        case "Where": return try choice(node)
        case "MaxPool", "AveragePool", "LpPool": return try pooling(node)
        case "GlobalMaxPool", "GlobalAveragePool": return try globalPooling(node)
        case "LRN": return try localResponse(node)
        case "Pad": return try padding(node)
        case "Resize", "Upsample": return try resize(node)
        case "Identity", "Dropout": return try identity(node)
        case "Cast": return try cast(node)
        case "Concat":
            return ONNXTranslation(
                .concat(axis: try axis(integer(node, "axis") ?? 1, of: shape(node, 0))), inputs: all(node))
        case "Split": return try split(node)
        case "Slice": return try slice(node)
        case "Gather": return try gather(node)
        case "Reshape": return try reshape(node)
        case "Flatten": return try flatten(node)
        case "Squeeze", "Unsqueeze": return try squeeze(node)
        case "Tile": return try tile(node)
        case "InstanceNormalization": return try instanceNormalization(node)
        case "LayerNormalization", "RMSNormalization": return try layerNormalization(node)
        case "GroupNormalization": return try groupNormalization(node)
        case "LpNormalization":
            try requireFloat(node, 0)
            return ONNXTranslation(
                .normDivision(
                    NormDivision(
                        order: Double(integer(node, "p") ?? 2),
                        axes: [try axis(integer(node, "axis") ?? -1, of: shape(node, 0))])))
        case "Einsum": return try einsum(node)
        case "Expand": return try expand(node)
        case "Transpose": return try transpose(node)
        case "DepthToSpace", "SpaceToDepth": return try pixelBlocks(node)
        case "Softmax", "LogSoftmax": return try softmax(node)
        case "Clip": return try clip(node)
        case "PRelu": return try parametricRelu(node)
        default: break
        }
        if let reduction = try reduction(node) { return reduction }
        if let activation = activation(node) {
            try requireFloat(node, 0)
            return ONNXTranslation(.activation(activation))
        }
        throw .opaque("operators of this type are not modelled")
    }

    /// Every input, in order.
    func all(_ node: ONNXNode) -> [[Int]] { node.inputs.indices.map { [$0] } }
}
