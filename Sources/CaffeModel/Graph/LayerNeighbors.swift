import NetGraph

/// The layers around one in a net, of those that take part.
struct LayerNeighbors {
    /// What the layer does that wrote the first bottom.
    let producer: Operation?
    /// The first layer behind, in the order of the text, that reads the first top.
    let reader: LayerDefinition?

    /// The Scale with numbers of its own that is the first to read the first top.
    var scaleBehind: LayerDefinition? {
        guard let reader, reader.type == "Scale", reader.bottoms.count == 1 else { return nil }
        return reader
    }

    /// Of each layer the first one behind it that reads its first top; found for all in one pass.
    ///
    /// - Parameter nameCount: that of their net.
    static func firstReaders(_ layers: [LayerDefinition], nameCount: Int) -> [LayerDefinition?] {
        var firstReaders = [LayerDefinition?](repeating: nil, count: layers.count)
        var readers = [LayerDefinition?](repeating: nil, count: nameCount)
        for position in layers.indices.reversed() {
            let layer = layers[position]
            if let top = layer.topNumbers.first { firstReaders[position] = readers[top] }
            for bottom in layer.bottomNumbers { readers[bottom] = layer }
        }
        return firstReaders
    }
}
