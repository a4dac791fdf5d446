import NetGraph

// Functions of each element by itself.

extension ONNXGraphBuilder {
    /// `nil` for operators that are no such function.
    func activation(_ node: ONNXNode) -> Activation? {
        func number(_ name: String, _ missing: Double) -> Double { self.number(node, name) ?? Double(Float(missing)) }
        switch node.type {
        case "Relu": return .relu(negativeSlope: 0)
        case "LeakyRelu": return .relu(negativeSlope: number("alpha", 0.01))
        case "ThresholdedRelu": return .function(.thresholded(threshold: number("alpha", 1), otherwise: 0))
        case "Elu": return .elu(alpha: number("alpha", 1))
        case "Selu":
            // The constants of version 1 differ from those of version 6 on in the last places.
            let (alpha, gamma) =
                file.opset < 6 ? (1.6732, 1.0507) : (1.67326319217681884765625, 1.05070102214813232421875)
            return .elu(alpha: number("alpha", alpha), scale: number("gamma", gamma))
        case "Celu": return .function(.celu(alpha: number("alpha", 1)))
        case "Sigmoid": return .sigmoid
        case "Tanh": return .tanh
        case "Abs": return .absolute
        case "Softplus": return .function(.softplus)
        case "Softsign": return .function(.softsign)
        case "HardSigmoid":
            return .function(.hardSigmoid(slope: number("alpha", 0.2), offset: number("beta", 0.5)))
        case "HardSwish": return .function(.hardSwish)
        case "Mish": return .function(.mish)
        case "Gelu":
            switch text(node, "approximate") ?? "none" {
            case "none": return .function(.gelu)
            case "tanh": return .function(.geluByTanh)
            default: return nil
            }
        case "Shrink":
            let (limit, bias) = (number("lambd", 0.5), number("bias", 0))
            return .function(.shrink(threshold: limit, bias: bias))
        case "Exp": return .exponential(base: nil, scale: 1, shift: 0)
        case "Log": return .logarithm(base: nil, scale: 1, shift: 0)
        case "Sqrt": return .function(.squareRoot)
        case "Reciprocal": return .function(.reciprocal)
        case "Erf": return .function(.erf)
        case "Floor": return .function(.floor)
        case "Ceil": return .function(.ceiling)
        case "Round": return .function(.round)
        case "Sign": return .function(.sign)
        case "Sin": return .function(.sine)
        case "Cos": return .function(.cosine)
        default: return nil
        }
    }

    /// Bounds are attributes before version 11 and inputs since, and may be absent.
    func clip(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        try requireFloat(node, 0)
        let minimum = try bound(node, "min", input: 1)
        let maximum = try bound(node, "max", input: 2)
        let greatest = Double(Float.greatestFiniteMagnitude)
        let hasMinimum = minimum.map { $0 > -greatest } ?? false
        let hasMaximum = maximum.map { $0 < greatest } ?? false
        switch (hasMinimum ? minimum : nil, hasMaximum ? maximum : nil) {
        case (nil, nil): return ONNXTranslation(.identity(type: node.type))
        case (0, nil): return ONNXTranslation(.activation(.relu(negativeSlope: 0)))
        case (0, 6): return ONNXTranslation(.activation(.relu6))
        case (let low, let high):
            return ONNXTranslation(.activation(.clip(minimum: low ?? -.infinity, maximum: high ?? .infinity)))
        }
    }

    private func bound(_ node: ONNXNode, _ name: String, input: Int) throws(ONNXObstacle) -> Double? {
        guard let numbers = try numbers(node, name, orInput: input) else { return nil }
        guard numbers.count == 1, !numbers[0].isNaN else { throw .opaque("its bound '\(name)' is no single number") }
        return numbers[0]
    }

    mutating func parametricRelu(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        try requireFloat(node, 0)
        guard let slope = constant(node, 1), let name = node.input(1) else {
            throw .opaque("its slopes are known only when the model runs")
        }
        guard let vector = try channelConstant(slope, against: shape(node, 0)) else {
            throw .opaque("its slopes of shape \(TensorShape.describe(slope.dimensions)) do not run along the channels")
        }
        let shape = vector.dimensions.isEmpty ? [1] : vector.dimensions
        return ONNXTranslation(.activation(.prelu(slope: parameter(vector, name: name, shape: shape))))
    }

    /// Before version 13 everything from the axis on is one vector.
    func softmax(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        let isOld = file.opset < 13
        let shape = shape(node, 0)
        let axis = try axis(integer(node, "axis") ?? (isOld ? 1 : -1), of: shape)
        if isOld {
            guard let shape, shape.dimensions[(axis + 1)...].allSatisfy({ $0 == 1 }) else {
                throw .opaque("it takes several axes as one")
            }
        }
        return ONNXTranslation(node.type == "Softmax" ? .softmax(axis: axis) : .logSoftmax(axis: axis))
    }
}
