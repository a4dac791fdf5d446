import NetGraph

extension CaffeConversion {
    /// The network with the names that its layers have in a folded twin: HDF5 cannot hold every name, and folding renames such layers. A loss
    /// that became a function keeps its own names where the twin has them.
    public func network(withNamesOf twin: Network) -> Network {
        let names = Set(twin.layers.map(\.name))
        var result = network
        let renames = LayerNames.renames(in: network)
        for index in result.layers.indices where !names.contains(result.layers[index].name) {
            if let name = renames[result.layers[index].id], names.contains(name) { result.layers[index].name = name }
        }
        for change in changes {
            guard case .becameFunction(_, _, let function) = change.kind, !names.contains(function.layer),
                names.contains(function.oldLayer),
                let index = result.layers.firstIndex(where: { $0.id == change.layer }), let oldBlob = function.oldBlob
            else { continue }
            result.layers[index].name = function.oldLayer
            for output in result.layers[index].outputs { result.values[output.index].name = oldBlob }
        }
        return result
    }
}
