import NetGraph

/// Names of layers that Caffe can load from HDF5.
///
/// A '/' in a name nests groups there, which Caffe's reader does not follow; an empty name and '.' name no group at all.
enum LayerNames {
    /// New names for the layers whose names HDF5 cannot hold. They collide with no other name of the network.
    static func renames(in network: Network) -> [LayerID: String] {
        guard !network.layers.allSatisfy({ isUsable($0.name) }) else { return [:] }
        var taken = UniqueNames(Set(network.layers.map(\.name).filter(isUsable)))
        var renames: [LayerID: String] = [:]
        for layer in network.layers where !isUsable(layer.name) {
            let base = String(decoding: layer.name.utf8.map { isSeparator($0) ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
            let stem = base.isEmpty || base == "." ? "layer" : base
            renames[layer.id] = taken.insert(stem)
        }
        return renames
    }

    /// Whether HDF5 takes a byte for the end of a name.
    private static func isSeparator(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "/") || byte == 0 }

    private static func isUsable(_ name: String) -> Bool {
        !name.isEmpty && name != "." && !name.utf8.contains { isSeparator($0) }
    }
}
