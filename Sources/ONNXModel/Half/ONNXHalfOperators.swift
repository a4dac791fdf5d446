/// Operators that compute the same in half precision, but for rounding: all inputs and outputs that are Float become half precision together.
enum ONNXHalfOperators {
    static let known: Set<String> = [
        // Layers with weights, and normalisations.
        "Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum", "BatchNormalization", "InstanceNormalization",
        "LayerNormalization", "LRN", "LpNormalization",
        // Functions of each element.
        "Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Softplus",
        "Softsign", "Clip",
        "ThresholdedRelu", "Gelu", "Mish", "Erf", "Abs", "Neg", "Sqrt", "Exp", "Log", "Reciprocal", "Floor", "Ceil",
        "Round", "Pow",
        "Softmax", "LogSoftmax", "Add", "Sub", "Mul", "Div", "Sum", "Mean", "Max", "Min", "Where", "Greater", "Less",
        "Equal",
        // Windows, sums, and what moves elements.
        "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool", "ReduceMean",
        "ReduceSum", "ReduceMax",
        "ReduceMin", "ReduceL2", "Resize", "Upsample", "Concat", "Split", "Slice", "Gather", "Reshape", "Flatten",
        "Squeeze", "Unsqueeze",
        "Transpose", "Expand", "Tile", "Pad", "DepthToSpace", "SpaceToDepth", "Identity", "Dropout", "ArgMax", "ArgMin",
        "Shape",
        // What makes constants; their attributes change.
        "Constant", "ConstantOfShape", "Cast",
    ]

    /// Inputs that stay Float by the operator's definition: they tell how large something is to become.
    static func floatInputs(of type: String, opset: Int) -> [Int] {
        switch type {
        case "Upsample": opset >= 9 ? [1] : []
        case "Resize": opset >= 11 ? [1, 2] : [1]
        default: []
        }
    }

    /// Inputs that are limits: beyond the range of half precision they limit nothing, and the largest number does the same.
    static func isLimit(_ input: Int, of type: String) -> Bool { type == "Clip" && input > 0 }
}
