import NetGraph

/// Where every affine of a network lies at a moment of planning: on the way to a reader, or in a linear layer.
///
/// The network computes the same in every placement. Changes can be undone, and the cost is kept up to date with each of them.
struct Placement {
    /// An affine on its way to a reader.
    struct Item: Hashable {
        /// Its number in the table.
        var function: Int
        var sources: [Source]
    }

    /// Where an affine came from: a layer, with those affine layers before it, and the way that it went since.
    struct Source: Hashable {
        var node: Int
        /// Its last step in the placement's list of steps.
        var step: Int?
    }

    /// One layer that an affine passed, and the step before. There are many of them.
    private struct Step {
        private let storedLayer: Int32
        private let storedPrevious: Int32

        init(layer: Int, previous: Int?) {
            storedLayer = Int32(clamping: layer)
            storedPrevious = Int32(clamping: previous ?? -1)
        }

        var layer: Int { Int(storedLayer) }
        var previous: Int? { storedPrevious < 0 ? nil : Int(storedPrevious) }
    }

    /// What a linear layer took on one side.
    struct Taken: Hashable {
        var affine: ChannelAffine
        var sources: [Source]
    }

    let graph: PlanningGraph
    var table: AffineTable
    private(set) var items: [Item?]
    private var steps: [Step] = []
    /// By the position of the linear layer.
    private(set) var takenBehind: [Int: Taken] = [:]
    private(set) var takenBefore: [Int: Taken] = [:]
    /// By edge, and by the index of a root: the affine layer that made it hold other numbers than before.
    private(set) var regaugedEdges: [Int?]
    private(set) var regaugedRoots: [Int?]
    private(set) var cost = PlanCost()
    /// The function on each edge before any change.
    let originalFunctions: [Int?]
    /// What was done so far, undone or not: edges, entries and sources that were looked at.
    private(set) var work = 0
    /// A number made from all that lies anywhere, the same on every run: placements that differ have different ones, but for rare chance.
    private(set) var fingerprint: UInt64 = 0
    private let elementCounts: [Int]
    /// The groups of roots with many readers.
    private var wideRoots: [Int: WideRoot] = [:]
    private var log: [Change] = []

    private enum Change {
        case item(Int, Item?)
        case behind(Int, Taken?)
        case before(Int, Taken?)
        case edge(Int, Int?)
        case root(Int, Int?)
    }

    init(_ graph: PlanningGraph, settings: PlanningSettings = PlanningSettings()) {
        self.graph = graph
        var table = AffineTable(form: settings.leftoverForm)
        var functions: [Int: Int?] = [:]
        for (index, node) in graph.forest.nodes.enumerated() { functions[index] = table.number(of: node.affine) }
        let items = graph.edges.map { edge -> Item? in
            guard let node = edge.node, let function = functions[node] ?? nil else { return nil }
            return Item(function: function, sources: [Source(node: node, step: nil)])
        }
        self.items = items
        self.table = table
        originalFunctions = items.map { $0?.function }
        regaugedEdges = [Int?](repeating: nil, count: graph.edges.count)
        regaugedRoots = [Int?](repeating: nil, count: graph.network.values.count)
        elementCounts = graph.edgesOfRoot.indices.map { graph.elementCount(of: ValueID($0)) }
        for (root, edges) in graph.edgesOfRoot.enumerated() {
            if edges.count > Self.narrow {
                wideRoots[root] = WideRoot(edges, items: items, graph: graph, originals: originalFunctions)
            }
            cost = cost + cost(ofRoot: root)
        }
        committed = mark
    }

    /// The number of readers, inputs or sources up to which all are looked at one by one.
    static let narrow = 8

    // MARK: Looking

    /// The different affines that lie on the ways to the readers of a root: each is a layer that is left.
    ///
    /// An output of the network beside another one is a value of its own, also when nothing lies before it.
    func groups(of root: ValueID) -> [Group] {
        var groups: [Group] = []
        var places: [Group.Key: Int] = [:]
        let edges = graph.edgesOfRoot[root.index]
        for edge in edges {
            let key = key(of: edge)
            if key.function == nil, key.rank == 0 { continue }
            if edges.count <= Self.narrow {
                if let place = groups.firstIndex(where: { $0.key == key }) {
                    groups[place].edges.append(edge)
                } else {
                    groups.append(Group(key: key, edges: [edge]))
                }
            } else if let place = places[key] {
                groups[place].edges.append(edge)
            } else {
                places[key] = groups.count
                groups.append(Group(key: key, edges: [edge]))
            }
        }
        return groups
    }

    private func key(of edge: Int) -> Group.Key {
        Group.Key(function: items[edge]?.function, rank: graph.edges[edge].outputRank)
    }

