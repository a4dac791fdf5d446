import Frontend
import NetGraph

// Normalisations, and arithmetic with constants that is affine for each channel.

extension ONNXGraphBuilder {
    /// Inputs: X, scale, B, mean, variance; the channels are axis 1.
    mutating func batchNormalization(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        try requireFloat(node, 0)
        var stored: [ParameterID] = []
        for position in 1...4 {
            guard let name = node.input(position), let constant = constants[name], constant.type.parameterType != nil,
                !constant.isLengths
            else {
                throw .opaque(
                    "its input \(position) (\(node.input(position)?.inMessages ?? "missing")) is "
                        + (self.constant(node, position).map { "of \($0.type)" } ?? "known only when the model runs"))
            }
            if constant.dimensions.count == 1, let channels = shape(node, 0)?.length(ofAxis: 1),
                constant.elementCount != channels
            {
                throw .model(
                    error(
                        "node \(describe(node)) has \(constant.elementCount) numbers in '\(name.inMessages)' for an input of \(channels) channels; is the model valid?"
                    ))
            }
            if case .filled = constant.numbers { try spend(constant.elementCount) }
            stored.append(parameter(constant, name: name, shape: constant.dimensions))
        }
        var batchNorm = BatchNorm(
            mean: stored[2], spread: .variance(stored[3]), gamma: stored[0], beta: stored[1], stored: stored,
            epsilon: number(node, "epsilon") ?? Double(Float(1e-5)),
            movingAverageFraction: number(node, "momentum") ?? Double(Float(0.9)))
        let trains: Bool
        switch file.opset {
        case ..<7: trains = integer(node, "is_test") ?? 0 == 0
        case ..<14: trains = node.namedOutputs.count > 1
        default: trains = integer(node, "training_mode") ?? 0 != 0
        }
        guard trains || node.namedOutputs.count == 1 else {
            throw .opaque("it has \(node.namedOutputs.count) outputs, expected one")
        }
        for name in node.namedOutputs.dropFirst() where readerCounts[name] != nil {
            throw .opaque("it normalises by the statistics of each batch and hands them out")
        }
        if trains, options.assumesStoredStatistics { assumed.append(node) }
        batchNorm.usesGlobalStatistics = !trains || options.assumesStoredStatistics
        if stored.contains(where: { network[$0].shape?.count != 1 }) { batchNorm.unknownFields = ["spatial"] }
        return ONNXTranslation(.batchNorm(batchNorm), outputCount: 1)
    }

    /// Add, Sub, Mul, Div.
    mutating func binary(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        guard node.inputs.count == 2 else { throw .opaque("it has \(node.inputs.count) inputs, expected two") }
        try requireFloat(node, 0)
        try requireFloat(node, 1)
        if value(node, 0) != nil, value(node, 0) == value(node, 1), node.type == "Add" {
            return ONNXTranslation(.scale(scaling(2, node)), inputs: [[0, 1]])
        }
        for (position, other) in [(0, 1), (1, 0)] {
            guard value(node, position) != nil, let constant = constant(node, other), let name = node.input(other),
                let aligned = try aligned(constant, node: node, position: other),
                let vector = try channelConstant(aligned, against: shape(node, position)),
                let operation = try affine(node.type, vector, name: name, isFirst: other == 0)
            else { continue }
            return ONNXTranslation(operation, inputs: [[position]])
        }
        noteOtherAxis(node)
        let isBroadcast = integer(node, "broadcast") ?? 0 != 0
        guard file.opset >= 7 || !isBroadcast else { throw .opaque("it aligns its inputs as before version 7") }
        let function: Arithmetic.Function =
            switch node.type {
            case "Add": .sum
            case "Sub": .difference
            case "Mul": .product
            default: .quotient
            }
        return ONNXTranslation(.arithmetic(Arithmetic(function)), inputs: [[0], [1]])
    }

