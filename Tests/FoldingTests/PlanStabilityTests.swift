import NetGraph
import Testing

@testable import Folding

@Suite("The same net, the same plan")
struct PlanStabilityTests {
    @Test("A net planned twice gives the same plan, with weights and without")
    func twice() throws {
        for seed in 1...UInt64(40) {
            let sketch = RandomNet(seed: seed).sketch()
            let again = RandomNet(seed: seed).sketch()
            #expect(try sketch.plan().plan == again.plan().plan, "seed \(seed)")
            #expect(FoldPlanner(sketch.network).plan() == FoldPlanner(again.network).plan(), "seed \(seed)")
        }
    }

    @Test("A net whose layers are listed in another valid order gets a plan of the same cost")
    func otherOrder() throws {
        var differentOrders = 0
        for seed in 1...UInt64(40) {
            let sketch = RandomNet(seed: seed).sketch()
            var random = SeededNumbers(seed: seed)
            let shuffled = sketch.shuffled(using: &random)
            if shuffled.network.layers != sketch.network.layers { differentOrders += 1 }
            #expect(try shuffled.planCost() == sketch.planCost(), "seed \(seed)")
        }
        #expect(differentOrders > 20)
    }

    @Test("A net whose layers are listed in another valid order computes what it did after its fold")
    func otherOrderExact() throws {
        for seed in 1...UInt64(40) {
            var random = SeededNumbers(seed: seed)
            let shuffled = RandomNet(seed: seed).sketch().shuffled(using: &random)
            #expect(FoldVerdict(shuffled).complaint == nil, "seed \(seed)")
        }
    }
}

extension NetworkSketch {
    /// The same layers in a random order in which each still reads what earlier ones write.
    fileprivate func shuffled(using random: inout SeededNumbers) -> NetworkSketch {
        var result = self
        result.network.layers = []
        var waiting = network.layers
        var written: Set<ValueID> = []
        while !waiting.isEmpty {
            let ready = waiting.indices.filter { written.isSuperset(of: waiting[$0].inputs) }
            guard let next = ready.randomElement(using: &random) else { break }
            written.formUnion(waiting[next].outputs)
            result.network.layers.append(waiting.remove(at: next))
        }
        return result
    }

    /// The layers that are left and their work.
    fileprivate func planCost() throws -> [Int] {
        let cost = try searchedPlacement().cost
        return [cost.layers, cost.work]
    }
}
