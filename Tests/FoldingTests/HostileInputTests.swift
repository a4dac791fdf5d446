import Folding
import NetGraph
import Testing

@Suite("Networks that no framework would write")
struct HostileInputTests {
    @Test("A Scale of another number of channels than its BatchNorm is not folded with it")
    func channelsOfScale() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let bn = sketch.batchNorm(of: sketch.pointwise(of: data, [1, 1]), mean: [1, 2], variance: [1, 1])
        sketch.finish(sketch.scale(of: bn, [1, 2, 3]))
        let plan = try sketch.plan().plan
        #expect(plan.folds.map { sketch.names($0.chain) } == [["bn"]])
        #expect(sketch.names(plan.refusals.map(\.layer)) == ["scale"])
    }

    @Test("A BatchNorm with another number of variances than means is not folded")
    func channelsOfVariance() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.batchNorm(of: sketch.pointwise(of: data, [1, 1]), mean: [1, 2], variance: [1, 1, 1]))
        #expect(try sketch.plan().plan.folds.isEmpty)
    }

    @Test("A chain whose layers have different numbers of channels is no single Scale")
    func channelsOfLeftover() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 2])
        let bn = sketch.batchNorm(of: data, mean: [1, 2], variance: [1, 1])
        sketch.finish(sketch.scale(of: bn, [1, 2, 3]))
        #expect(try sketch.plan().plan.leftovers.map { sketch.names($0.chain) } == [["bn"]])
    }

    @Test("A BatchNorm of one channel is not spread over four")
    func oneChannelOverFour() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.batchNorm(of: sketch.pointwise(of: data, [1, 1, 1, 1]), mean: [1], variance: [1]))
        #expect(try sketch.plan().plan.folds.isEmpty)
    }

    @Test("A beta that belongs to the BatchNorm passes through the Scale behind it")
    func betaWithoutGamma() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [1])
        let bn = sketch.batchNorm(of: conv, mean: [0], variance: [1], beta: [5], epsilon: 0)
        sketch.finish(sketch.scale(of: bn, [2], [3]))
        #expect(try sketch.folded().numbers("conv") == [[2], [13]])
    }

    @Test("A float64 bias that overflows prevents the fold")
    func doubleBias() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [1], bias: [1e300], .float64)
        sketch.finish(sketch.scale(of: conv, [1e10], nil, .float64))
        #expect(try sketch.reason("scale") == .overflow(producer: "conv"))
    }

    @Test("A factor whose product with the one before overflows in double precision stays behind")
    func doubleFactors() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [1], .float64)
        let first = sketch.scale("first", of: conv, [1e300], nil, .float64)
        sketch.finish(sketch.scale("second", of: first, [1e300], nil, .float64))
        let plan = try sketch.plan().plan
        #expect(plan.folds.map { sketch.names($0.chain) } == [["first"]])
        #expect(plan.refusals.map(\.reason) == [.overflow(producer: "second")])
    }

    @Test("Statistics without numbers are an error of the store")
    func missingNumbers() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.scale(of: sketch.pointwise(of: data, [1]), [1]))
        sketch.weights.tensors = [:]
        #expect(throws: WeightError.self) { try sketch.plan() }
    }

    @Test("Statistics of unknown shape are an error")
    func unknownShape() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.scale(of: sketch.pointwise(of: data, [1]), [1]))
        for index in sketch.network.parameters.indices { sketch.network.parameters[index].shape = nil }
        #expect(throws: WeightError.self) { try sketch.plan() }
    }

    @Test("A plan for another network changes nothing that it does not know")
    func foreignPlan() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.scale(of: sketch.pointwise(of: data, [1]), [1]))
        let plan = try sketch.plan().plan
        #expect(plan.applied(to: Network()).network == Network())
    }

    @Test("An epsilon that is smaller than any Float of full precision does not trap")
    func tinyEpsilon() async {
        await #expect(processExitsWith: .success) {
            var sketch = NetworkSketch()
            let data = sketch.input()
            let conv = sketch.pointwise(of: data, [1, 1])
            sketch.finish(sketch.batchNorm(of: conv, mean: [1, 1], variance: [0, 1], epsilon: 1e-40))
            _ = try sketch.plan()
        }
    }

    @Test("A BatchNorm without an input does not trap")
    func noInput() async {
        await #expect(processExitsWith: .success) {
            var sketch = NetworkSketch()
            let mean = sketch.parameter("mean", [1])
            let variance = sketch.parameter("variance", [1])
            sketch.finish(sketch.add("bn", .batchNorm(BatchNorm(mean: mean, variance: variance)), []))
            _ = try sketch.plan()
        }
    }

    @Test("A weight whose element count overflows does not trap")
    func hugeWeight() async {
        await #expect(processExitsWith: .success) {
            var sketch = NetworkSketch()
            let data = sketch.input()
            let conv = sketch.pointwise(of: data, [1, 1])
            sketch.finish(sketch.scale(of: conv, [2, 3]))
            sketch.network.parameters[0].shape = [2, 1 << 40, 1 << 40, 1]
            _ = try sketch.plan().plan.applied(to: sketch.network)
        }
    }

    @Test("A weight that its layer's channels do not divide does not trap")
    func oddWeight() async {
        await #expect(processExitsWith: .success) {
            var sketch = NetworkSketch()
            let data = sketch.input()
            let weight = sketch.parameter("weight", [1, 2, 3], shape: [3])
            let convolution = Convolution(weight: weight, bias: nil, outputChannels: 2, kernel: [1])
            let conv = sketch.add("conv", .convolution(convolution), [data])
            sketch.finish(sketch.scale(of: conv, [2, 3]))
            let result = try sketch.folded()
            guard let first = result.operation("conv")?.parameters.first else { return }
            _ = try? result.weights.slice(first, 0..<3, as: Float.self)
        }
    }
}
