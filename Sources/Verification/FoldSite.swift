import NetGraph

/// A part of the folded network that differs from the original, between values that should be equal.
struct FoldSite {
    /// What the part computes.
    var outputs: [NetworkAlignment.Pair]
    /// What the folded part reads. A value may be there several times, with each value of the original that the original part reads in its place.
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

extension FoldSite {
    /// The sites of an alignment, in the order in which the folded network computes their values: one before each pair that is not proven. What the
    /// same layers of the folded network compute is one site.
    static func all(in alignment: NetworkAlignment) -> [FoldSite] {
        let cut = Cut(alignment)
        var sites: [FoldSite] = []
        var places: [Part: Int] = [:]
        for pair in alignment.pairs where !alignment.proven.contains(pair) {
            guard let after = cut.foldedPart(behind: pair.folded),
                let before = cut.originalPart(behind: pair.original, readBy: after)
            else { continue }
            let frontier = after.inputs.flatMap { value in
                let candidates = alignment.originals(of: value)
                let read = candidates.filter(before.inputs.contains)
                return (read.isEmpty ? Array(candidates.prefix(1)) : read).map {
                    NetworkAlignment.Pair(original: $0, folded: value)
                }
            }
            guard let place = places[after] else {
                places[after] = sites.count
                sites.append(
                    FoldSite(
                        outputs: [pair], frontier: frontier, foldedLayers: after.layers, originalLayers: before.layers,
                        originalInputs: before.inputs, removed: [], changed: []))
                continue
            }
            sites[place].outputs.append(pair)
            sites[place].frontier += frontier.filter { !sites[place].frontier.contains($0) }
            sites[place].originalLayers = Set(sites[place].originalLayers + before.layers).sorted()
            sites[place].originalInputs += before.inputs.filter { !sites[place].originalInputs.contains($0) }
        }
        for index in sites.indices {
            sites[index].removed = sites[index].originalLayers.filter(alignment.isRemoved).map {
                alignment.original.layers[$0].name
            }
            sites[index].changed = sites[index].foldedLayers.filter {
                alignment.isChanged(alignment.folded.layers[$0])
            }
        }
        return sites
    }
}

/// The layers that compute a value from others, and those others. Inputs of the network compute nothing: they are among the others.
private struct Part: Hashable {
    /// By position.
    var layers: [Int]
    var inputs: [ValueID]
}

/// Cuts parts out of the two networks.
private struct Cut {
    private let alignment: NetworkAlignment
    private let pairedOriginals: Set<ValueID>

    init(_ alignment: NetworkAlignment) {
        self.alignment = alignment
        pairedOriginals = Set(alignment.pairs.map(\.original))
    }

    /// What lies between a value of the folded network and the pairs before it.
    ///
    /// - Returns: `nil` when a value has no producer.
    func foldedPart(behind value: ValueID) -> Part? {
        part(of: alignment.folded, alignment.foldedConnections, behind: value) { value in
            !alignment.originals(of: value).isEmpty
        }
    }

    /// What lies between a value of the original and what the folded part reads. What does not depend on that ends at the next pair.
    func originalPart(behind value: ValueID, readBy after: Part) -> Part? {
        let starts = Set(after.inputs.flatMap { alignment.originals(of: $0) })
        var dependents: Set<ValueID>?
        return part(of: alignment.original, alignment.originalConnections, behind: value) { value in
            if starts.contains(value) { return true }
            guard pairedOriginals.contains(value) else { return false }
            let known = dependents ?? self.dependents(of: starts)
            dependents = known
            return !known.contains(value)
        }
    }

    /// The values of the original that are computed from some.
    private func dependents(of starts: Set<ValueID>) -> Set<ValueID> {
        var dependents = starts
        for layer in alignment.original.layers where layer.inputs.contains(where: dependents.contains) {
            dependents.formUnion(layer.outputs)
        }
        return dependents
    }

    private func part(
        of network: Network, _ connections: Connections, behind value: ValueID, upTo isKnown: (ValueID) -> Bool
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
                if !isKnown(input) {
                    open.append(input)
                } else if !inputs.contains(input) {
                    inputs.append(input)
                }
            }
        }
        return Part(layers: layers.sorted(), inputs: inputs)
    }
}

extension NetworkAlignment {
    /// Whether the folded network lacks a layer of the original, or has it as another type.
    fileprivate func isRemoved(_ position: Int) -> Bool {
        let layer = original.layers[position]
        guard let twin = foldedNames[originalNames.key(at: position)] else { return true }
        return folded.layers[twin].type != layer.type
    }
}
