import NetGraph

/// Looks for the placement of the lowest cost.
///
/// An attempt takes one affine and pushes it through the layer before it, or through all layers behind it, and what that puts before other layers on
/// in the same way, to the end. Where a layer has several inputs its parts go on one by one, and each goes only as far as that pays: as long as a value with
/// other readers ends them, the ways back form a tree, so the choices do not depend on each other. Where ways ended so, one more attempt pushes them all to
/// the end, for branches that part from one value may bring it the same affine. What does not lower the cost is undone.
///
/// Attempts follow each other until none lowers the cost any more. The cost is three numbers that never are negative, compared one after the other, so
/// the search ends. That it ends soon is seen to by a `SearchBudget`: when that is spent the search begins anew with short attempts first.
struct PlanSearch {
    private(set) var placement: Placement
    /// Whether the budget was spent before no attempt lowered the cost any more.
    private(set) var isLimited = false
    let settings: PlanningSettings
    private let budget: SearchBudget
    /// Most nets never ask for it.
    private lazy var sinks = PartSinks(placement.graph, functions: placement.originalFunctions, settings: settings)
    /// Roots in the order of the layers that write them.
    private let roots: [ValueID]
    /// Whether an attempt came to a value that others read who did not have the same affine before them.
    private var meetsOtherReaders = false
    /// Whether an attempt takes along, forward through a layer, all that lies before its inputs.
    private var movesTogether = false
    /// Layers, by position, for which that was tried in this round.
    private var triedTogether: Set<Int> = []
    /// The work that one attempt may take; `nil` for any.
    private var attemptLimit: Int?
    /// The work at which the attempt that runs ends.
    private var attemptEnd = Int.max
    /// What an attempt in the same state ended at, by what it had still to push: it would end there again.
    private var failures: [UInt64: PlanCost] = [:]

    /// What an attempt has to push on.
    enum Task: Equatable {
        case back(ValueID)
        case forward(ValueID, Placement.Group.Key)
        /// Forward through a sum or a product, and back to another of its inputs.
        case across(ValueID, Placement.Group.Key, input: Int)
    }

    /// One push, and what it brought up.
    private struct Frame {
        var mark: Placement.Mark
        var costBefore: PlanCost
        var pending: [Task]
        /// Stands for the placement after the push and what is to be pushed on.
        var state: UInt64 = 0
    }

    init(_ graph: PlanningGraph, settings: PlanningSettings, budget: SearchBudget? = nil) {
        placement = Placement(graph, settings: settings)
        self.settings = settings
        self.budget = budget ?? SearchBudget(graph)
        roots = graph.passable.flatMap { graph.network.layers[$0].outputs }
    }

    /// What an attempt has to gain.
    private enum Goal {
        case fewerLayers
        case lowerCost
    }

    private var isSpent: Bool { placement.work > budget.work }

    /// First what leaves fewer layers: what only saves work might stand in its way.
    ///
    /// When the budget is spent, all affines are put back, and as much work again goes to attempts of growing length: so what is near is found
    /// for all of them before what is far for any.
    mutating func run() {
        guard settings.reach != .none else { return }
        while round(.fewerLayers) || round(.lowerCost) {}
        guard isSpent else { return }
        isLimited = true
        placement = Placement(placement.graph, settings: settings)
        for limit in SearchBudget.attemptLimits where !isSpent {
            attemptLimit = limit
            while round(.fewerLayers) || round(.lowerCost) {}
        }
    }

    /// One attempt with each affine in each direction.
    ///
    /// - Returns: whether one was kept, and there may be another round.
    private mutating func round(_ goal: Goal) -> Bool {
        var isBetter = false
        triedTogether.removeAll()
        placement.charge(roots.count)
        for root in roots where placement.commonFunction(of: root) != nil {
            if attempt(.back(root), goal) { isBetter = true }
            if isSpent { return false }
        }
        guard settings.allowsForward else { return isBetter }
        for root in roots.reversed() {
            for group in placement.groups(of: root) where group.key.function != nil {
                if attemptTogether(root, group, goal) || attempt(.forward(root, group.key), goal) { isBetter = true }
                for input in inputsAcross(group) where attempt(.across(root, group.key, input: input), goal) {
                    isBetter = true
                    break
                }
                if isSpent { return false }
            }
        }
        return isBetter
    }

