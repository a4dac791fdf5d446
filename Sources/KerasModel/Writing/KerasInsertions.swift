import Folding
import Frontend
import NetGraph

/// A normalisation that a fold puts where there was none, or moves to another place.
struct KerasInsertion {
    var name: String
    /// The layer of the folded network that it is.
    var layer: LayerID
    /// The model that it becomes a layer of; empty for the whole one.
    var model: KerasPath
    /// The layer whose entry in the JSON is its pattern: itself, where it is moved.
    var pattern: KerasPath
    var numbers: KerasChanges.Renormalized
    /// The layer whose output it reads, which of its calls, and which of that call's outputs.
    var source: String
    var call: Int
    var tensor: Int
    /// Who reads it instead.
    var readings: Set<KerasReading>
    /// The outputs of the model that it gives.
    var outputs: Set<Int>
    /// In the order of the file, images first.
    var shape: [Int?]
    var isChannelsFirst: Bool
}

/// One of the tensors that a call of a layer reads.
struct KerasReading: Hashable {
    var layer: String
    var call: Int
    /// Its number among the tensors of the call.
    var place: Int
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

    /// - Throws: for a place that the JSON of a model has no room for, which is a fault of the plan.
    func insertions() throws(ModelError) -> [KerasInsertion] {
        var result: [KerasInsertion] = []
        for layer in folded.layers {
            guard case .batchNorm(let batchNorm) = layer.operation, let input = layer.inputs.first,
                let output = layer.outputs.first
            else { continue }
            if let before = originals[layer.id], isInPlace(layer, before) { continue }
            guard let source = visibleSource(of: input), let pattern = pattern(for: layer, in: source.model) else {
                throw noRoom(layer)
            }
            var insertion = KerasInsertion(
                name: name(of: layer, pattern: pattern, in: source.model, besides: result), layer: layer.id,
                model: source.model, pattern: pattern, numbers: KerasChanges.Renormalized(batchNorm, in: folded),
                source: source.name,
                call: source.call, tensor: source.tensor, readings: [], outputs: [],
                shape: [nil] + (shape(of: input) ?? []),
                isChannelsFirst: folded[input].order == .channelsFirst && folded[input].shape?.rank ?? 2 > 2)
            if source.model.names.isEmpty {
                insertion.outputs = Set(model.network.outputs.indices.filter { model.network.outputs[$0] == output })
            }
            for (reader, place) in visibleReaders(of: output) {
                guard let origin = model.origins[reader.id] else { throw noRoom(layer) }
                let home: KerasPath
                switch origin.part {
                case .output(let index):
                    home = origin.path
                    insertion.outputs.insert(index)
                case .input(let index):
                    home = origin.path.parent.parent
                    insertion.readings.insert(
                        KerasReading(layer: origin.path.parent.names.last ?? "", call: origin.call, place: index))
                default:
                    // A wrapper reads for the layer in it.
                    let own = model.leafHomes[origin.path] ?? (origin.path.parent, origin.path.names.last ?? "")
                    home = own.model
                    let places = places(ofInput: place, of: reader, origin)
                    guard !places.isEmpty else { throw noRoom(layer) }
                    for place in places {
                        insertion.readings.insert(KerasReading(layer: own.name, call: origin.call, place: place))
                    }
                }
                guard home == source.model else { throw noRoom(layer) }
            }
            result.append(insertion)
        }
        return result
    }

    /// The name of its own of a layer that moves; else one that is made of that of its pattern, of letters that all versions of Keras allow.
    private func name(
        of layer: Layer, pattern: KerasPath, in parent: KerasPath, besides others: [KerasInsertion]
    ) -> String {
        if let own = model.origins[layer.id]?.path.names.last { return own }
        var stem = layer.name
        if stem.hasPrefix(pattern.description) {
            stem = (pattern.names.last ?? "") + stem.dropFirst(pattern.description.count)
        }
        stem = String(stem.map { $0 == "/" || $0 == " " || $0 == "(" || $0 == ")" ? "_" : $0 })
        var name = stem
        var number = 1
        while model.origins.values.contains(where: { $0.path == parent.appending(name) })
            || others.contains(where: { $0.model == parent && $0.name == name })
        {
            name = "\(stem)_\(number)"
            number += 1
        }
        return name
    }

    private func shape(of value: ValueID) -> [Int?]? {
        folded[value].shape.map { Array(folded[value].order.shape(of: $0).dimensions.dropFirst()) }
    }

    private func noRoom(_ layer: Layer) -> ModelError {
        ModelError(
            .internalFault,
            "what is left of the normalisation '\(layer.name)' would have to lie where a model of Keras has no place for a layer"
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

    /// The layer of a model whose output a value is; `nil` for what lies inside of one.
    private func visibleSource(of value: ValueID) -> (model: KerasPath, name: String, call: Int, tensor: Int)? {
        guard let producer = producers[value], let origin = model.origins[producer.id], !folded[value].isSealed else {
            return nil
        }
        if isReordering(producer, origin), let input = producer.inputs.first { return visibleSource(of: input) }
        let home = model.leafHomes[origin.path] ?? (origin.path.parent, origin.path.names.last ?? "")
        let tensor: Int
        switch origin.part {
        case .output(let index): tensor = index
        case .input: return (home.model, home.name, 0, 0)
        default: tensor = producer.outputs.firstIndex(of: value) ?? 0
        }
        return (home.model, home.name, origin.call, tensor)
    }

    /// The layers that read a value, each with the number of the input.
    private func visibleReaders(of value: ValueID) -> [(reader: Layer, place: Int)] {
        (readers[value] ?? []).flatMap { reader -> [(Layer, Int)] in
            if let origin = model.origins[reader.id], isReordering(reader, origin), let output = reader.outputs.first {
                return visibleReaders(of: output)
            }
            return reader.inputs.indices.filter { reader.inputs[$0] == value }.map { (reader, $0) }
        }
    }

    /// Which of the tensors of its call a layer reads at one of its inputs; none where that comes from inside of the call.
    private func places(ofInput index: Int, of reader: Layer, _ origin: KerasNetwork.Origin) -> [Int] {
        let told = model.callInputs[KerasCallPlace(path: origin.path, call: origin.call)]
        guard let all = told, let before = originals[reader.id], before.inputs.indices.contains(index) else {
            return []
        }
        // Numbers of the JSON are no tensors.
        let own = before.inputs.map { input -> ValueID? in
            guard let producer = oldProducers[input] else { return input }
            if case .parameter = producer.operation { return nil }
            guard let other = model.origins[producer.id], isReordering(producer, other) else { return input }
            return producer.inputs.first
        }
        let tensors = own.indices.filter { own[$0] != nil }
        if tensors.map({ own[$0] }) == all { return tensors.firstIndex(of: index).map { [$0] } ?? [] }
        return all.indices.filter { all[$0] == own[index] }
    }

    /// A change of the order of axes, which no file has.
    private func isReordering(_ layer: Layer, _ origin: KerasNetwork.Origin) -> Bool {
        guard origin.part == .helper, case .permute = layer.operation else { return false }
        return true
    }

    /// Itself, or of the normalisations the one that it is a part of, best one of the same model.
    private func pattern(for layer: Layer, in parent: KerasPath) -> KerasPath? {
        if let origin = model.origins[layer.id] { return origin.path }
        let all = model.network.layers.compactMap { other -> KerasPath? in
            guard case .batchNorm = other.operation else { return nil }
            return model.origins[other.id]?.path
        }
        let near = all.filter { $0.parent == parent }
        return (near.isEmpty ? all : near).first { layer.name.hasPrefix($0.description) } ?? near.first ?? all.first
    }
}
