import Folding
import Frontend
import NetGraph

/// A normalisation that a fold puts where there was none, or moves to another place.
struct KerasInsertion {
    var name: String
    /// The model that it becomes a layer of; empty for the whole one.
    var model: KerasPath
    /// The layer whose entry in the JSON is its pattern: itself, where it is moved.
    var pattern: KerasPath
    var epsilon: Double
    /// The layer whose output it reads, which of its calls, and which of that call's outputs.
    var source: String
    var call: Int
    var tensor: Int
    /// The layers that read it instead.
    var readers: Set<String>
    /// Whether it takes the place of an output of the model.
    var isOutput: Bool
    /// In the order of the file, images first.
    var shape: [Int?]
    var isChannelsFirst: Bool
}

/// Finds the normalisations of a folded network that read something else than before, or that are new.
struct KerasInsertionFinder {
    private let folded: Network
    private let model: KerasNetwork
    private let producers: [ValueID: Layer]
    private let readers: [ValueID: [Layer]]
    private let originals: [LayerID: Layer]
    private let oldProducers: [ValueID: Layer]
    private let kept: Set<LayerID>

    init(_ folded: FoldedNetwork, of model: KerasNetwork) {
        self.folded = folded.network
        self.model = model
        producers = Self.producers(folded.network)
        oldProducers = Self.producers(model.network)
        var readers: [ValueID: [Layer]] = [:]
        for layer in folded.network.layers {
            for input in Set(layer.inputs) { readers[input, default: []].append(layer) }
        }
        self.readers = readers
        originals = Dictionary(model.network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        kept = Set(folded.network.layers.map(\.id))
    }

    private static func producers(_ network: Network) -> [ValueID: Layer] {
        Dictionary(
            network.layers.flatMap { layer in layer.outputs.map { ($0, layer) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// - Throws: for a place that the JSON of a model has no room for: inside of a layer, or in another model than its readers.
    func insertions() throws(ModelError) -> [KerasInsertion] {
        var result: [KerasInsertion] = []
        for layer in folded.layers {
            guard case .batchNorm(let batchNorm) = layer.operation, let input = layer.inputs.first,
                let output = layer.outputs.first
            else { continue }
            if let before = originals[layer.id], isInPlace(layer, before) { continue }
            guard let source = visibleSource(of: input) else { throw noRoom(layer) }
            let parent = KerasPath(Array(source.path.names.dropLast()))
            guard let pattern = pattern(for: layer, in: parent) else { throw noRoom(layer) }
            var names: Set<String> = []
            for reader in visibleReaders(of: output) {
                guard let origin = model.origins[reader.id] else {
                    // Another one that is new names this one as its source.
                    continue
                }
                guard KerasPath(Array(origin.path.names.dropLast())) == parent,
                    isFirstPart(reader, origin)
                else { throw noRoom(layer) }
                names.insert(origin.path.names.last ?? "")
            }
            let shape = folded[input].shape
            let order = folded[input].order
            result.append(
                KerasInsertion(
                    name: originals[layer.id].flatMap { model.origins[$0.id]?.path.names.last } ?? layer.name,
                    model: parent, pattern: pattern, epsilon: batchNorm.epsilon,
                    source: source.path.names.last ?? "", call: source.call, tensor: source.tensor, readers: names,
                    isOutput: folded.outputs.contains(output),
                    shape: [nil] + (shape.map { Array(order.shape(of: $0).dimensions.dropFirst()) } ?? []),
                    isChannelsFirst: order == .channelsFirst && shape?.rank ?? 2 > 2))
        }
        return result
    }

    private func noRoom(_ layer: Layer) -> ModelError {
        ModelError(
            .malformed,
            "what is left of the normalisation '\(layer.name)' would have to lie where a model of Keras has no place for a layer; fold with --no-forward or --only-adjacent"
        )
    }

    /// Whether a layer reads what it read before, but for layers that are gone.
    private func isInPlace(_ layer: Layer, _ before: Layer) -> Bool {
        guard let input = layer.inputs.first, var old = before.inputs.first else { return false }
        while let producer = oldProducers[old], !kept.contains(producer.id), let next = producer.inputs.first {
            old = next
        }
        return producers[input]?.id == oldProducers[old]?.id
    }

    /// The layer of the model whose output a value is; `nil` for what lies inside of one.
    private func visibleSource(of value: ValueID) -> (path: KerasPath, call: Int, tensor: Int)? {
        guard let producer = producers[value] else { return nil }
        guard let origin = model.origins[producer.id] else {
            // New as well.
            guard let input = producer.inputs.first, let before = visibleSource(of: input) else { return nil }
            return (KerasPath(Array(before.path.names.dropLast()) + [producer.name]), 0, 0)
        }
        if isReordering(producer, origin), let input = producer.inputs.first { return visibleSource(of: input) }
        let isRead = folded.layers.contains { other in
            other.id != producer.id
                && model.origins[other.id].map { $0.path == origin.path && $0.call == origin.call } == true
                && other.inputs.contains { producer.outputs.contains($0) } && !isReordering(other, origin)
        }
        guard !isRead, model.callCounts[origin.path] ?? 1 <= 1 else { return nil }
        return (origin.path, origin.call, producer.outputs.firstIndex(of: value) ?? 0)
    }

    private func visibleReaders(of value: ValueID) -> [Layer] {
        (readers[value] ?? []).flatMap { reader in
            guard let origin = model.origins[reader.id], isReordering(reader, origin), let output = reader.outputs.first
            else { return [reader] }
            return visibleReaders(of: output)
        }
    }

    /// A change of the order of axes, which no file has.
    private func isReordering(_ layer: Layer, _ origin: KerasNetwork.Origin) -> Bool {
        guard origin.part == .helper, case .permute = layer.operation else { return false }
        return true
    }

    private func isFirstPart(_ layer: Layer, _ origin: KerasNetwork.Origin) -> Bool {
        guard let before = originals[layer.id] else { return true }
        return before.inputs.allSatisfy { input in
            guard let producer = oldProducers[input], let other = model.origins[producer.id] else { return true }
            return other.path != origin.path || other.call != origin.call || isReordering(producer, other)
        }
    }

    /// Itself, or of the normalisations of the same model the one that it is a part of.
    private func pattern(for layer: Layer, in parent: KerasPath) -> KerasPath? {
        if let origin = model.origins[layer.id] { return origin.path }
        let candidates = model.network.layers.compactMap { other -> KerasPath? in
            guard case .batchNorm = other.operation, let path = model.origins[other.id]?.path,
                KerasPath(Array(path.names.dropLast())) == parent
            else { return nil }
            return path
        }
        return candidates.first { layer.name.hasPrefix($0.description) } ?? candidates.first
    }
}