    /// Tries to move all affines at once that lie before the inputs of a layer with many: one by one each would cost as much as all of them do.
    private mutating func attemptTogether(_ root: ValueID, _ group: Placement.Group, _ goal: Goal) -> Bool {
        guard let edge = group.edges.first, case .layer(let position, _) = placement.graph.edges[edge].reader,
            placement.graph.edgesOfInputs[position].count > Placement.narrow,
            triedTogether.insert(position).inserted
        else { return false }
        placement.charge(placement.graph.edgesOfInputs[position].count)
        movesTogether = true
        defer { movesTogether = false }
        return attempt(.forward(root, group.key), goal)
    }

    /// Tries to move the whole of an affine, its factors, and its shifts, and keeps what is best. When one linear layer takes the whole no part can do
    /// better: the other part would be left.
    private mutating func attempt(_ task: Task, _ goal: Goal) -> Bool {
        let before = placement.cost
        var best: (part: AffinePart, isFlood: Bool, cost: PlanCost)?
        meetsOtherReaders = false
        for part in parts(of: task) {
            follow(task, part)
            if placement.cost < best?.cost ?? before { best = (part, false, placement.cost) }
            if part == .both, isTaken(task), placement.cost.layers < before.layers {
                placement.commit()
                return true
            }
            placement.rollback(to: placement.committed)
            if isSpent { return false }
        }
        if meetsOtherReaders, case .back(let root) = task {
            for part in parts(of: task) {
                flood(from: root, part)
                if placement.cost < best?.cost ?? before { best = (part, true, placement.cost) }
                placement.rollback(to: placement.committed)
                if isSpent { return false }
            }
        }
        guard let best, goal == .lowerCost || best.cost.layers < before.layers else { return false }
        if best.isFlood, case .back(let root) = task {
            flood(from: root, best.part)
        } else {
            follow(task, best.part)
        }
        // The budget may have been spent on the way.
        guard placement.cost < before else {
            placement.rollback(to: placement.committed)
            return false
        }
        placement.commit()
        return true
    }

    /// Whether the linear layer before the root of a task took all that lay there.
    private func isTaken(_ task: Task) -> Bool {
        guard case .back(let root) = task, let position = placement.graph.producer(of: root),
            LinearLayer(placement.graph.network.layers[position].operation) != nil
        else { return false }
        return placement.graph.edgesOfRoot[root.index].allSatisfy { placement.items[$0] == nil }
    }

    /// Pushes back as far as anything goes, latest layer first, so that what was pushed through branches that part from one value meets there.
    private mutating func flood(from root: ValueID, _ part: AffinePart) {
        begin()
        var open = FloodQueue()
        for task in push(.back(root), part)?.pending ?? [] { enter(task, into: &open) }
        while let root = open.popLatest() {
            let task = Task.back(root)
            for reached in push(task, preferredPart(of: task))?.pending ?? [] { enter(reached, into: &open) }
        }
    }

    private func enter(_ task: Task, into queue: inout FloodQueue) {
        guard case .back(let root) = task else { return }
        queue.insert(root, position: placement.graph.producer(of: root) ?? -1)
    }

    /// Pushes to the end; what does not lower the cost is undone.
    private mutating func follow(_ task: Task, _ part: AffinePart) {
        begin()
        var frames: [Frame] = []
        if let frame = push(task, part) { frames.append(frame) }
        while var top = frames.popLast() {
            if let next = top.pending.popLast() {
                frames.append(top)
                guard let frame = push(next, preferredPart(of: next)) else { continue }
                // Branches that meet again lead to one state many times.
                if let end = failures[frame.state], !(end < frame.costBefore) {
                    placement.rollback(to: frame.mark)
                } else {
                    frames.append(frame)
                }
            } else if !(placement.cost < top.costBefore) {
                failures[top.state] = placement.cost
                placement.rollback(to: top.mark)
            }
        }
    }

