import NetGraph

/// The layers around one in a net, of those that take part.
struct LayerNeighbors {
    /// What the layer does that wrote the first bottom.
    let producer: Operation?
    /// The layers behind, in the order of the text.
    let following: ArraySlice<LayerDefinition>

    /// The Scale with numbers of its own that is the first to read a blob.
    func scale(reading blob: String?) -> LayerDefinition? {
        guard let blob, let reader = following.first(where: { $0.bottoms.contains(blob) }), reader.type == "Scale",
            reader.bottoms.count == 1
        else { return nil }
        return reader
    }
}
