import Folding
import NetGraph
import Testing

@Suite("Plans")
struct PlanTests {
    /// `data - conv - bn - scale - tanh - bn2 - output`, with a refused Scale of two inputs beside it.
    private func mixed() -> NetworkSketch {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1, 4, 4])
        let conv = sketch.pointwise(of: data, [1, 2], bias: [3, 4])
        let bn = sketch.batchNorm(of: conv, mean: [1, 2], variance: [3, 4])
        let scale = sketch.scale(of: bn, [5, 6], [7, 8])
        let tanh = sketch.tanh(of: scale)
        let second = sketch.batchNorm("second", of: tanh, mean: [1, 2], variance: [3, 4])
        let gate = sketch.input("gate")
        sketch.finish(sketch.add("gated", .scale(Scale(gamma: nil, beta: nil)), [second, gate]))
        return sketch
    }

    @Test("A network without affine layers gives an empty plan")
    func nothing() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.relu(of: sketch.pointwise(of: data, [1])))
        #expect(try sketch.plan().plan == FoldPlan())
    }

    @Test("An empty network gives an empty plan")
    func emptyNetwork() throws {
        #expect(try NetworkSketch().plan().plan == FoldPlan())
    }

    @Test("An empty plan changes nothing")
    func emptyPlan() {
        let sketch = mixed()
        let folded = FoldPlan().applied(to: sketch.network)
        #expect(folded.network == sketch.network)
        #expect(folded.recipes.isEmpty)
    }

    @Test("A plan of refusals alone is empty")
    func refusalsAlone() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.scale(of: data, [2]))
        let plan = try sketch.plan().plan
        #expect(plan.refusals.count == 1 && plan.isEmpty)
    }

    @Test("Fold, leftover and refusal stand side by side in one plan")
    func everyAnswer() throws {
        let sketch = mixed()
        let plan = try sketch.plan().plan
        #expect(plan.folds.map { sketch.names($0.chain) } == [["bn", "scale"]])
        #expect(plan.folds.map(\.target) == [sketch.layer("conv")])
        #expect(plan.leftovers.map { sketch.names($0.chain) } == [["second"]])
        #expect(plan.refusals.map(\.reason) == [.secondInput])
    }

    @Test("The linear layer writes the chain's last value after a fold")
    func lastValue() throws {
        let sketch = mixed()
        let result = try sketch.folded()
        let scale = sketch.network.layers.first { $0.name == "scale" }
        #expect(result.network.layers.first { $0.name == "conv" }?.outputs == scale?.outputs)
        #expect(result.layerNames == ["data", "conv", "tanh", "second", "gate", "gated"])
    }

    @Test("Planning a folded network proposes nothing")
    func idempotent() throws {
        let result = try mixed().folded()
        let (plan, findings) = try FoldPlanner(result.network).plan(weights: result.weights)
        #expect(plan.isEmpty)
        #expect(findings.isEmpty)
    }

    @Test("Planning a folded network without weights proposes nothing")
    func idempotentWithoutWeights() throws {
        #expect(FoldPlanner(try mixed().folded().network).plan().isEmpty)
    }

    @Test("A plan without weights is the plan with weights, without its numbers")
    func withoutWeights() throws {
        let sketch = mixed()
        var expected = try sketch.plan().plan
        for index in expected.folds.indices {
            expected.folds[index].affine = nil
            expected.folds[index].bias = nil
        }
        for index in expected.leftovers.indices {
            expected.leftovers[index].affine = nil
            expected.leftovers[index].forwardReason = expected.leftovers[index].forwardReason.map { .assumed($0) }
        }
        #expect(FoldPlanner(sketch.network).plan() == expected)
    }

    @Test("A plan without weights gives a network of the same structure")
    func structureWithoutWeights() throws {
        let sketch = mixed()
        let bare = FoldPlanner(sketch.network).plan().applied(to: sketch.network).network
        #expect(NetworkStructure(bare) == NetworkStructure(try sketch.folded().network))
    }

    @Test("Planning twice gives the same plan")
    func deterministic() throws {
        let sketch = mixed()
        #expect(try sketch.plan().plan == sketch.plan().plan)
    }

    @Test("Applying leaves every parameter of the network before where it was")
    func originalParametersStay() throws {
        let sketch = mixed()
        let result = try sketch.folded()
        #expect(Array(result.network.parameters.prefix(sketch.network.parameters.count)) == sketch.network.parameters)
        #expect(result.folded.recipes.keys.allSatisfy { $0.index >= sketch.network.parameters.count })
    }

    @Test("A convolution without a bias gets one with an entry for each output channel")
    func newBias() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.scale(of: sketch.pointwise(of: data, [1, 2]), [1, 2], [3, 4]))
        let result = try sketch.folded()
        let bias = try #require(result.operation("conv")?.parameters.last)
        #expect(result.network[bias].shape == [2])
        #expect(try result.numbers("conv")[1] == [3, 4])
    }

    @Test("A target that is told to overflow keeps its weights, and its chain becomes a Scale")
    func overflowingTarget() throws {
        let sketch = mixed()
        var options = FoldPlanner.Options()
        options.overflowingTargets = try [#require(sketch.layer("conv"))]
        let plan = try sketch.plan(options).plan
        #expect(plan.folds.isEmpty)
        #expect(plan.leftovers.map { sketch.names($0.chain) } == [["bn", "scale"], ["second"]])
    }
}

@Suite("Affines per channel")
struct ChannelAffineTests {
    private func affine(_ build: (inout NetworkSketch, ValueID) -> ValueID) throws -> ChannelAffine {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [1, 1])
        sketch.finish(build(&sketch, conv))
        return try #require(try sketch.plan().plan.folds.first?.affine)
    }

    @Test("BatchNorm keeps mean and beta apart, so that nothing cancels")
    func form() throws {
        let affine = try affine { sketch, conv in
            let bn = sketch.batchNorm(of: conv, mean: [6, 8], variance: [8, 32], factor: 2, epsilon: 0)
            return sketch.scale(of: bn, [1, 2], [3, 4])
        }
        #expect(affine.scale == [0.5, 0.5])
        #expect(affine.center == [3, 4])
        #expect(affine.offset == [3, 4])
        #expect(affine.shift == [1.5, 2])
    }

    @Test("Two affines make one: the second after the first")
    func followed() throws {
        let first = try affine { sketch, conv in sketch.scale(of: conv, [2, 3], [1, 1]) }
        let second = try affine { sketch, conv in sketch.scale(of: conv, [10, 100], [5, 6]) }
        let both = try #require(first.followed(by: second))
        #expect(both.scale == [20, 300])
        #expect(both.shift == [15, 106])
    }

    @Test("An affine of two channels does not spread over three")
    func mismatch() throws {
        let two = try affine { sketch, conv in sketch.scale(of: conv, [2, 3]) }
        #expect(two.expanded(to: 3) == nil)
    }
}
