import Folding
import NetGraph
import Testing

@Suite("How far affines may go, and layers that may take nothing")
struct PlanningOptionsTests {
    private let factors = [0.5, 2, 0.25, 3]
    private let shifts = [1.0, 2, 3, 4]

    private func options(_ reach: FoldReach) -> FoldPlanner.Options {
        var options = FoldPlanner.Options()
        options.reach = reach
        return options
    }

    private let maximum = Operation.pooling(Pooling(method: .max, kernel: [2, 2], stride: [1, 1], pad: [0, 0]))

    // MARK: Reach

    @Test(
        "Whatever the reach, an affine directly behind a convolution folds into it",
        arguments: [FoldReach.wholeGraph, .backward, .adjacent])
    func directlyBehind(reach: FoldReach) throws {
        var sketch = NetworkSketch()
        let conv = try sketch.convolution(of: sketch.input("data", [2, 3, 3, 3]))
        sketch.finish(PassingAffine.batchNormScale.add(to: &sketch, reading: conv))
        let outcome = try sketch.outcome(options(reach))
        #expect(outcome.left == [])
    }

    @Test(
        "Backward, an affine passes a pooling to the convolution before it",
        arguments: [FoldReach.wholeGraph, .backward])
    func throughPooling(reach: FoldReach) throws {
        #expect(try behindPooling().outcome(options(reach)).left == [])
    }

    @Test("Adjacent, nothing passes a pooling, and that is the reason")
    func adjacentPooling() throws {
        let outcome = try behindPooling().outcome(options(.adjacent))
        #expect(outcome.left == ["Scale"])
        #expect(outcome.takers == [])
        #expect(outcome.reasons == [.notLinear(producer: "pool", type: "Pooling")])
        #expect(outcome.forwardReasons == [])
    }

    /// `convolution - MAX pooling - affine`
    private func behindPooling() throws -> NetworkSketch {
        var sketch = NetworkSketch()
        let conv = try sketch.convolution(of: sketch.input("data", [2, 3, 3, 3]))
        sketch.finish(sketch.affine(of: try sketch.append("pool", maximum, conv), factors, shifts))
        return sketch
    }

    @Test("Where nothing is to be taken, layers that read one another become one")
    func merging() throws {
        var sketch = NetworkSketch()
        let conv = try sketch.convolution(of: sketch.input("data", [2, 3, 3, 3]))
        let normalized = PassingAffine.batchNormScale.add(to: &sketch, reading: conv)
        sketch.finish(try sketch.append("pool", maximum, normalized))
        let outcome = try sketch.outcome(options(.none))
        #expect(outcome.left == ["Scale"])
        #expect(outcome.takers == [])
        #expect(outcome.reasons == [.onlyMerged])
        #expect(outcome.forwardReasons == [])
    }

    @Test("Where nothing is to be taken, what several layers read is not merged into each of them")
    func mergingJunctions() throws {
        var sketch = NetworkSketch()
        let input = sketch.input("data", [2, 4, 3, 3])
        let joint = sketch.affine("joint", of: input, factors, shifts)
        sketch.finish(
            sketch.affine("first", of: joint, factors, shifts), sketch.affine("second", of: joint, shifts, factors))
        #expect(try sketch.outcome(options(.none)).left.count == 3)
    }

    @Test(
        "Only with the whole graph an affine folds into the convolution behind it",
        arguments: [FoldReach.backward, .adjacent])
    func notForward(reach: FoldReach) throws {
        var sketch = NetworkSketch()
        let affine = sketch.affine(of: sketch.input("data", [2, 4, 3, 3]), factors, shifts)
        sketch.finish(try sketch.convolution(of: affine))
        #expect(try sketch.outcome().left == [])
        let outcome = try sketch.outcome(options(reach))
        #expect(outcome.left == ["Scale"])
        #expect(outcome.reasons == [.readsInput(producer: "data")])
        #expect(outcome.forwardReasons == [])
    }

