import NetGraph

extension FoldedNetwork {
    /// Divides numbers that are added to channels by the factors of those.
    ///
    /// - Parameter store: of the network as it is.
    /// - Returns: the parameter that holds them.
    mutating func divide(
        _ addend: ParameterID, by divisors: [Double], store: some WeightStore
    ) throws(WeightError) -> ParameterID {
        let recipe: ParameterRecipe
        switch recipes[addend] {
        case .vector(let numbers) where numbers.count == divisors.count:
            recipe = .vector(zip(numbers, divisors).map { $0 / $1 })
        case .shifted(var shift) where shift.affine.scale.count == divisors.count:
            shift.affine = ChannelAffine(
                scale: zip(shift.affine.scale, divisors).map { $0 / $1 }, center: shift.affine.center,
                offset: zip(shift.affine.offset, divisors).map { $0 / $1 })
            recipe = .shifted(shift)
        default:
            recipe = .vector(zip(try store.vector(addend, of: network), divisors).map { $0 / $1 })
        }
        let new = network.addParameter(network[addend])
        recipes[new] = recipe
        return new
    }

    /// Multiplies a weight by factors of its inputs and divides it by those of its outputs.
    ///
    /// - Returns: the parameter that holds it.
    mutating func scale(
        _ linear: LinearLayer, layout: WeightLayout, inputFactors: [Double], outputDivisors: [Double]
    ) -> ParameterID {
        var factors: [ChannelFactors] = []
        if outputDivisors.contains(where: { $0 != 1 }) {
            factors.append(
                ChannelFactors(layout: ChannelLayout(layout, .outputs), numbers: outputDivisors.map { 1 / $0 }))
        }
        if inputFactors.contains(where: { $0 != 1 }) {
            factors.append(ChannelFactors(layout: ChannelLayout(layout, .inputs), numbers: inputFactors))
        }
        guard !factors.isEmpty else { return linear.weight }
        let new = network.addParameter(network[linear.weight])
        switch recipes[linear.weight] {
        case .scaled(let source, let known): recipes[new] = .scaled(source, by: known + factors)
        case .vector(var numbers):
            numbers.withUnsafeMutableBufferPointer { numbers in
                for factor in factors { factor.layout.multiply(numbers, from: 0, by: factor.numbers) }
            }
            recipes[new] = .vector(numbers)
        default: recipes[new] = .scaled(linear.weight, by: factors)
        }
        return new
    }
}

extension Operation {
    /// The same with other parameters in the place of some.
    func replacing(_ parameters: [ParameterID: ParameterID]) -> Operation {
        func new(_ parameter: ParameterID) -> ParameterID { parameters[parameter] ?? parameter }
        switch self {
        case .scale(var scale):
            scale.beta = scale.beta.map(new)
            return .scale(scale)
        case .bias(var bias):
            bias.beta = bias.beta.map(new)
            return .bias(bias)
        case .batchNorm(var batchNorm):
            batchNorm.mean = batchNorm.mean.map(new)
            batchNorm.beta = batchNorm.beta.map(new)
            batchNorm.stored = batchNorm.stored.map(new)
            return .batchNorm(batchNorm)
        default:
            guard let linear = LinearLayer(self) else { return self }
            return replacingLinearParameters(weight: new(linear.weight), bias: linear.bias.map(new))
        }
    }
}

extension Network {
    /// Gives values that hold other numbers than before identifiers of their own, and names under which nobody looks for the old numbers.
    ///
    /// - Returns: the names that changed, each once.
    mutating func regauge(_ values: Set<ValueID>, hint: String) -> [(from: String, to: String)] {
        let before = self
        var new: [ValueID: ValueID] = [:]
        for layer in before.layers {
            for output in layer.outputs where values.contains(output) { new[output] = addValue(before[output]) }
        }
        for position in layers.indices {
            layers[position].inputs = layers[position].inputs.map { new[$0] ?? $0 }
            layers[position].outputs = layers[position].outputs.map { new[$0] ?? $0 }
        }
        let names = ValueNames(before: before, connections: Connections(before), after: self).names(
            hints: Dictionary(new.values.map { ($0, hint) }, uniquingKeysWith: { first, _ in first }))
        for (value, name) in names { self.values[value.index].name = name }
        var renamed: [(from: String, to: String)] = []
        var seen: Set<String> = []
        for layer in before.layers {
            for output in layer.outputs {
                guard let value = new[output], case let name = self[value].name, name != before[output].name,
                    seen.insert(name).inserted
                else { continue }
                renamed.append((before[output].name, name))
            }
        }
        return renamed
    }
}
