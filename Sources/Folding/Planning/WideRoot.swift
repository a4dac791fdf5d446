/// The groups of a root with many readers, kept up to date with each change, so that no change has to look at all readers.
struct WideRoot {
    /// The readers of one group.
    struct Members {
        var edges: Set<Int> = []
        /// Those before which the same affine lay in the beginning.
        var originals = 0
    }

    /// Without the readers before which nothing lies.
    private(set) var groups: [Placement.Group.Key: Members] = [:]
    /// The readers behind each affine, whatever their rank.
    private var behind: [Int: Set<Int>] = [:]

    init(_ edges: [Int], items: [Placement.Item?], graph: PlanningGraph, originals: [Int?]) {
        for edge in edges {
            let key = Placement.Group.Key(function: items[edge]?.function, rank: graph.edges[edge].outputRank)
            insert(edge, into: key, isOriginal: originals[edge] == key.function)
        }
    }

    /// The readers behind an affine.
    func count(of function: Int) -> Int { behind[function]?.count ?? 0 }

    /// The readers behind an affine, whatever their rank, in order.
    func edges(behind function: Int) -> [Int] { behind[function]?.sorted() ?? [] }

    /// The readers of a group, in order; `nil` for a group that there is not.
    func edges(of key: Placement.Group.Key) -> [Int]? { groups[key]?.edges.sorted() }

    mutating func insert(_ edge: Int, into key: Placement.Group.Key, isOriginal: Bool) {
        if let function = key.function { behind[function, default: []].insert(edge) }
        guard key.function != nil || key.rank != 0 else { return }
        groups[key, default: Members()].edges.insert(edge)
        if isOriginal { groups[key]?.originals += 1 }
    }

    mutating func remove(_ edge: Int, from key: Placement.Group.Key, isOriginal: Bool) {
        if let function = key.function { behind[function]?.remove(edge) }
        groups[key]?.edges.remove(edge)
        if isOriginal { groups[key]?.originals -= 1 }
        if groups[key]?.edges.isEmpty ?? false { groups[key] = nil }
        if let function = key.function, behind[function]?.isEmpty ?? false { behind[function] = nil }
    }
}
