import NetGraph

/// What an assembly asks of a placement: which values can stay what they are, and what lies before which readers.
extension Placement {
    /// Whether nothing lies before a reader.
    func isDirect(_ edge: Int) -> Bool { items[edge] == nil && graph.edges[edge].outputRank == 0 }

    func directEdges(of root: ValueID) -> [Int] {
        var edges: [Int] = []
        for edge in graph.edgesOfRoot[root.index] where isDirect(edge) { edges.append(edge) }
        return edges
    }

    /// The groups of a root, first those whose affine layers come first.
    func groupsByDepth(of root: ValueID) -> [Group] {
        let groups = groups(of: root)
        if groups.count < 2 { return groups }
        return groups.sorted { depth(of: $0) < depth(of: $1) }
    }

    private func depth(of group: Group) -> Int { group.edges.compactMap { graph.edges[$0].node }.max() ?? -1 }

    /// Where the affine of a group comes from, each affine layer once.
    func sources(of group: Group) -> [Source] {
        var sources: [Source] = []
        for edge in group.edges { sources += items[edge]?.sources ?? [] }
        return merged(sources)
    }

    /// The old value that holds what some readers read, when at least one of them reads what it did.
    func keptValue(of edges: [Int]) -> ValueID? {
        var kept: [Int] = []
        var open = edges
        while let edge = open.popLast() {
            if regaugedEdges[edge] == nil { kept.append(edge) }
            // What a junction hands on is the same value.
            guard case .layer(let position, _) = graph.edges[edge].reader, graph.isAffine[position] else { continue }
            open += directEdges(of: graph.network.layers[position].outputs[0])
        }
        if let output = kept.first(where: { graph.edges[$0].reader == .output }) { return graph.edges[output].original }
        let position = { (edge: Int) in graph.producer(of: graph.edges[edge].original) ?? -1 }
        return kept.max { position($0) < position($1) }.map { graph.edges[$0].original }
    }

    /// The number of channels of a root, as far as its shape, the numbers, or the parameters of the affine tell it.
    func channelCount(of group: Group, root: ValueID) -> Int? {
        if let channels = graph.shapes[root.index]?.length(ofAxis: 1) { return channels }
        if let affine = group.key.function.map({ table[$0] }), !affine.isUniform { return affine.channelCount }
        for node in graph.nodes(before: group.edges).flatMap(graph.forest.path(to:)) {
            let operation = graph.operation(ofNode: node)
            guard let parameter = operation.parameters.first else { continue }
            switch operation {
            case .scale(let scale) where scale.axes.isScalar: continue
            case .bias(let bias) where bias.axes.isScalar: continue
            default: if let count = graph.network[parameter].elementCount { return count }
            }
        }
        return nil
    }
}