    /// The readers that one affine serves.
    struct Group: Hashable {
        struct Key: Hashable {
            /// `nil` for the identity.
            var function: Int?
            /// The rank of the output of the network among those of its root.
            var rank: Int
        }

        var key: Key
        /// In ascending order.
        var edges: [Int]

        func contains(_ edge: Int) -> Bool {
            if edges.count <= Placement.narrow { return edges.contains(edge) }
            var range = edges.startIndex..<edges.endIndex
            while !range.isEmpty {
                let middle = range.lowerBound + range.count / 2
                if edges[middle] == edge { return true }
                range = edges[middle] < edge ? middle + 1..<range.upperBound : range.lowerBound..<middle
            }
            return false
        }
    }

    /// The readers that one affine serves, in order; `nil` when it lies before none of them.
    func group(of root: ValueID, _ key: Group.Key) -> Group? {
        guard let wide = wideRoots[root.index] else {
            if key.function == nil, key.rank == 0 { return nil }
            var edges: [Int] = []
            for edge in graph.edgesOfRoot[root.index] where self.key(of: edge) == key { edges.append(edge) }
            return edges.isEmpty ? nil : Group(key: key, edges: edges)
        }
        return wide.edges(of: key).map { Group(key: key, edges: $0) }
    }

    /// The readers before which an affine lies, whatever their rank.
    func edges(of root: ValueID, behind function: Int) -> [Int] {
        guard let wide = wideRoots[root.index] else {
            return graph.edgesOfRoot[root.index].filter { items[$0]?.function == function }
        }
        return wide.edges(behind: function)
    }

    /// The function of the affine that lies before all readers of a root.
    func commonFunction(of root: ValueID) -> Int? {
        let edges = graph.edgesOfRoot[root.index]
        guard let first = edges.first, let function = items[first]?.function,
            graph.outputCounts[root, default: 0] < 2
        else { return nil }
        let isCommon =
            wideRoots[root.index].map { $0.count(of: function) == edges.count }
            ?? edges.allSatisfy { items[$0]?.function == function }
        return isCommon ? function : nil
    }

    /// The affine that lies before all readers of a root.
    func commonItem(of root: ValueID) -> Item? {
        guard let function = commonFunction(of: root) else { return nil }
        let edges = graph.edgesOfRoot[root.index]
        if edges.count == 1 { return items[edges[0]] }
        return Item(function: function, sources: merged(edges.flatMap { items[$0]?.sources ?? [] }))
    }

    /// The layers that an affine passed since it left its place, in order; one that it passed to and fro does not count.
    func path(of source: Source) -> [Int] {
        var path: [Int] = []
        var next = source.step
        while let step = next {
            if path.last == steps[step].layer { path.removeLast() } else { path.append(steps[step].layer) }
            next = steps[step].previous
        }
        return path.reversed()
    }

    private func cost(ofRoot root: Int) -> PlanCost {
        var cost = PlanCost()
        if graph.edgesOfRoot[root].isEmpty { return cost }
        if let wide = wideRoots[root] {
            for (key, group) in wide.groups { cost = cost + self.cost(of: key, group, root: root) }
            return cost
        }
        // The same groups as `groups(of:)` finds, without a list of them: this is asked for at each change, and there are few readers.
        let edges = graph.edgesOfRoot[root]
        for (place, edge) in edges.enumerated() {
            let key = key(of: edge)
            if key.function == nil, key.rank == 0 { continue }
            if edges[..<place].contains(where: { self.key(of: $0) == key }) { continue }
            cost.layers += 1
            cost.work += (key.function.map { table.readCount(of: $0) } ?? 1) * elementCounts[root]
            if !edges[place...].contains(where: { originalFunctions[$0] == key.function && self.key(of: $0) == key }) {
                cost.edits += 1
            }
            if graph.isSealed(root),
                edges[place...].contains(where: {
                    originalFunctions[$0] != key.function && !graph.mayChange($0) && self.key(of: $0) == key
                })
            {
                cost.misplaced += 1
            }
        }
        return cost
    }

    private func cost(of key: Group.Key, _ group: WideRoot.Members?, root: Int) -> PlanCost {
        guard let group else { return PlanCost() }
        return PlanCost(
            misplaced: graph.isSealed(root) && group.originals < group.edges.count ? 1 : 0, layers: 1,
            work: (key.function.map { table.readCount(of: $0) } ?? 1) * elementCounts[root],
            edits: group.originals > 0 ? 0 : 1)
    }

    /// Each affine layer once, with the first of its ways: through branches that meet again there are as many as there are paths.
    func merged(_ sources: [Source]) -> [Source] {
        guard sources.count > 1 else { return sources }
        if sources.count <= Self.narrow {
            var first: [Source] = []
            for source in sources where !first.contains(where: { $0.node == source.node }) { first.append(source) }
            return first
        }
        var seen: Set<Int> = []
        return sources.filter { seen.insert($0.node).inserted }
    }

