import NetGraph

/// Layers by name; of several with one name, each by its place among them.
struct LayerPositions {
    struct Key: Hashable {
        var name: String
        var occurrence: Int
    }

    private var positions: [Key: Int] = [:]
    private var keys: [Key] = []
    private var places: [LayerID: Int] = [:]
    private var counts: [String: Int] = [:]

    init(_ network: Network) {
        for (position, layer) in network.layers.enumerated() {
            let key = Key(name: layer.name, occurrence: counts[layer.name, default: 0])
            counts[layer.name, default: 0] += 1
            positions[key] = position
            keys.append(key)
            places[layer.id] = position
        }
    }

    subscript(key: Key) -> Int? { positions[key] }
    /// How many layers have a name.
    func count(of name: String) -> Int { counts[name, default: 0] }
    func key(at position: Int) -> Key { keys[position] }
    func key(of layer: Layer) -> Key { places[layer.id].map { keys[$0] } ?? Key(name: layer.name, occurrence: 0) }
}

extension Layer {
    /// Whether the layer is of a kind that folding merges, moves or removes.
    var isAffine: Bool {
        switch operation {
        case .batchNorm: true
        case .scale, .bias: inputs.count == 1
        case .power(let power): power.power == 1
        default: false
        }
    }

    /// The outputs whose numbers follow from comparisons: the least difference before the layer may change them altogether.
    var decidedOutputs: [ValueID] {
        switch operation {
        case .argMax, .detectionOutput, .filter, .activation(.threshold): outputs
        case .activation(.function(let function)): function.definition.steepness == .jumps ? outputs : []
        // The places of the maxima: of two that differ by a rounding, either may be the larger one.
        case .pooling: Array(outputs.dropFirst())
        default: []
        }
    }
}
