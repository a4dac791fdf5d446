import NetGraph

/// Which values of a network and of its folded twin should be equal, and where the two differ.
///
/// Layers correspond by name, inputs by the name of their blob. What an unchanged layer computes from values that correspond, corresponds if its name is the same. Any other value of the
/// folded network corresponds to what the layers that read it read in the original: so a blob that a fold hands on under the name of the layer before is
/// still held against the right one. A value without readers, and one that only affine layers read, corresponds to the last value of its name.
/// A value whose name the original does not have holds other numbers on purpose.
struct NetworkAlignment {
    /// Two values that should be equal.
    struct Pair: Hashable {
        var original: ValueID
        var folded: ValueID
    }

    /// In the order in which the folded network computes them.
    private(set) var pairs: [Pair] = []
    /// In the order in which the folded network computes their values.
    private(set) var sites: [FoldSite] = []
    /// Outputs of the original that have no counterpart.
    private(set) var missingOutputs: [String] = []

    private let original: Network
    private let folded: Network
    private let originalConnections: Connections
    private let foldedConnections: Connections
    private var originalNames: LayerPositions
    private var foldedNames: LayerPositions
    private let hasEqualNumbers: (Layer, Layer) -> Bool

    /// - Parameter hasEqualNumbers: whether a layer of the original and one of the folded network hold equal parameters, bit for bit.
    init(original: Network, folded: Network, hasEqualNumbers: @escaping (Layer, Layer) -> Bool) {
        self.original = original
        self.folded = folded
        self.hasEqualNumbers = hasEqualNumbers
        originalConnections = Connections(original)
        foldedConnections = Connections(folded)
        originalNames = LayerPositions(original)
        foldedNames = LayerPositions(folded)
        matchValues()
        matchOutputs()
        collectSites()
    }

    // MARK: Values

    private mutating func matchValues() {
        let originalVersions = Self.versions(original)
        let foldedVersions = Self.versions(folded)
        var known: Set<Pair> = []
        for layer in folded.layers {
            let unchanged = unchangedCounterpart(of: layer, known: known)
            for (place, value) in layer.outputs.enumerated() {
                var counterparts: [ValueID] = []
                if let unchanged, unchanged.outputs.indices.contains(place),
                    original[unchanged.outputs[place]].name == folded[value].name
                {
                    counterparts = [unchanged.outputs[place]]
                } else if let versions = originalVersions[folded[value].name] {
                    counterparts = readersChoice(value)
                    if counterparts.isEmpty, foldedVersions[folded[value].name]?.last == value, let last = versions.last
                    {
                        counterparts = [last]
                    }
                }
                let found = counterparts.map { Pair(original: $0, folded: value) }
                pairs += found
                known.formUnion(found)
            }
        }
    }

    /// The layer of the original that does the same with values that correspond: its outputs correspond as well. Inputs do so by name.
    private func unchangedCounterpart(of layer: Layer, known: Set<Pair>) -> Layer? {
        if layer.operation == .input {
            let names = layer.outputs.map { folded[$0].name }
            return original.layers.first {
                $0.operation == .input && $0.outputs.map { original[$0].name } == names
            }
        }
        guard let position = originalNames[foldedNames.key(of: layer)] else { return nil }
        let before = original.layers[position]
        guard before.inputs.count == layer.inputs.count,
            zip(before.inputs, layer.inputs).allSatisfy({ known.contains(Pair(original: $0, folded: $1)) }),
            !isChanged(layer)
        else { return nil }
        return before
    }

    /// What the readers of a value read in the original. Affine layers have no say: folding moves them along their chain.
    private func readersChoice(_ value: ValueID) -> [ValueID] {
        var choices: [ValueID] = []
        for position in Set(foldedConnections.consumers(of: value)).sorted() {
            let reader = folded.layers[position]
            guard let counterpart = originalNames[foldedNames.key(at: position)].map({ original.layers[$0] }),
                counterpart.operation.typeName == reader.operation.typeName, !reader.isAffine
            else { continue }
            for (index, input) in reader.inputs.enumerated()
            where input == value && counterpart.inputs.indices.contains(index) {
                let choice = counterpart.inputs[index]
                if !choices.contains(choice) { choices.append(choice) }
            }
        }
        return choices
    }

    /// The values of each name, in the order in which they are computed.
    private static func versions(_ network: Network) -> [String: [ValueID]] {
        var versions: [String: [ValueID]] = [:]
        for layer in network.layers {
            for output in layer.outputs { versions[network[output].name, default: []].append(output) }
        }
        return versions
    }

    /// Outputs correspond by name; others in their order, when there are as many on both sides.
    private mutating func matchOutputs() {
        var matched = Set(pairs.map(\.original))
        for output in original.outputs where !matched.contains(output) {
            guard let twin = folded.outputs.first(where: { folded[$0].name == original[output].name }) else { continue }
            pairs.append(Pair(original: output, folded: twin))
            matched.insert(output)
        }
        let missing = original.outputs.filter { !matched.contains($0) }
        let known = Set(pairs.map(\.folded))
        let spare = folded.outputs.filter { !known.contains($0) }
        guard !missing.isEmpty, missing.count == spare.count else {
            missingOutputs = missing.map { original[$0].name }
            return
        }
        pairs += zip(missing, spare).map { Pair(original: $0, folded: $1) }
    }

    // MARK: Sites

