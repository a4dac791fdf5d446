import NetGraph

/// Where affines end in linear layers, whatever their numbers: found once for a network, in linear time.
///
/// The search asks for the half of an affine that is worth moving where both halves are not, and a sum for the input that can take its shift. Only
/// the order of attempts depends on the answers; what is exact the passages decide on the numbers.
struct PartSinks {
    /// Which parts of an affine go away in one direction.
    struct Parts {
        /// Factors that are not negative.
        var positiveScale = false
        /// Factors of any sign.
        var anyScale = false
        var shift = false
    }

    /// By the index of a root, for an affine before all of its readers.
    private(set) var behind: [Parts]
    /// By edge, for an affine before this reader.
    private(set) var before: [Parts]
    /// For layers whose inputs do not all take the same: the one that can take what only one takes.
    private(set) var preferredInputs: [Int: Int] = [:]
    /// By the index of a root: whether all of its readers are one layer.
    private let isAlone: [Bool]

    private static let probes: [(WritableKeyPath<Parts, Bool> & Sendable, ChannelAffine)] = [
        (\.positiveScale, .uniform(scale: 2, offset: 0)), (\.anyScale, .uniform(scale: -2, offset: 0)),
        (\.shift, .uniform(scale: 1, offset: 1)),
    ]

    /// Of the outputs of a layer, and of its inputs that are not multiplied by 0, those from the second on behave alike.
    private static let distinct = 2

    /// - Parameter functions: the number of the affine on each edge before any change.
    init(_ graph: PlanningGraph, functions: [Int?], settings: PlanningSettings) {
        behind = [Parts](repeating: Parts(), count: graph.network.values.count)
        before = [Parts](repeating: Parts(), count: graph.edges.count)
        isAlone = graph.edgesOfRoot.map { edges in
            guard let first = edges.first, case .layer(let reader, _) = graph.edges[first].reader else { return false }
            return edges.allSatisfy { if case .layer(reader, _) = graph.edges[$0].reader { true } else { false } }
        }
        let inputFunctions = { (position: Int) in
            graph.edgesOfInputs[position].map { $0.flatMap { functions[$0] } }
        }
        for position in graph.passable {
            let layer = graph.layer(position)
            var site = graph.site(position, settings: settings, functions: inputFunctions(position))
            let preferred = preferredInput(of: layer, edges: graph.edgesOfInputs[position], graph: graph)
            if let preferred { preferredInputs[position] = preferred }
            site.preferredInput = preferred
            for (index, output) in layer.outputs.enumerated() {
                if index >= Self.distinct {
                    behind[output.index] = behind[layer.outputs[index - 1].index]
                    continue
                }
                for (part, probe) in Self.probes {
                    behind[output.index][keyPath: part] = sinksBackward(
                        probe, at: index, site: site, edges: graph.edgesOfInputs[position], graph: graph, part)
                }
            }
        }
        guard settings.allowsForward else { return }
        for position in graph.passable.reversed() {
            let layer = graph.layer(position)
            let site = graph.site(position, settings: settings, functions: inputFunctions(position))
            var known: [Bool: Parts] = [:]
            for (index, edge) in graph.edgesOfInputs[position].enumerated() {
                guard let edge else { continue }
                let counts = layer.operation.coefficient(ofInput: index) != 0
                if index >= Self.distinct, let parts = known[counts] {
                    before[edge] = parts
                    continue
                }
                defer { if index + 1 >= Self.distinct { known[counts] = before[edge] } }
                for (part, probe) in Self.probes {
                    before[edge][keyPath: part] = sinksForward(
                        probe, at: index, site: site, outputs: layer.outputs, graph: graph, part)
                }
            }
        }
    }

    private func sinksBackward(
        _ probe: ChannelAffine, at index: Int, site: PassageSite, edges: [Int?], graph: PlanningGraph,
        _ part: KeyPath<Parts, Bool>
    ) -> Bool {
        var affines = [ChannelAffine?](repeating: nil, count: site.outputs.count)
        affines[index] = probe
        var passage = site.pass(affines, .backward)
        if passage.movesNothing, affines.count > 1 {
            // Some layers want the same on all outputs.
            passage = site.pass(affines.map { _ in probe }, .backward)
        }
        guard !passage.movesNothing, passage.rest.allSatisfy({ $0 == nil }) else { return false }
        return zip(passage.moved, edges).allSatisfy { moved, edge in
            guard moved != nil, let edge else { return true }
            return isAlone(edge, graph: graph) && behind[graph.edges[edge].root.index][keyPath: part]
        }
    }

    private func sinksForward(
        _ probe: ChannelAffine, at index: Int, site: PassageSite, outputs: [ValueID], graph: PlanningGraph,
        _ part: KeyPath<Parts, Bool>
    ) -> Bool {
        var affines = [ChannelAffine?](repeating: nil, count: site.inputs.count)
        affines[index] = probe
        let passage = site.pass(affines, .forward)
        guard !passage.movesNothing, passage.rest.allSatisfy({ $0 == nil }) else { return false }
        return zip(passage.moved, outputs).allSatisfy { moved, output in
            moved == nil || graph.edgesOfRoot[output.index].allSatisfy { before[$0][keyPath: part] }
        }
    }

    /// Whether all readers of an edge's root are one layer.
    private func isAlone(_ edge: Int, graph: PlanningGraph) -> Bool { isAlone[graph.edges[edge].root.index] }

    private func preferredInput(of layer: Layer, edges: [Int?], graph: PlanningGraph) -> Int? {
        let part: KeyPath<Parts, Bool>
        switch layer.partOfOneInput {
        case .shift: part = \.shift
        case .scale: part = \.anyScale
        case .both, nil:
            guard case .scale = layer.operation else { return nil }
            part = \.anyScale
        }
        return edges.indices.first { index in
            guard let edge = edges[index] else { return false }
            return isAlone(edge, graph: graph) && behind[graph.edges[edge].root.index][keyPath: part]
        }
    }
}

extension Operation {
    /// What an input of a sum is multiplied by; 1 for any other operation.
    fileprivate func coefficient(ofInput index: Int) -> Double {
        guard case .eltwise(let eltwise) = self, eltwise.combination == .sum,
            eltwise.coefficients.indices.contains(index)
        else { return 1 }
        return eltwise.coefficients[index]
    }
}