    private mutating func begin() {
        failures.removeAll(keepingCapacity: true)
        attemptEnd = attemptLimit.map { placement.work + $0 } ?? .max
    }

    /// Whether there is work left for a push. One that would take all that is left of the budget spends it.
    private mutating func mayPush(
        through positions: [Int], _ direction: FoldDirection, _ function: Int?, sources: Int
    ) -> Bool {
        if isSpent { return false }
        var effort = 0
        for position in positions {
            effort += placement.effort(through: position, direction, function: function, sources: sources)
        }
        if attemptLimit != nil, placement.work + effort > attemptEnd { return false }
        if placement.work + effort > budget.work {
            placement.charge(effort)
            return false
        }
        return true
    }

    /// One push; `nil` when nothing moves.
    private mutating func push(_ task: Task, _ part: AffinePart) -> Frame? {
        var frame = Frame(mark: placement.mark, costBefore: placement.cost, pending: [])
        switch task {
        case .back(let root):
            guard let function = placement.commonFunction(of: root) else {
                meetsOtherReaders = true
                return nil
            }
            guard let position = placement.graph.producer(of: root),
                !settings.isOnlyAdjacent || placement.graph.isAdjacentTaker(position),
                mayPush(through: [position], .backward, function, sources: placement.sourceCount(before: root))
            else { return nil }
            let move = placement.pushBack(
                through: position, part, settings: settings, preferring: preferredInput(at: position))
            guard let move, move.isMove else { break }
            frame.pending = move.reached.reversed().map { .back($0) }
            frame.state = state(of: frame.pending)
            return frame
        case .forward(let root, let key):
            guard let reached = pushForward(from: root, key, part) else { break }
            frame.pending = reached.reversed().flatMap { output in
                placement.groups(of: output).filter { $0.key.function != nil }.map { .forward(output, $0.key) }
            }
            frame.state = state(of: frame.pending)
            return frame
        case .across(let root, let key, let input):
            guard let reader = placement.group(of: root, key)?.edges.first,
                case .layer(let position, _) = placement.graph.edges[reader].reader,
                pushForward(from: root, key, part) != nil
            else { break }
            let move = placement.pushBack(
                through: position, placement.graph.network.layers[position].partOfOneInput ?? .both,
                settings: settings, preferring: input)
            guard let move, move.isMove else { break }
            frame.pending = move.reached.reversed().map { .back($0) }
            frame.state = state(of: frame.pending)
            return frame
        }
        placement.rollback(to: frame.mark)
        return nil
    }

    /// A number for the placement and what is to be pushed on, the same on every run.
    private func state(of pending: [Task]) -> UInt64 {
        pending.reduce(placement.fingerprint) { hash, task in
            switch task {
            case .back(let root): hash.mixed(with: UInt64(root.index) << 2)
            case .forward(let root, let key), .across(let root, let key, _):
                hash.mixed(with: UInt64(root.index) << 2 | 1).mixed(with: UInt64(key.rank)).mixed(
                    with: UInt64((key.function ?? -1) + 1))
            }
        }
    }

