import Foundation
import NetGraph
import Testing

@testable import Folding

/// How many small nets are searched: BNFOLD_SMALL_NETS sets it.
private let netCount = ProcessInfo.processInfo.environment["BNFOLD_SMALL_NETS"].flatMap { Int($0) } ?? 100

@Suite("The plan against all plans", .serialized)
struct ExhaustiveSearchTests {
    @Test("No order of moves leaves fewer affine layers on small random nets, and hardly ever less work")
    func nothingBetter() throws {
        var complete = 0
        var withAffines = 0
        var withMoreWork = 0
        for seed in 1...UInt64(netCount) {
            let net = RandomNet(seed: seed, steps: 4...8, isPlain: true)
            guard let costs = try Self.costs(net) else { continue }
            complete += 1
            if costs.start.layers > 1 { withAffines += 1 }
            if costs.best.work < costs.found.work { withMoreWork += 1 }
            guard Self.isWorse(costs) else { continue }
            let small = net.shrunk { ((try? Self.costs($0)) ?? nil).map(Self.isWorse) ?? false }
            Issue.record(
                "seed \(seed): \(String(describing: try Self.costs(small)))\n\(FoldVerdict.description(of: small))")
            return
        }
        // What would have to move at the same cost in several places first, before anything is gained, is not found.
        #expect(withMoreWork * 20 < complete, "\(withMoreWork) of \(complete)")
        #expect(complete * 10 > netCount * 6)
        #expect(withAffines * 3 > netCount)
    }

    private struct Costs {
        var start: PlanCost
        var found: PlanCost
        var best: PlanCost
    }

    private static func isWorse(_ costs: Costs) -> Bool {
        costs.best.layers < costs.found.layers
    }

    /// `nil` for a net with too many placements.
    private static func costs(_ net: RandomNet) throws -> Costs? {
        let graph = try net.sketch().planningGraph()
        var search = PlanSearch(graph, settings: PlanningSettings())
        let start = search.placement.cost
        search.run()
        let all = ExhaustiveSearch(graph, settings: PlanningSettings(), limit: 400)
        return all.isComplete ? Costs(start: start, found: search.placement.cost, best: all.best) : nil
    }
}
