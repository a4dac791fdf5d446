import NetGraph

@testable import Folding

/// Tries every order of moves on a small net and finds the lowest cost that any of them reaches.
///
/// A move is what the planner's search is made of: the whole of an affine, its factors or its shifts through one layer, backward or forward, whatever that
/// costs for the moment. Placements that were seen are not looked at again.
struct ExhaustiveSearch {
    private(set) var best: PlanCost
    private(set) var stateCount = 0
    /// Whether all placements were looked at.
    private(set) var isComplete = true

    /// What lies where, whatever way it came; the layers that took something count as edits.
    private struct State: Hashable {
        var functions: [Int?]
        var takers: [Int]
    }

    private var placement: Placement
    private let settings: PlanningSettings
    private let limit: Int
    private var seen: Set<State> = []

    init(_ graph: PlanningGraph, settings: PlanningSettings, limit: Int) {
        placement = Placement(graph)
        self.settings = settings
        self.limit = limit
        best = placement.cost
        explore()
    }

    /// Looks at the placement, and at all that a move leads to. One placement is changed and restored, so that equal affines have one number throughout.
    private mutating func explore() {
        guard isComplete, seen.insert(Self.state(of: placement)).inserted else { return }
        stateCount += 1
        best = min(best, placement.cost)
        guard stateCount < limit else {
            isComplete = false
            return
        }
        let graph = placement.graph
        for position in graph.passable {
            let edges = graph.edgesOfInputs[position]
            let offers = Self.choices(edges.map { $0.map { placement.items[$0] != nil } ?? false })
            let isOnOutput = graph.network.layers[position].outputs.contains { placement.commonItem(of: $0) != nil }
            if !isOnOutput, offers.isEmpty { continue }
            let inputs = Self.choosesInput(graph.network.layers[position].operation) ? edges.indices.map(\.self) : []
            for part in [AffinePart.both, .scale, .shift] {
                for input in isOnOutput ? inputs.map(Optional.some) + [nil] : [] {
                    follow { [settings] in
                        $0.pushBack(through: position, part, settings: settings, preferring: input)
                    }
                }
                for offered in offers {
                    follow { [settings] in
                        $0.pushForward(through: position, offered: offered, part, settings: settings)
                    }
                }
            }
        }
    }

    /// Whether something goes to one input alone.
    private static func choosesInput(_ operation: Operation) -> Bool {
        switch operation {
        case .eltwise, .scale: true
        default: false
        }
    }

    private mutating func follow(_ push: (inout Placement) -> Placement.Move?) {
        let mark = placement.mark
        if let move = push(&placement), move.isMove { explore() }
        placement.undo(to: mark)
    }

    private static func state(of placement: Placement) -> State {
        State(
            functions: placement.items.map { $0?.function },
            takers: Set(placement.takenBehind.keys).union(placement.takenBefore.keys).sorted())
    }

    /// Every choice of some inputs among those that may be chosen.
    private static func choices(_ possible: [Bool]) -> [[Bool]] {
        possible.reduce([[]]) { lists, isPossible in
            lists.flatMap { list in (isPossible ? [false, true] : [false]).map { list + [$0] } }
        }.filter { $0.contains(true) }
    }
}
