/// A network with every identifier replaced by the order of its first mention: two networks that compute the same in the same way,
/// with the same names, have equal structures.
public struct NetworkStructure: Sendable {
    /// A layer, its values and parameters by the order of their first mention.
    private struct Row {
        struct Blob: Hashable {
            var name: String
            var number: Int
        }

        struct Tensor: Hashable {
            var shape: [Int]?
            var number: Int
            var elementType: ElementType
        }

        var name: String
        var operation: Operation
        var inputs: [Blob]
        var outputs: [Blob]
        var parameters: [Tensor]
    }

    /// Numbers in the order of the first mention.
    private struct Mentions {
        private var numbers: [Int?]
        private var count = 0

        init(capacity: Int) { numbers = [Int?](repeating: nil, count: capacity) }

        mutating func number(of index: Int) -> Int {
            if let number = numbers[index] { return number }
            numbers[index] = count
            count += 1
            return count - 1
        }
    }

    private var rows: [Row] = []
    /// A set, in the order of the numbers: callers find outputs by name.
    private var outputs: [Row.Blob] = []

    public init(_ network: Network) {
        var valueNumbers = Mentions(capacity: network.values.count)
        var parameterNumbers = Mentions(capacity: network.parameters.count)
        func mention(_ value: ValueID) -> Row.Blob {
            Row.Blob(name: network[value].name, number: valueNumbers.number(of: value.index))
        }
        func mention(_ parameter: ParameterID) -> Row.Tensor {
            let number = parameterNumbers.number(of: parameter.index)
            return Row.Tensor(
                shape: network[parameter].shape, number: number, elementType: network[parameter].elementType)
        }
        rows = network.layers.map { layer in
            Row(
                name: layer.name, operation: layer.operation, inputs: layer.inputs.map(mention),
                outputs: layer.outputs.map(mention), parameters: layer.operation.parameters.map(mention))
        }
        outputs = Set(network.outputs.map(mention)).sorted { ($0.number, $0.name) < ($1.number, $1.name) }
    }

    /// One line of text for each layer: type, name, attributes, inputs, outputs, parameters.
    public var lines: [String] { rows.map(Self.line) + [outputsLine] }

    /// The first line in which two structures differ, for messages; `nil` when they are equal.
    public func firstDifference(from other: NetworkStructure) -> (expected: String, found: String)? {
        for index in 0..<max(rows.count, other.rows.count) {
            guard index < rows.count, index < other.rows.count else {
                // The line of the outputs follows that of the last layer.
                return (lines[index], other.lines[index])
            }
            if !Self.areEqual(rows[index], other.rows[index]) {
                return (Self.line(rows[index]), Self.line(other.rows[index]))
            }
        }
        return outputs == other.outputs ? nil : (outputsLine, other.outputsLine)
    }

    private static func areEqual(_ first: Row, _ second: Row) -> Bool {
        first.name == second.name && first.inputs == second.inputs && first.outputs == second.outputs
            && first.parameters == second.parameters && first.operation.isLike(second.operation)
    }

    private static func line(_ row: Row) -> String {
        func list(_ blobs: [Row.Blob]) -> String {
            blobs.map { "\($0.name)#\($0.number)" }.joined(separator: ", ")
        }
        let parameters = row.parameters.map { parameter in
            "\(parameter.shape.map(TensorShape.describe) ?? "?")#\(parameter.number):\(parameter.elementType)"
        }.joined(separator: ", ")
        return
            "\(row.name): \(row.operation.withoutParameters) (\(list(row.inputs))) -> (\(list(row.outputs))) [\(parameters)]"
    }

    private var outputsLine: String {
        "outputs: " + outputs.map { "\($0.name)#\($0.number)" }.joined(separator: ", ")
    }
}

extension NetworkStructure: Equatable {
    public static func == (first: NetworkStructure, second: NetworkStructure) -> Bool {
        first.firstDifference(from: second) == nil
    }
}