    /// Tells of a list of numbers that does not run along the channels.
    private mutating func noteOtherAxis(_ node: ONNXNode) {
        for (position, other) in [(0, 1), (1, 0)] {
            guard value(node, position) != nil, let constant = constant(node, other),
                let shape = shape(node, position), constant.dimensions.count <= shape.rank
            else { continue }
            let long = constant.dimensions.indices.filter { constant.dimensions[$0] != 1 }
            let axis = (long.first ?? 0) + shape.rank - constant.dimensions.count
            guard long.count == 1, axis != 1, file.opset >= 7 else { continue }
            noteLeft(node, "the numbers of a constant run along axis \(axis), not along the channels (axis 1)")
        }
    }

    /// The constant as the rules of today would have it: before version 7 attributes told where its axes begin.
    private func aligned(
        _ constant: ONNXConstant, node: ONNXNode, position: Int
    ) throws(ONNXObstacle) -> ONNXConstant? {
        guard file.opset < 7 else { return constant }
        guard let shape = shape(node, 1 - position) else { return nil }
        guard integer(node, "broadcast") ?? 0 != 0, position == 1 else {
            return shape.known == constant.dimensions ? constant : nil
        }
        guard let told = integer(node, "axis") else { return constant }
        let axis = try axis(told, of: shape)
        let behind = shape.rank - axis - constant.dimensions.count
        guard behind >= 0 else { return nil }
        return constant.reshaped(constant.dimensions + [Int](repeating: 1, count: behind))
    }

    /// The operation with a constant of one number for each channel, or one for all.
    mutating func affine(
        _ type: String, _ constant: ONNXConstant, name: String, isFirst: Bool
    ) throws(ONNXObstacle) -> Operation? {
        let shape = constant.dimensions
        let axes = AffineAxes.axes(shape.isEmpty ? 0..<0 : 1..<2)
        func computed(_ role: String, _ function: (Double) -> Double) throws(ONNXObstacle) -> ParameterID? {
            guard let elements = try elements(constant) else { return nil }
            let numbers = elements.numbers.map(function)
            guard numbers.allSatisfy(\.isFinite) else { return nil }
            let result = ONNXConstant(dimensions: shape, type: constant.type, numbers: .doubles(numbers))
            return parameter(result, name: name, role: role, shape: shape)
        }
        switch (type, isFirst) {
        case ("Mul", _):
            return .scale(Scale(gamma: parameter(constant, name: name, shape: shape), beta: nil, axes: axes))
        case ("Add", _): return .bias(Bias(beta: parameter(constant, name: name, shape: shape), axes: axes))
        case ("Sub", false): return try computed("negated", -).map { .bias(Bias(beta: $0, axes: axes)) }
        case ("Sub", true):
            guard let factor = try computed("sign", { _ in -1 }) else { return nil }
            return .scale(Scale(gamma: factor, beta: parameter(constant, name: name, shape: shape), axes: axes))
        case ("Div", false):
            return try computed("inverse") { 1 / $0 }.map { .scale(Scale(gamma: $0, beta: nil, axes: axes)) }
        default: return nil
        }
    }

    /// Neg, and Pow with an exponent of 1.
    mutating func power(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        try requireFloat(node, 0)
        guard node.type == "Pow" else { return ONNXTranslation(.scale(scaling(-1, node))) }
        guard let exponent = constant(node, 1), value(node, 0) != nil, exponent.elementCount == 1,
            exponent.dimensions.count <= shape(node, 0)?.rank ?? 0,
            let number = try elements(exponent)?.numbers.first
        else {
            try requireFloat(node, 1)
            guard file.opset >= 7 else { throw .opaque("it aligns its inputs as before version 7") }
            return ONNXTranslation(.arithmetic(Arithmetic(.power)), inputs: [[0], [1]])
        }
        return ONNXTranslation(.power(Power(power: number)))
    }

    /// A factor that the operator itself tells, for every channel.
    private mutating func scaling(_ factor: Double, _ node: ONNXNode) -> Scale {
        let shape = shape(node, 0)?.length(ofAxis: 1).map { [$0] } ?? []
        let constant = ONNXConstant(dimensions: shape, type: type(node, 0), numbers: .filled(factor))
        return Scale(
            gamma: parameter(constant, name: "\(node.type) \(node.index)", role: "factor", shape: shape), beta: nil,
            axes: .axes(shape.isEmpty ? 0..<0 : 1..<2))
    }