    @Test("Without forward nothing goes across a sum")
    func notAcross() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let sum = Operation.eltwise(Eltwise(combination: .sum, coefficients: [1, 1]))
        let biased = sketch.affine(of: data, nil, shifts)
        sketch.finish(try sketch.append("sum", sum, biased, sketch.convolution(of: data)))
        #expect(try sketch.outcome().left == [])
        #expect(try sketch.outcome(options(.backward)).left == ["Bias"])
    }

    @Test("A wider reach never leaves more layers, on random nets")
    func widerIsNoWorse() throws {
        for seed in 1...UInt64(40) {
            let sketch = RandomNet(seed: seed, steps: 3...10).sketch()
            let left = try [FoldReach.wholeGraph, .backward, .adjacent].map {
                FoldOutcome(result: try sketch.folded(options($0))).left.count
            }
            #expect(left == left.sorted(), "seed \(seed)")
        }
    }

    @Test(
        "A net folded with less reach computes what it did, on random nets", arguments: [FoldReach.backward, .adjacent])
    func exact(reach: FoldReach) throws {
        for seed in 1...UInt64(40) {
            let complaint = FoldVerdict(RandomNet(seed: seed).sketch(), options: options(reach)).complaint
            #expect(complaint == nil, "seed \(seed)")
        }
    }

    // MARK: Targets that overflow

    private func overflowing(_ names: [String], in sketch: NetworkSketch) -> FoldPlanner.Options {
        var options = FoldPlanner.Options()
        options.overflowingTargets = Set(names.compactMap(sketch.layer))
        return options
    }

    /// `first - affine - second`
    private func between() throws -> NetworkSketch {
        var sketch = NetworkSketch()
        let first = try sketch.convolution("first", of: sketch.input("data", [2, 3, 3, 3]))
        let affine = sketch.affine(of: first, factors, shifts)
        sketch.finish(try sketch.convolution("second", of: affine, kernel: [2, 2]))
        return sketch
    }

    @Test(
        "What an overflowing layer would take goes the other way",
        arguments: [("first", "second"), ("second", "first")])
    func otherWay(target: String, taker: String) throws {
        let sketch = try between()
        let outcome = try sketch.outcome(overflowing([target], in: sketch))
        #expect(outcome.left == [])
        #expect(outcome.takers == [taker])
    }

    @Test("Between two overflowing layers an affine stays, and both are named")
    func bothOverflow() throws {
        let sketch = try between()
        let outcome = try sketch.outcome(overflowing(["first", "second"], in: sketch))
        #expect(outcome.left == ["Scale"])
        #expect(outcome.takers == [])
        #expect(outcome.reasons == [.overflow(producer: "first")])
        #expect(outcome.forwardReasons == [.overflow(producer: "second")])
    }

    @Test("An affine that reaches an overflowing layer through others stays")
    func throughOthers() throws {
        var sketch = NetworkSketch()
        let pooled = try sketch.append("pool", maximum, sketch.convolution(of: sketch.input("data", [2, 3, 3, 3])))
        sketch.finish(sketch.affine(of: pooled, factors, shifts))
        let outcome = try sketch.outcome(overflowing(["linear"], in: sketch))
        #expect(outcome.left == ["Scale"])
        #expect(outcome.reasons == [.overflow(producer: "linear")])
    }

    @Test("Where one of two convolutions before a sum overflows, the other takes the shift alone")
    func oneOfSum() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 3, 3])
        let sum = Operation.eltwise(Eltwise(combination: .sum, coefficients: [1, 1]))
        let last = try sketch.append(
            "sum", sum, sketch.convolution("first", of: data), sketch.convolution("second", of: data))
        sketch.finish(sketch.affine(of: last, factors, shifts))
        let outcome = try sketch.outcome(overflowing(["first"], in: sketch))
        #expect(outcome.left == ["Scale"])
        #expect(outcome.takers == ["second"])
        #expect(outcome.result.plan.leftovers.first?.hasShift == false)
    }

    @Test("An overflowing layer keeps its parameters, and the net computes what it did, on random nets")
    func randomOverflow() throws {
        var count = 0
        for seed in 1...UInt64(40) {
            let sketch = RandomNet(seed: seed).sketch()
            var options = FoldPlanner.Options()
            options.overflowingTargets = Set(try sketch.plan().plan.folds.prefix(2).map(\.target))
            count += options.overflowingTargets.count
            let result = try sketch.folded(options)
            #expect(result.plan.folds.allSatisfy { !options.overflowingTargets.contains($0.target) }, "seed \(seed)")
            #expect(FoldVerdict(sketch, options: options).complaint == nil, "seed \(seed)")
        }
        #expect(count > 15)
    }

    // MARK: Numbers that no layer could hold

    @Test("Factors whose product no Float holds are not joined behind a product")
    func hugeProduct() throws {
        var sketch = NetworkSketch()
        let inputs = ["first", "second"].map { name in
            sketch.affine(name, of: sketch.input("data \(name)", [1, 1, 2, 2]), [1e30])
        }
        let product = Operation.eltwise(Eltwise(combination: .product, coefficients: []))
        let last = try sketch.append("product", product, inputs, outputCount: 1)[0]
        sketch.finish(try sketch.append("tanh", .activation(.tanh), last))
        #expect(try sketch.outcome().left == ["Scale", "Scale"])
    }

    @Test("A shift that no Float holds, divided by a coefficient, does not go to where it would be less work")
    func hugeShift() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1, 2, 2])
        let small = try sketch.append("tanh", .activation(.tanh), data)
        let upsample = Upsample(size: .factors(height: 2, width: 2, lessHeight: 0, lessWidth: 0), hasMask: false)
        let inputs = try ["first", "second"].map { try sketch.append($0, .upsample(upsample), small) }
        let sum = Operation.eltwise(Eltwise(combination: .sum, coefficients: [1e-30, 1e-30]))
        let last = try sketch.append("sum", sum, inputs, outputCount: 1)[0]
        sketch.finish(sketch.affine(of: last, nil, [1e10]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Bias"])
        #expect(outcome.result.plan.isEmpty)
    }
}