extension Operation {
    /// Whether two layers compute the same from equal numbers, whatever the identities of their parameters.
    public func isLike(_ other: Operation) -> Bool {
        switch (self, other) {
        // The most frequent ones, without making texts of them.
        case (.convolution(let first), .convolution(var second)),
            (.deconvolution(let first), .deconvolution(var second)):
            second.weight = first.weight
            if first.bias != nil, second.bias != nil { second.bias = first.bias }
            return first == second
        case (.innerProduct(let first), .innerProduct(var second)):
            second.weight = first.weight
            if first.bias != nil, second.bias != nil { second.bias = first.bias }
            return first == second
        case (.scale(let first), .scale(let second)): return first.axes == second.axes
        case (.bias(let first), .bias(let second)): return first.axes == second.axes
        default: return self == other || withoutParameters == other.withoutParameters
        }
    }

    /// A description of everything but the identities of the parameters: equal for layers that compute the same from equal numbers.
    var withoutParameters: String {
        let none = ParameterID(0)
        switch self {
        case .convolution(var convolution):
            convolution.weight = none
            convolution.bias = convolution.bias.map { _ in none }
            return "\(Operation.convolution(convolution))"
        case .deconvolution(var convolution):
            convolution.weight = none
            convolution.bias = convolution.bias.map { _ in none }
            return "\(Operation.deconvolution(convolution))"
        case .innerProduct(var product):
            product.weight = none
            product.bias = product.bias.map { _ in none }
            return "\(Operation.innerProduct(product))"
        case .batchNorm(let batchNorm):
            let roles = [batchNorm.mean, batchNorm.spreadParameter, batchNorm.factor, batchNorm.gamma, batchNorm.beta]
                .map { $0.flatMap(batchNorm.stored.firstIndex).map(String.init) ?? "-" }.joined(separator: " ")
            let flags =
                "\(batchNorm.usesGlobalStatistics) \(batchNorm.hasStatistics) \(batchNorm.spread.name)"
                + (batchNorm.addsEpsilonToDeviation ? " epsilon added to the deviation" : "")
                + (batchNorm.axis == 1 ? "" : " axis \(batchNorm.axis)")
            return
                "BatchNorm(\(batchNorm.epsilon) \(flags) \(roles) \(batchNorm.unknownFields))"
        case .scale(let scale): return "Scale(\(scale.axes))"
        case .bias(let bias): return "Bias(\(bias.axes))"
        case .activation(.prelu(_, let axes)): return "PReLU\(axes.map { "\($0)" } ?? "")"
        case .activation: return "\(self)"
        case .standardization(var operation):
            operation.scale = operation.scale.map { _ in none }
            operation.shift = operation.shift.map { _ in none }
            return "\(Operation.standardization(operation))"
        case .normalize(var normalize):
            normalize.scale = none
            return "\(Operation.normalize(normalize))"
        case .embed(var embed):
            embed.weight = none
            embed.bias = embed.bias.map { _ in none }
            return "\(Operation.embed(embed))"
        case .recurrent(var recurrent):
            recurrent.parameters = []
            return "\(Operation.recurrent(recurrent))"
        case .parameter(_, let shape): return "Parameter(\(shape))"
        case .opaque(let opaque): return "\(opaque.type)"
        case .input, .dataSource, .objective, .power, .stochastic, .softmax, .localResponse, .meanVariance, .identity,
            .split, .sink, .pooling, .concat, .slice, .padding, .eltwise, .flatten, .reshape, .crop, .permute,
            .shuffleChannel, .pixelShuffle, .tile, .argMax, .reduction, .spatialPyramid, .im2col, .upsample,
            .interpolation, .reorg, .axpy, .batchReindex, .filter, .fill, .priorBox, .detectionOutput, .regionPooling,
            .logSoftmax, .gatedHalves, .normDivision, .arithmetic, .contraction, .axisReduction, .gathering,
            .stridedSlice, .pixelBlocks, .resize:
            return "\(self)"
        }
    }
}

extension BatchNorm {
    /// The parameter that tells the spread, whatever its form.
    fileprivate var spreadParameter: ParameterID? {
        switch spread {
        case .variance(let parameter), .inverseDeviation(let parameter): parameter
        case .applied: nil
        }
    }
}

extension BatchNorm.Spread {
    fileprivate var name: String {
        switch self {
        case .variance: "variance"
        case .inverseDeviation: "inverseDeviation"
        case .applied: "applied"
        }
    }
}