    // MARK: Changing

    /// A point to which changes can be undone.
    struct Mark {
        fileprivate var changes = 0
        fileprivate var steps = 0
        fileprivate var table = AffineTable.Mark()
    }

    var mark: Mark { Mark(changes: log.count, steps: steps.count, table: table.mark) }

    /// The point of the last commit.
    private(set) var committed = Mark()

    mutating func undo(to mark: Mark) {
        while log.count > mark.changes, let change = log.popLast() {
            switch change {
            case .item(let edge, let item): replaceItem(edge, with: item)
            case .behind(let layer, let taken): replaceTaken(layer, .backward, with: taken)
            case .before(let layer, let taken): replaceTaken(layer, .forward, with: taken)
            case .edge(let edge, let node): regaugedEdges[edge] = node
            case .root(let root, let node): regaugedRoots[root] = node
            }
        }
    }

    /// Undoes, and forgets the numbers of affines that came up since.
    mutating func rollback(to mark: Mark) {
        undo(to: mark)
        steps.removeLast(max(steps.count - mark.steps, 0))
        table.trim(to: mark.table)
    }

    /// Forgets how to undo; what was done stays.
    mutating func commit() {
        log.removeAll(keepingCapacity: true)
        committed = mark
    }

    /// Notes that something was looked at.
    mutating func charge(_ amount: Int) { work += amount }

    mutating func setItem(_ edge: Int, to item: Item?) {
        guard items[edge] != item else { return }
        log.append(.item(edge, items[edge]))
        replaceItem(edge, with: item)
    }

    mutating func setTaken(_ layer: Int, _ direction: FoldDirection, to taken: Taken) {
        switch direction {
        case .backward: log.append(.behind(layer, takenBehind[layer]))
        case .forward: log.append(.before(layer, takenBefore[layer]))
        }
        replaceTaken(layer, direction, with: taken)
    }

    /// Notes that a reader gets other numbers than before.
    mutating func regauge(edge: Int, by node: Int) {
        guard regaugedEdges[edge] == nil else { return }
        log.append(.edge(edge, nil))
        regaugedEdges[edge] = node
    }

    /// Notes that a layer writes other numbers than before.
    mutating func regauge(root: ValueID, by node: Int) {
        guard regaugedRoots[root.index] == nil else { return }
        log.append(.root(root.index, nil))
        regaugedRoots[root.index] = node
    }

    /// The sources with one more layer on their way.
    mutating func stepped(_ sources: [Source], through layer: Int) -> [Source] {
        sources.map { source in
            steps.append(Step(layer: layer, previous: source.step))
            return Source(node: source.node, step: steps.count - 1)
        }
    }

    private mutating func replaceItem(_ edge: Int, with item: Item?) {
        let root = graph.edges[edge].root.index
        fingerprint = fingerprint &- mix(of: items[edge], at: edge) &+ mix(of: item, at: edge)
        guard wideRoots[root] != nil else {
            cost = cost - cost(ofRoot: root)
            items[edge] = item
            cost = cost + cost(ofRoot: root)
            return
        }
        let rank = graph.edges[edge].outputRank
        let old = Group.Key(function: items[edge]?.function, rank: rank)
        let new = Group.Key(function: item?.function, rank: rank)
        items[edge] = item
        if old == new { return }
        for key in [old, new] { cost = cost - cost(of: key, wideRoots[root]?.groups[key], root: root) }
        wideRoots[root]?.remove(edge, from: old, isOriginal: originalFunctions[edge] == old.function)
        wideRoots[root]?.insert(edge, into: new, isOriginal: originalFunctions[edge] == new.function)
        for key in [old, new] { cost = cost + cost(of: key, wideRoots[root]?.groups[key], root: root) }
    }

    private func mix(of item: Item?, at edge: Int) -> UInt64 {
        guard let item else { return 0 }
        return UInt64(edge).mixed(with: UInt64(item.function)).mixed(with: table.content(of: item.function))
    }

    private mutating func replaceTaken(_ layer: Int, _ direction: FoldDirection, with taken: Taken?) {
        let before = takenBehind[layer] != nil || takenBefore[layer] != nil
        let place = UInt64(layer) << 2 | (direction == .backward ? 2 : 3)
        let old: Taken?
        switch direction {
        case .backward:
            old = takenBehind[layer]
            takenBehind[layer] = taken
        case .forward:
            old = takenBefore[layer]
            takenBefore[layer] = taken
        }
        let mix = { (taken: Taken?) in taken.map { ~place.mixed(with: $0.affine.contentHash) } ?? 0 }
        fingerprint = fingerprint &- mix(old) &+ mix(taken)
        let after = takenBehind[layer] != nil || takenBefore[layer] != nil
        cost.edits += (after ? 1 : 0) - (before ? 1 : 0)
    }
}
