import Folding
import NetGraph

extension ONNXNetwork {
    /// A folded network as it is written: names that the file has no other value of, and leftovers in the forms that nodes have.
    ///
    /// What is written and what is held against the written file are both made of it.
    func prepared(_ folded: FoldedNetwork, for file: ONNXFile) -> FoldedNetwork {
        var result = folded
        renameNewValues(&result, file: file)
        let types = valueTypes(of: result.network)
        let before = Dictionary(network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for position in result.network.layers.indices {
            let layer = result.network.layers[position]
            if let origin = origins[layer.id], let old = before[layer.id], old.type == layer.type,
                file.nodes[origin.node].name.isEmpty, let output = layer.outputs.first,
                !isLeftover(layer, before: old)
            {
                result.network.layers[position].name = result.network[output].name
            }
            guard isLeftover(layer, before: before[layer.id]), let input = layer.inputs.first else { continue }
            let type = types[input] ?? .float32
            prepareLeftover(position, of: &result, type: type)
        }
        return result
    }

    /// Whether a layer is an affine that the plan made.
    func isLeftover(_ layer: Layer, before: Layer?) -> Bool {
        guard layer.operation != before?.operation else { return false }
        switch layer.operation {
        case .scale, .bias, .batchNorm: return true
        default: return false
        }
    }

    /// Gives each value a name of its own: plans may give one name to several, as other frameworks allow, and do not know the names of tensors, of constants
    /// and of values inside graphs.
    private func renameNewValues(_ result: inout FoldedNetwork, file: ONNXFile) {
        let folded = result.network
        let all = file.allNames
        let others = all.subtracting(network.values.map(\.name))
        var names = UniqueNames(all.union(folded.values.map(\.name)))
        let outputs = Set(folded.outputs)
        let written = folded.layers.flatMap(\.outputs)
        /// Who keeps a name: an output of the network, else the value that had it before, else the first.
        func rank(_ value: ValueID) -> Int {
            if outputs.contains(value) { return 0 }
            return value.index < network.values.count && network[value].name == folded[value].name ? 1 : 2
        }
        var keepers: [String: ValueID] = [:]
        for value in written {
            let name = folded[value].name
            if let keeper = keepers[name], rank(keeper) <= rank(value) { continue }
            keepers[name] = value
        }
        for value in written where keepers[folded[value].name] != value || others.contains(folded[value].name) {
            result.network.values[value.index].name = names.insert(folded[value].name)
        }
    }

    /// What the values of a folded network are made of: new ones are as the first input of the layer that writes them.
    private func valueTypes(of folded: Network) -> [ValueID: ONNXElementType] {
        var result: [ValueID: ONNXElementType] = [:]
        for index in types.indices { result[ValueID(index)] = types[index] }
        for layer in folded.layers {
            let type = layer.inputs.lazy.compactMap { result[$0] }.first { $0 != .unknown }
            for output in layer.outputs where result[output] == nil { result[output] = type }
        }
        return result
    }

    private func prepareLeftover(_ position: Int, of result: inout FoldedNetwork, type: ONNXElementType) {
        var layer = result.network.layers[position]
        let element = type.parameterType ?? .float32
        let channels = layer.inputs.first.flatMap { result.network[$0].shape?.length(ofAxis: 1) }
        let parameters = layer.operation.parameters
        let isUniform = parameters.allSatisfy { result.network[$0].shape == [] }
        if isUniform, let channels {
            // Where the number of channels is known a single number is told once for each.
            for parameter in parameters {
                result.network.parameters[parameter.index].shape = [channels]
                if case .vector(let numbers) = result.recipes[parameter], numbers.count == 1 {
                    result.recipes[parameter] = .vector([Double](repeating: numbers[0], count: channels))
                }
            }
        }
        let isScalar = isUniform && channels == nil
        // A vector can be aligned with the channels only where the shape tells which axis they are.
        let isAligned = isScalar || parameters.allSatisfy { result.network[$0].shape == [channels ?? -1] }
        switch layer.operation {
        case .scale(var scale) where scale.beta == nil && isAligned:
            scale.axes = .axes(isScalar ? 0..<0 : 1..<2)
            layer.operation = .scale(scale)
        case .bias(var bias) where isAligned:
            bias.axes = .axes(isScalar ? 0..<0 : 1..<2)
            layer.operation = .bias(bias)
        case .scale(let scale): layer = normalization(layer, gamma: scale.gamma, beta: scale.beta, of: &result)
        case .bias(let bias): layer = normalization(layer, gamma: nil, beta: bias.beta, of: &result)
        default: break
        }
        for parameter in layer.operation.parameters {
            result.network.parameters[parameter.index].elementType = element
        }
        result.network.layers[position] = layer
    }

    /// The same affine as a BatchNormalization, which needs to know nothing about the axes of its input.
    private func normalization(
        _ layer: Layer, gamma: ParameterID?, beta: ParameterID?, of result: inout FoldedNetwork
    ) -> Layer {
        let count = (gamma ?? beta).flatMap { result.network[$0].elementCount } ?? 1
        let epsilon = Double(Float(1e-5))
        func parameter(_ role: String, _ known: ParameterID?, _ missing: Double) -> ParameterID {
            let parameter = result.network.addParameter(Parameter(name: "\(layer.name) \(role)", shape: [count]))
            let recipe = known.flatMap { result.recipes[$0] }
            result.recipes[parameter] = recipe ?? .vector([Double](repeating: missing, count: count))
            return parameter
        }
        let scale = parameter("gamma", gamma, 1)
        let shift = parameter("beta", beta, 0)
        let mean = parameter("mean", nil, 0)
        let variance = parameter("variance", nil, Double(Float(1 - epsilon)))
        var changed = layer
        changed.type = "BatchNormalization"
        changed.operation = .batchNorm(
            BatchNorm(
                mean: mean, spread: .variance(variance), gamma: scale, beta: shift,
                stored: [scale, shift, mean, variance], epsilon: epsilon, movingAverageFraction: Double(Float(0.9))))
        return changed
    }
}
