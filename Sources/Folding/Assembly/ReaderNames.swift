import NetGraph

/// The layers that read a root, as messages call them: found once, for all reasons that tell of them.
struct ReaderNames {
    /// Each reader in order.
    private var readers: [(edge: Int, name: String)] = []
    /// The number of readers of each name.
    private var counts: [String: Int] = [:]
    /// Readers that are the caller of the network, who gets the root itself.
    private var outputs: Set<Int> = []

    init(of root: ValueID, graph: PlanningGraph) {
        for edge in graph.edgesOfRoot[root.index] {
            if graph.edges[edge].reader == .output, graph.edges[edge].node == nil { outputs.insert(edge) }
            let name = Self.name(of: edge, graph: graph)
            readers.append((edge, name))
            counts[name, default: 0] += 1
        }
    }

    /// The reader that users see is the first layer on the way.
    private static func name(of edge: Int, graph: PlanningGraph) -> String {
        if let node = graph.edges[edge].node, let first = graph.forest.path(to: node).first {
            return graph.network.layers[graph.forest.nodes[first].position].name
        }
        guard case .layer(let position, _) = graph.edges[edge].reader else { return "" }
        return graph.network.layers[position].name
    }

    /// Those of the readers that are not among others.
    struct Others {
        var isEmpty: Bool
        var hasOutput: Bool
        /// The first of them.
        var names: [String]
        /// The number of the others.
        var more: Int
    }

    /// - Parameter own: readers to leave out.
    func others(than own: Set<Int>) -> Others {
        var ownCounts: [String: Int] = [:]
        var ownOutputs = 0
        if !own.isEmpty {
            for edge in own {
                if outputs.contains(edge) { ownOutputs += 1 }
                if let index = index(of: edge) { ownCounts[readers[index].name, default: 0] += 1 }
            }
        }
        let names = counts.count - ownCounts.count { counts[$0.key] == $0.value }
        var first: [String] = []
        for reader in readers where !own.contains(reader.edge) && !first.contains(reader.name) {
            first.append(reader.name)
            if first.count == min(names, Self.named) { break }
        }
        return Others(
            isEmpty: own.count == readers.count, hasOutput: outputs.count > ownOutputs, names: first,
            more: names - first.count)
    }

    /// Edges of a root are in ascending order.
    private func index(of edge: Int) -> Int? {
        var range = readers.indices
        while let first = range.first {
            let middle = first + range.count / 2
            if readers[middle].edge == edge { return middle }
            range = readers[middle].edge < edge ? middle + 1..<range.upperBound : first..<middle
        }
        return nil
    }

    /// The number of readers that are named.
    private static let named = 8
}