    /// Sum, Max, Min, Mean of any number of values.
    func variadic(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        for position in node.inputs.indices { try requireFloat(node, position) }
        if node.inputs.count == 1 { return ONNXTranslation(.identity(type: node.type)) }
        let function: Arithmetic.Function =
            switch node.type {
            case "Sum": .sum
            case "Max": .maximum
            case "Min": .minimum
            default: .mean
            }
        return ONNXTranslation(.arithmetic(Arithmetic(function)), inputs: all(node))
    }

    /// Two values compared element by element.
    func comparison(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        for position in 0...1 { try requireFloat(node, position) }
        guard file.opset >= 7 else { throw .opaque("it aligns its inputs as before version 7") }
        let function: Arithmetic.Function =
            switch node.type {
            case "Greater": .greater
            case "GreaterOrEqual": .greaterOrEqual
            case "Less": .less
            case "LessOrEqual": .lessOrEqual
            default: .equal
            }
        var translation = ONNXTranslation(.arithmetic(Arithmetic(function)), inputs: [[0], [1]])
        translation.type = .boolean
        return translation
    }

    /// The second value where the first is true, else the third.
    func choice(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        guard type(node, 0) == .boolean, value(node, 0) != nil else {
            throw .opaque("its condition is no value that is computed here")
        }
        for position in 1...2 { try requireFloat(node, position) }
        var translation = ONNXTranslation(.arithmetic(Arithmetic(.choice)), inputs: [[0], [1], [2]])
        translation.type = type(node, 1)
        return translation
    }

    /// A constant that is one number for each channel of a value (then its shape is that of a vector), or one for all (no axes). Axes are aligned from the
    /// right. `nil` for any other, and where it would change the shape of the value.
    mutating func channelConstant(
        _ constant: ONNXConstant, against shape: TensorShape?
    ) throws(ONNXObstacle) -> ONNXConstant? {
        guard constant.type.parameterType != nil, constant.elementCount > 0, !constant.isLengths else { return nil }
        if constant.dimensions.isEmpty, shape?.length(ofAxis: 1) == nil { return constant }
        guard let shape, shape.rank > 0, constant.dimensions.count <= shape.rank else { return nil }
        if constant.elementCount == 1 {
            guard let channels = shape.length(ofAxis: 1) else { return constant.reshaped([]) }
            return try filled(constant, count: channels)
        }
        let offset = shape.rank - constant.dimensions.count
        for (place, length) in constant.dimensions.enumerated() where length != 1 {
            guard shape.dimensions[place + offset] == length else { return nil }
        }
        let place = 1 - offset
        let channels = place >= 0 && place < constant.dimensions.count ? constant.dimensions[place] : 1
        if case .filled = constant.numbers { try spend(constant.elementCount) }
        if constant.elementCount == channels { return constant.reshaped([channels]) }
        try spend(constant.elementCount)
        guard constant.elementCount <= 1 << 20, let elements = try elements(constant) else { return nil }
        let inner = channels == 1 ? constant.elementCount : constant.dimensions[(place + 1)...].reduce(1, *)
        var numbers = [Double?](repeating: nil, count: channels)
        for (index, number) in elements.numbers.enumerated() {
            let channel = index / inner % channels
            if numbers[channel] == nil { numbers[channel] = number }
            guard numbers[channel] == number else { return nil }
        }
        let vector = ONNXConstant(
            dimensions: [channels], type: constant.type, numbers: .doubles(numbers.compactMap(\.self)))
        guard channels == 1 else { return vector }
        return try filled(vector, count: shape.length(ofAxis: 1) ?? 1)
    }

    /// One number for each of some channels, all the same.
    private func filled(_ constant: ONNXConstant, count: Int) throws(ONNXObstacle) -> ONNXConstant? {
        if count == 1 { return constant.reshaped([1]) }
        guard let number = try elements(constant)?.numbers.first else { return nil }
        return ONNXConstant(dimensions: [count], type: constant.type, numbers: .filled(number))
    }
}
