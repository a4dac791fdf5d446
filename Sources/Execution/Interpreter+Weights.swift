import NetGraph

extension Interpreter {
    /// Brings the weights of convolutions that are stored in another order into the one that the kernels work on: outputs first, for deconvolutions
    /// inputs first.
    ///
    /// - Returns: the weights of the layers that share theirs with layers which need another order.
    static func reorderWeights(
        _ parameters: inout [ParameterID: Parameters], of network: Network, obstacles: [LayerID: Obstacle],
        options: ExecutionOptions
    ) throws(ExecutionError) -> [LayerID: Parameters] {
        var users: [ParameterID: [(layer: LayerID, weight: ForeignWeight?)]] = [:]
        for layer in network.layers where obstacles[layer.id] == nil {
            let foreign = layer.operation.foreignWeight { network[$0].elementCount }
            for parameter in layer.operation.parameters {
                let isWeight = foreign?.parameter == parameter
                let weight = foreign.flatMap { isWeight ? ForeignWeight(stored: $0.stored, plain: $0.plain) : nil }
                users[parameter, default: []].append((layer.id, weight))
            }
        }
        var reordered: [LayerID: Parameters] = [:]
        var total = 0
        for (parameter, users) in users {
            guard let stored = parameters[parameter], let first = users.compactMap(\.weight).first else { continue }
            if users.allSatisfy({ $0.weight == first }) {
                parameters[parameter] = Self.reordered(stored, first)
                continue
            }
            var known: [ForeignWeight: Parameters] = [:]
            for case (let layer, .some(let weight)) in users {
                if known[weight] == nil {
                    total = try options.sum(total, elements: stored.count, of: Element.self, "the parameters")
                }
                let copy = known[weight] ?? Self.reordered(stored, weight)
                known[weight] = copy
                reordered[layer] = copy
            }
        }
        return reordered
    }

    /// A parameter of a layer, in the order that its kernel works on.
    func held(_ parameter: ParameterID, by layer: Layer) -> Parameters? {
        if let weight = reorderedWeights[layer.id], layer.operation.parameters.first == parameter { return weight }
        return parameters[parameter]
    }

    private struct ForeignWeight: Hashable {
        var stored: WeightLayout
        var plain: WeightLayout
    }

    private static func reordered(_ parameters: Parameters, _ weight: ForeignWeight) -> Parameters {
        let buffer = ElementBuffer<Element>(capacity: parameters.count)
        copy(parameters.buffer.pointer, to: buffer.pointer, weight.stored, weight.plain)
        let lengths = weight.plain.roles.map(weight.plain.length)
        return Parameters(shape: lengths, buffer: buffer, count: parameters.count)
    }

    @specialized(where Element == Float)
    @specialized(where Element == Double)
    private static func copy(
        _ source: UnsafeMutablePointer<Element>, to target: UnsafeMutablePointer<Element>, _ stored: WeightLayout,
        _ plain: WeightLayout
    ) {
        let lengths = plain.roles.map(plain.length)
        let strides = plain.roles.map(stored.stride)
        var place = 0
        for first in 0..<lengths[0] {
            for second in 0..<lengths[1] {
                for third in 0..<lengths[2] {
                    let start = first * strides[0] + second * strides[1] + third * strides[2]
                    for fourth in 0..<lengths[3] { target[place + fourth] = source[start + fourth * strides[3]] }
                    place += lengths[3]
                }
            }
        }
    }
}
