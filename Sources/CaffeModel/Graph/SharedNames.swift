import NetGraph

/// The names under which the layers of a network to be written share parameters (`param { name: }`).
struct SharedNames {
    private var names: [ParameterID: String] = [:]

    /// A parameter that is still shared keeps its name; one that came out of it by folding gets that name too, or one made from it.
    init(network: Network, original: CaffeNetwork) {
        var uses: [ParameterID: Int] = [:]
        for layer in network.layers {
            for parameter in layer.operation.parameters { uses[parameter, default: 0] += 1 }
        }
        guard uses.values.contains(where: { $0 > 1 }) else { return }
        var before: [LayerID: [ParameterID]] = [:]
        for layer in original.network.layers { before[layer.id] = layer.operation.parameters }

        var taken = UniqueNames()
        for (parameter, count) in uses where count > 1 {
            if let name = original.sharedNames[parameter] {
                names[parameter] = name
                taken.take(name)
            }
        }
        for layer in network.layers {
            for (index, parameter) in layer.operation.parameters.enumerated()
            where uses[parameter, default: 0] > 1 && names[parameter] == nil {
                let old = before[layer.id].flatMap { $0.indices.contains(index) ? $0[index] : nil }
                let stem = old.flatMap { original.sharedNames[$0] } ?? "\(layer.name)_\(index)"
                names[parameter] = taken.insert(stem)
            }
        }
    }

    /// The name of each parameter of a layer, `nil` where it is the layer's own.
    func names(of layer: Layer) -> [String?] {
        layer.operation.parameters.map { names[$0] }
    }
}