    private mutating func collectSites() {
        let known = Set(pairs)
        let originals = Set(pairs.map(\.original))
        let foldeds = Set(pairs.map(\.folded))
        let counterpart = Dictionary(
            pairs.map { ($0.folded, $0.original) }, uniquingKeysWith: { first, _ in first })
        var places: [Part: Int] = [:]
        for pair in pairs {
            if areSame(pair, known: known) { continue }
            guard let after = Self.part(of: folded, behind: pair.folded, upTo: foldeds, foldedConnections),
                let before = Self.part(of: original, behind: pair.original, upTo: originals, originalConnections)
            else { continue }
            let frontier = after.inputs.compactMap { value in
                counterpart[value].map { Pair(original: $0, folded: value) }
            }
            if let place = places[after] {
                sites[place].outputs.append(pair)
                sites[place].originalLayers = Set(sites[place].originalLayers + before.layers).sorted()
                sites[place].originalInputs += before.inputs.filter { !sites[place].originalInputs.contains($0) }
                continue
            }
            places[after] = sites.count
            sites.append(
                FoldSite(
                    outputs: [pair], frontier: frontier, foldedLayers: after.layers, originalLayers: before.layers,
                    originalInputs: before.inputs, removed: [], changed: []))
        }
        for index in sites.indices {
            let site = sites[index]
            sites[index].removed = site.originalLayers.map { original.layers[$0] }.filter { layer in
                guard let position = foldedNames[originalNames.key(of: layer)] else { return true }
                return folded.layers[position].operation.typeName != layer.operation.typeName
            }.map(\.name)
            sites[index].changed = site.foldedLayers.filter { isChanged(folded.layers[$0]) }
        }
    }

    /// Whether a value is computed in the same way on both sides, from values that correspond.
    private func areSame(_ pair: Pair, known: Set<Pair>) -> Bool {
        var open = [pair]
        while let pair = open.popLast() {
            guard let first = originalConnections.producer(of: pair.original),
                let second = foldedConnections.producer(of: pair.folded)
            else { return false }
            let before = original.layers[first]
            let after = folded.layers[second]
            if before.operation == .input, after.operation == .input {
                guard original[pair.original].name == folded[pair.folded].name else { return false }
                continue
            }
            guard originalNames.key(of: before) == foldedNames.key(of: after),
                before.inputs.count == after.inputs.count,
                before.outputs.firstIndex(of: pair.original) == after.outputs.firstIndex(of: pair.folded),
                !isChanged(after)
            else { return false }
            for (first, second) in zip(before.inputs, after.inputs) {
                let inputs = Pair(original: first, folded: second)
                if !known.contains(inputs) { open.append(inputs) }
            }
        }
        return true
    }

    private func isChanged(_ layer: Layer) -> Bool {
        guard let position = originalNames[foldedNames.key(of: layer)] else { return true }
        let before = original.layers[position]
        return !before.operation.isLike(layer.operation)
            || !hasEqualNumbers(before, layer)
    }

    /// The layers that compute a value from others, and those others. Inputs of the network compute nothing: they are among the others.
    private struct Part: Hashable {
        /// By position.
        var layers: [Int]
        var inputs: [ValueID]
    }

    /// What lies between a value and the known ones before it.
    ///
    /// - Returns: `nil` when a value has no producer.
    private static func part(
        of network: Network, behind value: ValueID, upTo known: Set<ValueID>, _ connections: Connections
    ) -> Part? {
        var layers: Set<Int> = []
        var inputs: [ValueID] = []
        var open = [value]
        while let value = open.popLast() {
            guard let producer = connections.producer(of: value) else { return nil }
            if network.layers[producer].operation == .input {
                if !inputs.contains(value) { inputs.append(value) }
                continue
            }
            guard layers.insert(producer).inserted else { continue }
            for input in network.layers[producer].inputs {
                if !known.contains(input) {
                    open.append(input)
                } else if !inputs.contains(input) {
                    inputs.append(input)
                }
            }
        }
        return Part(layers: layers.sorted(), inputs: inputs)
    }
}

/// A part of the folded network that differs from the original, between values that should be equal.
struct FoldSite {
    /// What the part computes.
    var outputs: [NetworkAlignment.Pair]
    /// What the folded part reads.
    var frontier: [NetworkAlignment.Pair]
    /// By position in the networks' `layers`.
    var foldedLayers: [Int]
    var originalLayers: [Int]
    /// What the original part reads.
    var originalInputs: [ValueID]
    /// Names of the layers of the original that the folded network does not have, or has as another type.
    var removed: [String]
    /// Positions of the layers of the folded network whose numbers or fields are not those of the original.
    var changed: [Int]
}

/// Layers by name; of several with one name, each by its place among them.
struct LayerPositions {
    struct Key: Hashable {
        var name: String
        var occurrence: Int
    }

    private var positions: [Key: Int] = [:]
    private var keys: [Key] = []
    private var places: [LayerID: Int] = [:]

    init(_ network: Network) {
        var counts: [String: Int] = [:]
        for (position, layer) in network.layers.enumerated() {
            let key = Key(name: layer.name, occurrence: counts[layer.name, default: 0])
            counts[layer.name, default: 0] += 1
            positions[key] = position
            keys.append(key)
            places[layer.id] = position
        }
    }

    subscript(key: Key) -> Int? { positions[key] }
    func key(at position: Int) -> Key { keys[position] }
    func key(of layer: Layer) -> Key { places[layer.id].map { keys[$0] } ?? Key(name: layer.name, occurrence: 0) }
}

extension Layer {
    /// Whether the layer is of a kind that folding merges, moves or removes.
    var isAffine: Bool {
        switch operation {
        case .batchNorm: true
        case .scale, .bias: inputs.count == 1
        case .power(let power): power.power == 1
        default: false
        }
    }
}
