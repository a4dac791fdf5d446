extension Network {
    /// The network without the layers that hand their input on unchanged, and the layers that went.
    ///
    ///     Before:  x - layer - a - identity - b - readers
    ///     After:   x - layer - b - readers
    ///
    /// The name of the last value survives where the identity is the only reader of `a`; otherwise the readers of `b` read `a`. An identity stays
    /// when `b` is an output of the network whose name would be lost.
    public func removingIdentities() -> (network: Network, removed: [LayerID]) {
        var result = self
        var removed: [LayerID] = []
        for layer in layers {
            guard case .identity = layer.operation, layer.inputs.count == 1, layer.outputs.count == 1,
                let position = result.layers.firstIndex(where: { $0.id == layer.id })
            else { continue }
            let connections = Connections(result)
            let before = result.layers[position].inputs[0]
            let after = result.layers[position].outputs[0]
            let producer = connections.producer(of: before)
            if connections.onlyConsumer(of: before) != nil, let producer, result.layers[producer].mayRenameOutputs {
                result.layers[producer].outputs = result.layers[producer].outputs.map { $0 == before ? after : $0 }
            } else if !connections.isOutput(after) || self[before].name == self[after].name {
                for reader in result.layers.indices {
                    result.layers[reader].inputs = result.layers[reader].inputs.map { $0 == after ? before : $0 }
                }
                result.outputs = result.outputs.map { $0 == after ? before : $0 }
            } else {
                continue
            }
            result.layers.remove(at: position)
            removed.append(layer.id)
        }
        return (result, removed)
    }
}

extension Layer {
    /// Inputs of the network keep their names: callers feed them by name.
    fileprivate var mayRenameOutputs: Bool {
        switch operation {
        case .input, .dataSource: false
        default: true
        }
    }
}
