import Frontend
import NetGraph

/// Who writes and who reads each blob of a net, by Caffe's rules (`InsertSplits` and `Net::AppendTop` of its sources).
///
/// A layer works in place where a top has the name of the bottom with the same number. That is the only way to write a blob again. A value
/// that is read more than once is split into copies of other names, so that no reader of it can work in place: Caffe aborts with
/// "Top blob produced by multiple sources". A `loss_weight` that is not 0 counts as a reader.
struct BlobWriters {
    /// A top as one layer writes it: in-place layers write values of their own.
    private struct Value {
        var layer: LayerDefinition
        var readers: [LayerDefinition] = []
        var isLoss = false
    }

    /// Layers whose code demands another blob for the top than for the bottom.
    private static let typesNeverInPlace: Set = ["Split", "Reshape", "Flatten"]

    private let layers: [LayerDefinition]
    private var values: [Value] = []
    /// For each layer and each of its bottoms the value that it reads; `nil` for one that no layer before it writes.
    private var sources: [[Int?]] = []

    /// - Parameter layers: those that take part in the phase, in order.
    init(_ layers: [LayerDefinition]) throws(ModelError) {
        self.layers = layers
        var latest: [String: Int] = [:]
        for layer in layers {
            sources.append(layer.bottoms.map { latest[$0] })
            for source in sources[sources.count - 1] {
                if let source { values[source].readers.append(layer) }
            }
            let lossWeights = try layer.reader.floats("loss_weight")
            for (index, top) in layer.tops.enumerated() {
                latest[top] = values.count
                values.append(
                    Value(layer: layer, isLoss: lossWeights.indices.contains(index) && lossWeights[index] != 0))
            }
        }
    }

    /// Refuses a net with two writers of a blob, as Caffe does.
    ///
    /// - Throws: `ModelError` that names both layers.
    func check() throws(ModelError) {
        var writers: [String: LayerDefinition] = [:]
        for (layer, sources) in zip(layers, sources) {
            for (index, top) in layer.tops.enumerated() {
                if let other = writers[top] {
                    guard layer.bottoms.indices.contains(index), layer.bottoms[index] == top else {
                        throw secondWriter(layer, of: top, after: other)
                    }
                    guard !Self.typesNeverInPlace.contains(layer.type) else {
                        throw layer.error(
                            "its top and its bottom are both '\(top)', and a \(layer.type) cannot work in place; give it a top of another name, and let the layers behind it read that"
                        )
                    }
                    if let source = sources[index] { try checkReaders(of: values[source], besides: layer, top: top) }
                }
                writers[top] = layer
            }
        }
    }

    private func secondWriter(
        _ layer: LayerDefinition, of top: String, after other: LayerDefinition
    ) -> ModelError {
        var text =
            other === layer
            ? "has two tops '\(top)'; each blob may have one producer"
            : "its top '\(top)' is also the top of layer '\(other.name)' (\(place(of: other))); each blob may have one producer"
        if layer.bottoms.contains(top) {
            text += ", and a layer works in place only where top and bottom of one name have the same number"
        }
        return layer.error(text)
    }

    private func checkReaders(
        of value: Value, besides layer: LayerDefinition, top: String
    ) throws(ModelError) {
        let others = value.readers.filter { $0 !== layer }
        let trouble: String
        if let other = others.first {
            trouble = "layer '\(other.name)' (\(other.type), \(place(of: other))) reads '\(top)' too"
        } else if value.readers.count > 1 {
            trouble = "it reads '\(top)' \(value.readers.count) times"
        } else if value.isLoss {
            trouble = "layer '\(value.layer.name)' (\(place(of: value.layer))) has a loss_weight for '\(top)'"
        } else {
            return
        }
        throw layer.error(
            "writes '\(top)' in place, but \(trouble), so that '\(top)' has two writers; Caffe aborts here (\"Top blob '\(top)' produced by multiple sources\"). Give '\(layer.name)' a top of its own, and let the layers behind it read that"
        )
    }

    /// Refuses a layer in place on memory that another value lies in too, where somebody reads that value later: Split, Flatten, Reshape and the like
    /// hand on the memory of what they read, and Caffe gives the later reader the changed numbers.
    ///
    /// - Throws: `ModelError` that names both layers.
    static func checkSharedMemory(of network: Network, definition: NetDefinition) throws(ModelError) {
        var memory = SharedMemory(network, connections: Connections(network))
        for (position, layer) in network.layers.enumerated() {
            var overwritten: ValueID?
            if let input = layer.inputs.first, let output = layer.outputs.first,
                network[input].name == network[output].name
            {
                overwritten = input
                if let found = memory.readerBehind(position, ofMemoryOf: input) {
                    let name = network[input].name
                    let other = network[found.value].name
                    let reader = found.reader.map { network.layers[$0] }
                    let who =
                        reader.map { "layer '\($0.name)' (line \(definition.line(of: $0.id))) reads" }
                        ?? "whoever runs the net reads the output"
                    throw definition.layers[layer.id.index].error(
                        "writes '\(name)' in place, and '\(name)' shares its memory with '\(other)', for layers such as Split, Flatten and Reshape copy nothing; \(who) '\(other)' afterwards, and Caffe hands out the changed numbers there. That is hardly what was meant, and no fold would keep it: give '\(layer.name)' a top of its own"
                    )
                }
            }
            memory.write(position, inPlaceOf: overwritten)
        }
    }

    private func place(of layer: LayerDefinition) -> String {
        "line \(layer.reader.document.position(at: layer.field.range.lowerBound).line)"
    }
}