    /// Pushes an affine through all of its readers; `nil` when one of them takes nothing.
    private mutating func pushForward(
        from root: ValueID, _ key: Placement.Group.Key, _ part: AffinePart
    ) -> [ValueID]? {
        guard let group = placement.group(of: root, key) else { return nil }
        placement.charge(group.edges.count)
        var reached: [ValueID] = []
        var readers: [Int] = []
        for edge in group.edges {
            guard case .layer(let position, _) = placement.graph.edges[edge].reader else { return nil }
            if readers.last != position { readers.append(position) }
        }
        var sources = group.edges.first.flatMap { placement.items[$0]?.sources.count } ?? 0
        if movesTogether, let position = readers.first { sources *= placement.graph.edgesOfInputs[position].count }
        guard mayPush(through: readers, .forward, key.function, sources: sources) else { return nil }
        for position in readers {
            let inputs = placement.graph.edgesOfInputs[position]
            let own = inputs.map { $0.map { group.contains($0) } ?? false }
            var all = own
            for (index, edge) in inputs.enumerated() {
                if let edge, placement.items[edge] != nil { all[index] = true }
            }
            var moved: Placement.Move?
            let offers = own == all ? [own] : movesTogether ? [all] : [own, all]
            for offered in offers where moved?.isMove != true {
                moved = placement.pushForward(through: position, offered: offered, part, settings: settings)
                if moved == nil { return nil }
            }
            guard let moved, moved.isMove else { return nil }
            reached += moved.reached
        }
        return reached
    }

    // MARK: What to try

    /// The parts of an affine that are worth an attempt each.
    private func parts(of task: Task) -> [AffinePart] {
        guard let affine = affine(of: task) else { return [] }
        if case .across(let root, let key, _) = task {
            let reader = placement.group(of: root, key)?.edges.first
            guard let reader, case .layer(let position, _) = placement.graph.edges[reader].reader,
                let part = placement.graph.network.layers[position].partOfOneInput
            else { return [] }
            return [part]
        }
        return affine.hasUnitScale || affine.hasNoShift ? [.both] : [.both, .scale, .shift]
    }

    /// The part of an affine that has a place to go to; all of it when that is not certain.
    private mutating func preferredPart(of task: Task) -> AffinePart {
        guard let affine = affine(of: task), !affine.hasUnitScale, !affine.hasNoShift else { return .both }
        let ends: [PartSinks.Parts]
        switch task {
        case .back(let root): ends = [sinks.behind[root.index]]
        case .forward(let root, let key), .across(let root, let key, _):
            ends = placement.group(of: root, key)?.edges.map { sinks.before[$0] } ?? []
        }
        let takesScale = ends.allSatisfy { affine.keepsSigns ? $0.positiveScale : $0.anyScale }
        let takesShift = ends.allSatisfy(\.shift)
        if takesScale == takesShift { return .both }
        return takesScale ? .scale : .shift
    }

    /// The other inputs of a sum or a product that a group's only reader is: those that hold an affine already, and the one where it would end.
    private mutating func inputsAcross(_ group: Placement.Group) -> [Int] {
        guard group.edges.count == 1, case .layer(let position, let own) = placement.graph.edges[group.edges[0]].reader,
            placement.graph.network.layers[position].partOfOneInput != nil
        else { return [] }
        placement.charge(placement.graph.edgesOfInputs[position].count)
        return placement.graph.edgesOfInputs[position].indices.filter { input in
            guard input != own, let edge = placement.graph.edgesOfInputs[position][input] else { return false }
            return placement.items[edge] != nil || sinks.preferredInputs[position] == input
        }
    }

    private func affine(of task: Task) -> ChannelAffine? {
        switch task {
        case .back(let root): placement.commonFunction(of: root).map { placement.table[$0] }
        case .forward(_, let key), .across(_, let key, _): key.function.map { placement.table[$0] }
        }
    }

    /// The input for what only one input takes: one where it ends, else one where an affine lies already.
    private mutating func preferredInput(at position: Int) -> Int? {
        guard placement.graph.edgesOfInputs[position].count > 1 else { return nil }
        if let input = sinks.preferredInputs[position] { return input }
        return placement.graph.edgesOfInputs[position].firstIndex { $0.map { placement.items[$0] != nil } ?? false }
    }
}

extension Layer {
    /// The part of an affine that exactly one input has to take when it goes back.
    var partOfOneInput: AffinePart? {
        switch operation.combination(inputCount: inputs.count)?.combination {
        case .sum: .shift
        case .product: .scale
        case .maximum, nil: nil
        }
    }
}
