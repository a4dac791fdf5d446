import NetGraph

/// What is written in the place of each root, what its readers read, and which affines stay between the two.
struct Settlement {
    /// A value that holds other numbers than the old one that it stands for.
    struct NewValue {
        var before: ValueID
        /// The affine layer whose affine it took, or gave away.
        var node: Int
    }

    /// What each edge reads after the plan.
    private(set) var values: [ValueID]
    /// What is written in the place of each root.
    private(set) var bases: [ValueID: ValueID] = [:]
    /// In the order of their identifiers, which follow those of the network.
    private(set) var newValues: [NewValue] = []
    /// Root by root.
    private(set) var stays: [StayingAffine] = []
}

extension Settlement {
    init(_ placement: Placement, settings: PlanningSettings, hasNumbers: Bool) {
        let graph = placement.graph
        self.init(values: graph.edges.map(\.original))
        for index in graph.network.values.indices where graph.producer(of: ValueID(index)) == nil {
            settle(ValueID(index), placement, settings: settings, hasNumbers: hasNumbers)
        }
        for position in graph.passable {
            for root in graph.network.layers[position].outputs {
                settle(root, placement, settings: settings, hasNumbers: hasNumbers)
            }
        }
    }

    private mutating func settle(
        _ root: ValueID, _ placement: Placement, settings: PlanningSettings, hasNumbers: Bool
    ) {
        let graph = placement.graph
        // Before a junction the root of the affine was settled, and with it what the junction hands on.
        let base = bases[root] ?? base(of: root, placement)
        bases[root] = base
        for edge in graph.edgesOfRoot[root.index] where placement.isDirect(edge) { assign(base, to: edge, graph) }
        for group in placement.groupsByDepth(of: root) {
            // An output of the network that is written already: behind a junction, its affine was settled with that.
            // A value that is new has no edge of its own.
            if group.key.function == nil,
                group.edges.allSatisfy({ graph.edges[$0].original == base && placement.regaugedEdges[$0] == nil }),
                !graph.isInput(base)
            {
                for edge in group.edges { assign(base, to: edge, graph) }
                continue
            }
            let kept = KeptLayers(of: group, root: root, base: base, placement: placement, form: settings.leftoverForm)
            if let kept {
                for edge in group.edges { assign(graph.edges[edge].original, to: edge, graph) }
                stays.append(StayingAffine(root: root, group: group, form: .kept(kept)))
                continue
            }
            let sources = placement.sources(of: group)
            let output =
                placement.keptValue(of: group.edges)
                ?? makeValue(
                    before: graph.edges[group.edges[0]].original, node: sources.first?.node ?? 0, graph)
            for edge in group.edges { assign(output, to: edge, graph) }
            let outline = LeftoverOutline(
                of: group, root: root, sources: sources, from: base, to: output, placement: placement,
                hasNumbers: hasNumbers)
            stays.append(StayingAffine(root: root, group: group, form: .leftover(outline)))
        }
    }

    /// What is written in the place of a root that is no junction: an input itself, for it is fed by name; else what a reader without an affine read before, else the root itself, else a new
    /// value.
    private mutating func base(of root: ValueID, _ placement: Placement) -> ValueID {
        if placement.graph.isInput(root) { return root }
        if let kept = placement.keptValue(of: placement.directEdges(of: root)) { return kept }
        return placement.regaugedRoots[root.index].map { makeValue(before: root, node: $0, placement.graph) } ?? root
    }

    /// Lets a reader read a value, and all that a junction hands it on to.
    private mutating func assign(_ value: ValueID, to edge: Int, _ graph: PlanningGraph) {
        values[edge] = value
        guard case .layer(let position, _) = graph.edges[edge].reader, graph.isAffine[position] else { return }
        bases[graph.network.layers[position].outputs[0]] = value
    }

    private mutating func makeValue(before value: ValueID, node: Int, _ graph: PlanningGraph) -> ValueID {
        newValues.append(NewValue(before: value, node: node))
        return ValueID(graph.network.values.count + newValues.count - 1)
    }
}
