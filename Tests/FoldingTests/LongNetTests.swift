import Folding
import NetGraph
import Testing

/// Nets in which a careless planner would look at more ways than there are layers. Each test ends soon or never.
@Suite("Long nets")
struct LongNetTests {
    @Test("branches that part and meet again many times are passed once each")
    func diamonds() throws {
        var sketch = NetworkSketch()
        var value = sketch.pointwise(of: sketch.input(), [1, 2])
        for index in 0..<200 {
            let left = sketch.add("left\(index)", .identity(type: "Dropout"), [value])
            let right = sketch.add("right\(index)", .identity(type: "Dropout"), [value])
            let sum = Operation.eltwise(Eltwise(combination: .sum, coefficients: [0.5, 0.5]))
            value = sketch.add("sum\(index)", sum, [left, right])
        }
        sketch.finish(sketch.scale(of: value, [3, -4]))
        let folded = try sketch.folded()
        #expect(folded.plan.leftovers.isEmpty && folded.plan.refusals.isEmpty)
        let numbers = try folded.numbers("conv")
        #expect(numbers == [[3, -8]])
        #expect(folded.plan.folds.map { sketch.names($0.chain) } == [["scale"]])
    }

    @Test("many affines that nothing takes behind a long way are each told once")
    func blocked() throws {
        var sketch = NetworkSketch()
        let input = sketch.input()
        for branch in 0..<20 {
            var value = input
            for index in 0..<30 { value = sketch.add("drop\(branch)_\(index)", .identity(type: "Dropout"), [value]) }
            value = sketch.scale("scale\(branch)", of: value, [2, 3], [1, 1])
            for index in 0..<30 { value = sketch.add("late\(branch)_\(index)", .identity(type: "Dropout"), [value]) }
            sketch.network.outputs.append(sketch.tanh("tanh\(branch)", of: value))
        }
        let plan = try sketch.plan().plan
        #expect(plan.folds.isEmpty && plan.refusals.count == 20)
    }
}
