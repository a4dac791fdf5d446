import NetGraph

/// Which layer of the folded network a leftover is, and where it stands.
struct LeftoverPlace {
    enum Site {
        /// In the place of an affine layer.
        case of(node: Int)
        case before(LayerID)
        case behind(LayerID)
        case nowhere
    }

    var site: Site
    /// A new layer has a negative identifier, which no frontend gives.
    var layer: LayerID
    var name: String
    /// What the layer writes.
    var output: ValueID
}

/// Finds a place for one leftover after the other: that of one of its own layers, if one lies on the way from the root to all readers, else a new one.
struct LeftoverPlaceFinder {
    private let graph: PlanningGraph
    /// Affine layers, by position, that are one of several calls of a layer: none of them becomes another layer.
    private let sharedCalls: Set<Int>
    /// Affine layers whose place is given away.
    private var used: Set<Int> = []
    private var insertedCount = 0
    private var takenNames: Set<String>
    /// The number of the last layer that was added for each stem of a name.
    private var lastParts: [String: Int] = [:]

    init(_ graph: PlanningGraph) {
        self.graph = graph
        sharedCalls = Set(graph.calls.joined())
        takenNames = Set(graph.network.layers.map(\.name))
    }

    /// - Parameters:
    ///   - edges: of its readers.
    ///   - root: what it reads.
    mutating func place(of outline: LeftoverOutline, before edges: [Int], behind root: ValueID) -> LeftoverPlace {
        var readers: [Int] = []
        for edge in edges {
            if case .layer(let position, _) = graph.edges[edge].reader { readers.append(position) }
        }
        if let node = Self.heir(among: ownNodes(before: edges, readers: readers), graph: graph) {
            used.insert(node)
            return LeftoverPlace(
                site: .of(node: node), layer: graph.layerID(ofNode: node), name: graph.layerName(ofNode: node),
                output: outline.output)
        }
        insertedCount += 1
        let model = outline.firstNode.flatMap { Self.heir(among: graph.forest.path(to: $0), graph: graph) }
        let site: LeftoverPlace.Site
        if let reader = readers.min() {
            site = .before(graph.network.layers[reader].id)
        } else if let producer = graph.producer(of: root) {
            site = .behind(graph.network.layers[producer].id)
        } else {
            site = .nowhere
        }
        return LeftoverPlace(
            site: site, layer: LayerID(-insertedCount),
            name: newName(model.map(graph.layerName(ofNode:)) ?? "scale"), output: outline.output)
    }

    /// The layers on the way to the readers that come before all of these and whose place is free.
    private func ownNodes(before edges: [Int], readers: [Int]) -> [Int] {
        var end = Int.max
        for reader in readers { end = min(end, reader + (graph.isAffine[reader] ? 1 : 0)) }
        return graph.path(toAllOf: graph.nodes(before: edges)).filter { node in
            let position = graph.forest.nodes[node].position
            return position < end && !used.contains(node) && !sharedCalls.contains(position)
        }
    }

    /// Which layer becomes the leftover: the last Scale, else the last BatchNorm, else the last Bias, else the last one.
    private static func heir(among nodes: [Int], graph: PlanningGraph) -> Int? {
        nodes.last { if case .scale = graph.operation(ofNode: $0) { true } else { false } }
            ?? nodes.last { if case .batchNorm = graph.operation(ofNode: $0) { true } else { false } }
            ?? nodes.last { if case .bias = graph.operation(ofNode: $0) { true } else { false } }
            ?? nodes.last
    }

    private mutating func newName(_ stem: String) -> String {
        var number = (lastParts[stem] ?? 1) + 1
        while takenNames.contains("\(stem)_part\(number)") { number += 1 }
        lastParts[stem] = number
        let name = "\(stem)_part\(number)"
        takenNames.insert(name)
        return name
    }
}
