extension Network {
    /// The network without the layers that hand their input on unchanged, and the layers that went. In linear time.
    ///
    ///     Before:  x - layer - a - identity - b - readers
    ///     After:   x - layer - b - readers
    ///
    /// The name of the last value survives where the identity is the only reader of `a`; otherwise the readers of `b` read `a`. An identity stays
    /// when `b` is an output of the network whose name would be lost.
    public func removingIdentities() -> (network: Network, removed: [LayerID]) {
        guard layers.contains(where: \.isIdentity) else { return (self, []) }
        let connections = Connections(self)
        var readerCounts = values.indices.map { connections.consumers(of: ValueID($0)).count }
        var outputs = Set(self.outputs)
        /// What stands for a value that no layer writes any more.
        var replacements: [ValueID: ValueID] = [:]
        /// The value that a producer writes in the place of another.
        var successors: [ValueID: ValueID] = [:]
        var producers: [ValueID: Int] = [:]
        var removed: [LayerID] = []
        for layer in layers {
            guard layer.isIdentity else { continue }
            let before = replacements[layer.inputs[0]] ?? layer.inputs[0]
            let after = layer.outputs[0]
            let producer = producers[before] ?? connections.producer(of: before)
            if readerCounts[before.index] == 1, !outputs.contains(before), let producer,
                layers[producer].mayRenameOutputs
            {
                successors[before] = after
                producers[after] = producer
            } else if !outputs.contains(after) || self[before].name == self[after].name {
                if outputs.contains(after) { outputs.insert(before) }
                replacements[after] = before
                readerCounts[before.index] += readerCounts[after.index] - 1
            } else {
                continue
            }
            removed.append(layer.id)
        }
        guard !removed.isEmpty else { return (self, []) }

        let gone = Set(removed)
        var result = self
        result.layers.removeAll { gone.contains($0.id) }
        for position in result.layers.indices {
            result.layers[position].inputs = result.layers[position].inputs.map { replacements[$0] ?? $0 }
            result.layers[position].outputs = result.layers[position].outputs.map { value in
                var last = value
                while let next = successors[last] { last = next }
                return last
            }
        }
        result.outputs = result.outputs.map { replacements[$0] ?? $0 }
        result.sortOutputs()
        return (result, removed)
    }
}

extension Layer {
    fileprivate var isIdentity: Bool {
        if case .identity = operation { inputs.count == 1 && outputs.count == 1 } else { false }
    }

    /// Inputs of the network keep their names: callers feed them by name.
    fileprivate var mayRenameOutputs: Bool {
        switch operation {
        case .input, .dataSource: false
        default: true
        }
    }
}
