import NetGraph

extension CaffeConversion {
    /// The network with the names that its layers have in a folded twin: HDF5 cannot hold every name, and folding renames such layers.
    public func network(withNamesOf twin: Network) -> Network {
        let names = Set(twin.layers.map(\.name))
        var result = network
        let renames = LayerNames.renames(in: network)
        for index in result.layers.indices where !names.contains(result.layers[index].name) {
            if let name = renames[result.layers[index].id], names.contains(name) { result.layers[index].name = name }
        }
        return result
    }
}
