import Folding
import NetGraph
import Testing

@Suite("Plans without weights promise nothing that numbers could forbid")
struct PlanWithoutWeightsTests {
    @Test("The plan with weights leaves no more layers than the one without, on random nets")
    func noMoreLayers() throws {
        var promised = 0
        for seed in 1...UInt64(130) {
            let sketch = RandomNet(seed: seed).sketch()
            let bare = left(FoldPlanner(sketch.network).plan(), in: sketch)
            let full = left(try sketch.plan().plan, in: sketch)
            #expect(full <= bare, "seed \(seed)")
            promised += left(FoldPlan(), in: sketch) - bare
        }
        #expect(promised > 110)
    }

    @Test("A layer that the plan without weights folds wholly is folded wholly with them, on random nets")
    func foldedWholly() throws {
        for seed in 1...UInt64(110) {
            let sketch = RandomNet(seed: seed).sketch()
            let bare = folded(FoldPlanner(sketch.network).plan())
            let full = folded(try sketch.plan().plan)
            #expect(bare.isSubset(of: full), "seed \(seed)")
        }
    }

    private func left(_ plan: FoldPlan, in sketch: NetworkSketch) -> Int { outcome(plan, of: sketch).left.count }

    private func outcome(_ plan: FoldPlan, of sketch: NetworkSketch) -> FoldOutcome {
        let folded = plan.applied(to: sketch.network)
        return FoldOutcome(
            result: FoldedSketch(
                plan: plan, folded: folded, weights: FoldedWeights(base: sketch.weights, folded: folded)))
    }

    @Test("A BatchNorm is not taken to be the same in all channels")
    func channelsDiffer() throws {
        let left = try behind(.permute(order: [0, 3, 2, 1])) { sketch, value in
            PassingAffine.batchNorm.add(to: &sketch, reading: value)
        }
        #expect(left == ["Scale"])
    }

    @Test("A known factor of all channels passes wherever channels go")
    func knownFactor() throws {
        let left = try behind(.permute(order: [0, 3, 2, 1])) { sketch, value in
            try sketch.append("affine", .power(Power(scale: -2, shift: 1)), value)
        }
        #expect(left == [])
    }

    @Test(
        "A BatchNorm without a Scale passes what takes positive factors",
        arguments: [
            Operation.pooling(Pooling(method: .max, kernel: [2, 2], stride: [1, 1], pad: [0, 0])),
            .flatten(first: 2, last: 3), .shuffleChannel(groups: 2), .identity(type: "Dropout"),
        ])
    func positive(operation: Operation) throws {
        let left = try behind(operation) { sketch, value in PassingAffine.batchNorm.add(to: &sketch, reading: value) }
        #expect(left == [])
    }

    @Test("A BatchNorm before a Flatten folds into an InnerProduct, whatever its numbers")
    func flatten() throws {
        var sketch = NetworkSketch()
        let affine = PassingAffine.batchNormScale.add(to: &sketch, reading: sketch.input("data", [2, 4, 3, 4]))
        let flat = try sketch.append("flat", .flatten(first: 1, last: -1), affine)
        sketch.finish(try sketch.innerProduct(of: flat))
        #expect(left(FoldPlanner(sketch.network).plan(), in: sketch) == 0)
    }

    @Test("Two BatchNorms are not taken to be equal")
    func twoBatchNorms() throws {
        var sketch = NetworkSketch()
        let affines = ["first", "second"].map { name in
            let data = sketch.input("data \(name)", [2, 4, 2, 2])
            return PassingAffine.batchNorm.add(to: &sketch, reading: data, named: name)
        }
        let sum = Eltwise(combination: .sum, coefficients: [1, 1])
        let last = try sketch.append("sum", .eltwise(sum), affines, outputCount: 1)[0]
        sketch.finish(try sketch.innerProduct(of: last))
        #expect(left(FoldPlanner(sketch.network).plan(), in: sketch) == 2)
    }

    @Test("A BatchNorm and a factor of a half are no Bias")
    func halved() throws {
        var sketch = NetworkSketch()
        let affine = PassingAffine.batchNorm.add(to: &sketch, reading: sketch.input("data", [2, 4, 2, 2]))
        sketch.finish(try sketch.append("half", .power(Power(scale: 0.5)), affine))
        #expect(FoldPlanner(sketch.network).plan().leftovers.map(\.hasScale) == [true])
    }

    /// The types of layers that are left of `convolution - operation - affine`.
    private func behind(
        _ operation: Operation, _ affine: (inout NetworkSketch, ValueID) throws -> ValueID
    ) throws -> [String] {
        var sketch = NetworkSketch()
        let conv = try sketch.convolution(of: sketch.input("data", [2, 3, 3, 4]))
        sketch.finish(try affine(&sketch, sketch.append("op", operation, conv)))
        return outcome(FoldPlanner(sketch.network).plan(), of: sketch).left
    }

    /// Affine layers that linear layers take, and nothing else.
    private func folded(_ plan: FoldPlan) -> Set<LayerID> {
        Set(plan.folds.flatMap(\.chain) + plan.dropped)
            .subtracting(plan.leftovers.flatMap(\.chain)).subtracting(plan.refusals.map(\.layer))
    }
}
