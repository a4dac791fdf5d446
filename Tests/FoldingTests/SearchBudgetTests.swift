import NetGraph
import TestSupport
import Testing

@testable import Folding

/// What becomes of a plan whose search ends before it has tried everything.
@Suite("The budget of a search")
struct SearchBudgetTests {
    private func options(_ work: Int) -> FoldPlanner.Options {
        var options = FoldPlanner.Options()
        options.budget = SearchBudget(work: work, explanation: work)
        return options
    }

    @Test("with any budget a folded net computes what the net did, and has no more affine layers")
    func exact() throws {
        var limited = 0
        var folds = 0
        for seed in 1...UInt64(60) {
            let sketch = RandomNet(seed: seed).sketch()
            for work in [0, 5, 10, 20, 30, 50, 80, 120, 200, 400, 1000, 4000] {
                let verdict = FoldVerdict(sketch, options: options(work))
                try #require(verdict.complaint == nil, "seed \(seed), budget \(work)")
                guard verdict.isLimited else { continue }
                limited += 1
                folds += verdict.foldCount
            }
        }
        // Budgets that end no search, or let nothing fold, would prove nothing.
        #expect(limited > 200)
        #expect(folds > 20)
    }

    @Test("a plan tells the budget that was spent, and nothing where it was enough")
    func told() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.scale(of: sketch.pointwise(of: data, [1, 2]), [3, 4]))
        #expect(try sketch.plan(options(2)).plan.spentWork == 2)
        let plan = try sketch.plan(options(1000)).plan
        #expect(plan.spentWork == nil)
        #expect(plan == (try sketch.plan().plan))
    }

    @Test("what a convolution would have taken stays because the search ended, and for no other reason")
    func reason() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.scale(of: sketch.pointwise(of: data, [1, 2]), [3, 4]))
        #expect(try sketch.reason("scale", in: sketch.plan(options(0)).plan) == .searchEnded)
    }

    @Test("what is near folds, though ways that lead nowhere would take the whole budget")
    func nearFirst() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        for branch in 0..<20 {
            var value = sketch.tanh("tanh\(branch)", of: data)
            for index in 0..<30 { value = sketch.add("drop\(branch)_\(index)", .identity(type: "Dropout"), [value]) }
            sketch.network.outputs.append(sketch.scale("far\(branch)", of: value, [2, 3], [1, 1]))
        }
        sketch.network.outputs.append(sketch.scale("near", of: sketch.pointwise(of: data, [1, 2]), [3, 4]))
        let plan = try sketch.plan(options(3000)).plan
        #expect(plan.spentWork == 3000)
        #expect(plan.folds.map { sketch.names($0.chain) } == [["near"]])
    }

    @Test("a Concat of hundreds of affines hands all of them on at once")
    func wideConcat() throws {
        var sketch = NetworkSketch()
        let count = 300
        let data = sketch.input("data", [1, 1, 4, 4])
        let parts = (0..<count).map { part in
            let value = sketch.add("drop\(part)", .identity(type: "Dropout"), [data])
            return sketch.scale("scale\(part)", of: value, [Double(part + 2)])
        }
        let whole = sketch.add("concat", .concat(axis: 1), parts)
        let weight = sketch.parameter("weight", [Double](repeating: 1, count: count), shape: [1, count, 1, 1])
        let convolution = Convolution(weight: weight, bias: nil, outputChannels: 1, kernel: [1, 1])
        sketch.finish(sketch.add("conv", .convolution(convolution), [whole]))
        let plan = try sketch.plan().plan
        #expect(plan.spentWork == nil)
        #expect(plan.leftovers.isEmpty && plan.refusals.isEmpty)
        #expect(plan.folds.first?.inputAffine?.scale == (0..<count).map { Double($0 + 2) })
    }

    @Test("a Slice with hundreds of affines behind it hands all of them back at once")
    func wideSlice() throws {
        var sketch = NetworkSketch()
        let count = 300
        let conv = sketch.pointwise(of: sketch.input("data", [1, 1, 4, 4]), [Double](repeating: 1, count: count))
        let parts = (0..<count).map { part in
            sketch.network.addValue(Value(name: "part\(part)", shape: TensorShape([1, 1, 4, 4])))
        }
        sketch.network.layers.append(
            Layer(
                id: LayerID(sketch.network.layers.count), name: "slice", operation: .slice(axis: 1, points: []),
                inputs: [conv], outputs: parts))
        for (index, part) in parts.enumerated() {
            sketch.network.outputs.append(sketch.scale("scale\(index)", of: part, [Double(index + 2)]))
        }
        let plan = try sketch.plan().plan
        #expect(plan.spentWork == nil)
        #expect(plan.leftovers.isEmpty && plan.refusals.isEmpty)
        #expect(plan.folds.first?.affine?.scale == (0..<count).map { Double($0 + 2) })
    }
}
