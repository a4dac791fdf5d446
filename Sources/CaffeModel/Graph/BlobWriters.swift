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
        let layer: LayerDefinition
        /// The first layer that reads it, and the first one after that which is another.
        private(set) var firstReader: LayerDefinition?
        private(set) var otherReader: LayerDefinition?
        /// How often it is read.
        private(set) var readerCount = 0
        let isLoss: Bool

        init(layer: LayerDefinition, isLoss: Bool) {
            self.layer = layer
            self.isLoss = isLoss
        }

        mutating func add(_ reader: LayerDefinition) {
            readerCount += 1
            if firstReader == nil {
                firstReader = reader
            } else if otherReader == nil, reader !== firstReader {
                otherReader = reader
            }
        }
    }

    /// Layers whose code demands another blob for the top than for the bottom.
    private static let typesNeverInPlace: Set = ["Split", "Reshape", "Flatten"]

    private let layers: [LayerDefinition]
    private var values: [Value] = []
    /// The value that each bottom reads, of one layer after the other; `nil` for one that no layer before it writes.
    private var sources: [Int?] = []
    /// How many different names there are.
    private let nameCount: Int

    /// - Parameters:
    ///   - layers: those that take part in the phase, in order.
    ///   - nameCount: that of their net.
    init(_ layers: [LayerDefinition], nameCount: Int) throws(ModelError) {
        self.layers = layers
        self.nameCount = nameCount
        var latest = [Int?](repeating: nil, count: nameCount)
        values.reserveCapacity(layers.count)
        for layer in layers {
            for bottom in layer.bottomNumbers {
                sources.append(latest[bottom])
                if let source = latest[bottom] { values[source].add(layer) }
            }
            let lossWeights = try layer.reader.floats("loss_weight")
            for (index, top) in layer.topNumbers.enumerated() {
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
        var writers = [LayerDefinition?](repeating: nil, count: nameCount)
        var firstSource = 0
        for layer in layers {
            for (index, number) in layer.topNumbers.enumerated() {
                if let other = writers[number] {
                    let top = layer.tops[index]
                    guard layer.bottomNumbers.indices.contains(index), layer.bottomNumbers[index] == number else {
                        throw secondWriter(layer, of: top, after: other)
                    }
                    guard !Self.typesNeverInPlace.contains(layer.type) else {
                        throw layer.error(
                            "its top and its bottom are both '\(top)', and a \(layer.type) cannot work in place; give it a top of another name, and let the layers behind it read that"
                        )
                    }
                    if let source = sources[firstSource + index] {
                        try checkReaders(of: values[source], besides: layer, top: top)
                    }
                }
                writers[number] = layer
            }
            firstSource += layer.bottoms.count
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
        let trouble: String
        if let other = value.firstReader === layer ? value.otherReader : value.firstReader {
            trouble = "layer '\(other.name)' (\(other.type), \(place(of: other))) reads '\(top)' too"
        } else if value.readerCount > 1 {
            trouble = "it reads '\(top)' \(value.readerCount) times"
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
        let isInPlace = { (layer: Layer) in
            guard let input = layer.inputs.first, let output = layer.outputs.first else { return false }
            return network[input].name == network[output].name
        }
        guard SharedMemory.isPossible(in: network), network.layers.contains(where: isInPlace) else { return }
        var memory = SharedMemory(network, connections: Connections(network))
        for (position, layer) in network.layers.enumerated() {
            var overwritten: ValueID?
            if let input = layer.inputs.first, isInPlace(layer) {
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
