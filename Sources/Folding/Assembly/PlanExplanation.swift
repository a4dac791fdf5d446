import NetGraph

/// Finds out why an affine stays: pushes it once more, and follows it to what keeps it.
struct PlanExplanation {
    private var placement: Placement
    private let settings: PlanningSettings
    private let hasNumbers: Bool
    private var graph: PlanningGraph { placement.graph }
    private let budget: SearchBudget
    /// Whether the search was ended before it had tried everything.
    private let isLimited: Bool
    /// The pushes that are left for the reason that is looked for, once the budget is spent.
    private var stepsLeft = 0
    /// Who reads each root, by its index.
    private var readers: [Int: ReaderNames] = [:]

    init(
        _ placement: Placement, settings: PlanningSettings, hasNumbers: Bool, budget: SearchBudget, isLimited: Bool
    ) {
        self.isLimited = isLimited
        self.placement = placement
        var budget = budget
        // What the search did counts no more.
        budget.explanation += placement.work
        self.budget = budget
        self.settings = settings
        self.hasNumbers = hasNumbers
    }

    /// Why an affine stays. What the reasons before cost leaves less work for this one.
    mutating func reasons(for stay: StayingAffine) -> StayingReasons {
        if settings.reach == .none { return StayingReasons(backward: .onlyMerged) }
        let backward = backward(from: stay.root, key: stay.group.key)
        return StayingReasons(
            backward: backward,
            forward: settings.allowsForward ? forward(from: stay.root, key: stay.group.key) : nil)
    }

    /// Why an affine does not go back.
    private mutating func backward(from root: ValueID, key: Placement.Group.Key) -> RefusalReason {
        let mark = placement.mark
        defer { placement.rollback(to: mark) }
        stepsLeft = SearchBudget.lastSteps.count
        var root = root
        var isFirst = true
        // Each step goes to an earlier layer, so there are no more steps than layers.
        for _ in graph.network.layers.indices {
            guard let position = graph.producer(of: root) else {
                return .readsInput(producer: graph.network[root].name)
            }
            let producer = graph.network.layers[position]
            switch producer.operation {
            case .input, .dataSource: return .readsInput(producer: graph.network[root].name)
            default: break
            }
            if settings.isOnlyAdjacent, LinearLayer(producer.operation) == nil { return adjacentReason(producer) }
            guard placement.commonFunction(of: root) != nil else {
                return readersReason(root, key: isFirst ? key : nil, producer: producer)
            }
            guard mayPush(through: position, .backward, from: root, placement.commonFunction(of: root)) else {
                return .searchEnded
            }
            guard let move = placement.pushBack(through: position, .both, settings: settings) else {
                return .channelsDisagree
            }
            // What a linear layer would take stays only because the search ended before it came to it.
            if isLimited, move.isMove, move.reason == nil, move.reached.isEmpty { return .searchEnded }
            if !move.isMove || placement.commonFunction(of: root) != nil || move.reached.isEmpty {
                return worded(move.reason ?? .stopped(layer: producer.name, type: producer.type))
            }
            root = blocked(among: move.reached) ?? move.reached[0]
            isFirst = false
        }
        return .stopped(layer: graph.network[root].name, type: "value")
    }

    /// Why an affine does not go forward.
    private mutating func forward(from root: ValueID, key: Placement.Group.Key) -> RefusalReason? {
        let mark = placement.mark
        defer { placement.rollback(to: mark) }
        stepsLeft = SearchBudget.lastSteps.count
        guard key.function != nil else { return nil }
        var root = root
        var key = key
        for _ in graph.network.layers.indices {
            guard let group = placement.group(of: root, key) else { return nil }
            let edges = Set(group.edges)
            var next: (ValueID, Placement.Group.Key)?
            for edge in group.edges {
                guard case .layer(let position, _) = graph.edges[edge].reader else {
                    return .writesOutput(blob: graph.network[graph.edges[edge].original].name)
                }
                guard placement.items[edge] != nil else { continue }
                guard mayPush(through: position, .forward, from: root, key.function) else { return .searchEnded }
                let offered = graph.edgesOfInputs[position].map { $0.map(edges.contains) ?? false }
                guard let move = placement.pushForward(through: position, offered: offered, .both, settings: settings)
                else { return .channelsDisagree }
                let layer = graph.network.layers[position]
                if !move.isMove || placement.items[edge] != nil {
                    return worded(move.reason ?? .stopped(layer: layer.name, type: layer.type))
                }
                for output in move.reached where next == nil {
                    next = placement.groups(of: output).first { $0.key.function != nil }.map { (output, $0.key) }
                }
            }
            guard let (output, after) = next else { return nil }
            (root, key) = (output, after)
        }
        return nil
    }

    private mutating func firstFunction(on root: ValueID) -> Int? {
        guard placement.work <= budget.explanation else { return nil }
        placement.charge(graph.edgesOfRoot[root.index].count)
        for edge in graph.edgesOfRoot[root.index] {
            if let item = placement.items[edge] { return item.function }
        }
        return nil
    }

    private mutating func blocked(among roots: [ValueID]) -> ValueID? {
        for root in roots where !canGo(root) { return root }
        return nil
    }

    /// Whether there is work left for a push.
    private mutating func mayPush(
        through position: Int, _ direction: FoldDirection, from root: ValueID, _ function: Int?
    ) -> Bool {
        let effort = placement.effort(
            through: position, direction, function: function, sources: placement.sourceCount(before: root))
        if placement.work + effort <= budget.explanation { return true }
        guard stepsLeft > 0, effort <= SearchBudget.lastSteps.effort else { return false }
        stepsLeft -= 1
        return true
    }

    /// Whether an affine on a root could at least be pushed.
    private mutating func canGo(_ root: ValueID) -> Bool {
        guard let function = placement.commonFunction(of: root), let position = graph.producer(of: root) else {
            return false
        }
        guard mayPush(through: position, .backward, from: root, function) else { return true }
        let outputs = graph.network.layers[position].outputs
        let affines = outputs.map { $0 == root ? placement.table[function] : nil }
        placement.charge(placement.effort(through: position, .backward, function: function, sources: 0))
        let passage = placement.site(position, settings: settings).pass(affines, .backward)
        return !passage.movesNothing && passage.rest.allSatisfy { $0 == nil }
    }

    /// Other readers, or the caller of the network, need the value as it is.
    private mutating func readersReason(
        _ root: ValueID, key: Placement.Group.Key?, producer: Layer
    ) -> RefusalReason {
        let own = key?.function ?? firstFunction(on: root)
        let readers = self.readers[root.index] ?? ReaderNames(of: root, graph: graph)
        self.readers[root.index] = readers
        let ownEdges = own.map { placement.edges(of: root, behind: $0) } ?? []
        let others = readers.others(than: Set(ownEdges))
        // What an affine makes of the value and hands to the caller is a reader like any other.
        if others.isEmpty || others.hasOutput { return .networkOutput(producer: producer.name) }
        return .otherReaders(producer: producer.name, readers: others.names, more: others.more)
    }

    private func adjacentReason(_ producer: Layer) -> RefusalReason {
        if case .opaque(let opaque) = producer.operation, let cause = opaque.cause {
            return .opaqueProducer(producer: producer.name, type: opaque.type, cause: cause)
        }
        return .notLinear(producer: producer.name, type: producer.type)
    }

    /// Without weights a reason that lies in numbers is an assumption.
    private func worded(_ reason: RefusalReason) -> RefusalReason {
        !hasNumbers && reason.dependsOnNumbers ? .assumed(reason) : reason
    }
}
