/// A network with every identifier replaced by the order of its first mention: two networks that compute the same in the same way,
/// with the same names, have equal structures.
public struct NetworkStructure: Hashable, Sendable {
    /// One line of text for each layer: type, name, attributes, inputs, outputs, parameters.
    public let lines: [String]

    public init(_ network: Network) {
        var valueNumbers: [ValueID: Int] = [:]
        var parameterNumbers: [ParameterID: Int] = [:]
        func mention(_ value: ValueID) -> String {
            let number = valueNumbers[value] ?? valueNumbers.count
            valueNumbers[value] = number
            return "\(network[value].name)#\(number)"
        }
        func mention(_ parameter: ParameterID) -> String {
            let number = parameterNumbers[parameter] ?? parameterNumbers.count
            parameterNumbers[parameter] = number
            let shape = network[parameter].shape.map(BlobShape.describe) ?? "?"
            return "\(shape)#\(number):\(network[parameter].elementType)"
        }
        var lines = network.layers.map { layer in
            let inputs = layer.inputs.map(mention).joined(separator: ", ")
            let outputs = layer.outputs.map(mention).joined(separator: ", ")
            let parameters = layer.operation.parameters.map(mention).joined(separator: ", ")
            let attributes = layer.operation.withoutParameters
            return "\(layer.name): \(attributes) (\(inputs)) -> (\(outputs)) [\(parameters)]"
        }
        lines.append("outputs: " + network.outputs.map(mention).joined(separator: ", "))
        self.lines = lines
    }

    /// The first line in which two structures differ, for messages; `nil` when they are equal.
    public func firstDifference(from other: NetworkStructure) -> (expected: String, found: String)? {
        for index in 0..<max(lines.count, other.lines.count) {
            let mine = index < lines.count ? lines[index] : "nothing"
            let theirs = index < other.lines.count ? other.lines[index] : "nothing"
            if mine != theirs { return (mine, theirs) }
        }
        return nil
    }
}

extension Operation {
    /// A description of everything but the identities of the parameters: equal for layers that compute the same from equal numbers.
    public var withoutParameters: String {
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
            let flags = "\(batchNorm.usesGlobalStatistics) \(batchNorm.hasStatistics) \(batchNorm.spread.name)"
            return
                "BatchNorm(\(batchNorm.epsilon) \(flags) \(roles) \(batchNorm.unknownFields))"
        case .scale(let scale): return "Scale(\(scale.axes))"
        case .bias(let bias): return "Bias(\(bias.axes))"
        case .activation(.prelu): return "PReLU"
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
        default: return "\(self)"
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
