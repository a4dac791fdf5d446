import NetGraph

/// Names of layers that Caffe can load from HDF5.
///
/// A '/' in a name nests groups there, which Caffe's reader does not follow; an empty name and '.' name no group at all.
enum LayerNames {
    /// New names for the layers whose names HDF5 cannot hold. They collide with no other name of the network.
    static func renames(in network: Network) -> [LayerID: String] {
        var taken = Set(network.layers.map(\.name).filter(isUsable))
        var renames: [LayerID: String] = [:]
        for layer in network.layers where !isUsable(layer.name) {
            let base = layer.name.replacing("/", with: "_").replacing("\0", with: "_")
            let stem = base.isEmpty || base == "." ? "layer" : base
            renames[layer.id] = taken.insertName(stem)
        }
        return renames
    }

    private static func isUsable(_ name: String) -> Bool {
        !name.isEmpty && name != "." && !name.contains("/") && !name.contains("\0")
    }
}
