import Folding
import NetGraph
import Testing

@Suite("A BatchNorm that stays, and its Scale")
struct KeptBatchNormTests {
    /// `data - conv - bn`, which normalises by the batch.
    private func start() -> (sketch: NetworkSketch, normalized: ValueID) {
        var sketch = NetworkSketch()
        let conv = sketch.pointwise(of: sketch.input(), [1, 2])
        let batchNorm = BatchNorm(
            mean: sketch.parameter("mean", [0, 0]), variance: sketch.parameter("variance", [1, 1]),
            usesGlobalStatistics: false)
        let normalized = sketch.add("bn", .batchNorm(batchNorm), [conv])
        return (sketch, normalized)
    }

    /// A 1x1 convolution of two channels, which takes factors and shifts.
    private func behind(_ sketch: inout NetworkSketch, _ value: ValueID) -> ValueID {
        let weight = sketch.parameter("behind weight", [1, 2, 3, 4], shape: [2, 2, 1, 1])
        return sketch.add(
            "behind", .convolution(Convolution(weight: weight, bias: nil, outputChannels: 2, kernel: [1, 1])), [value])
    }

    @Test("The Scale stays with it, also where a layer behind would take its factors")
    func scaleStays() throws {
        var (sketch, normalized) = start()
        let relu = sketch.relu(of: sketch.scale(of: normalized, [2, 3], [1, -1]))
        sketch.finish(behind(&sketch, relu))
        let plan = try sketch.plan().plan
        #expect(plan.isEmpty)
        #expect(plan.refusals.map(\.reason) == [.batchStatistics, .batchNormStays])
        #expect(RefusalReason.batchNormStays.name == "batch-norm-stays")
    }

    @Test("The Scale stays with it without weights as well")
    func scaleStaysWithoutWeights() throws {
        var (sketch, normalized) = start()
        let scale = sketch.scale(of: normalized, [2, 3])
        sketch.finish(behind(&sketch, scale))
        let plan = FoldPlanner(sketch.network).plan()
        #expect(plan.isEmpty)
        #expect(plan.refusals.map(\.reason) == [.batchStatistics, .batchNormStays])
    }

    @Test("A Scale behind another layer is no part of it, and folds")
    func otherScale() throws {
        var (sketch, normalized) = start()
        let scale = sketch.scale(of: sketch.relu(of: normalized), [2, 3])
        sketch.finish(behind(&sketch, scale))
        let plan = try sketch.plan().plan
        #expect(plan.refusals.map(\.reason) == [.batchStatistics])
        #expect(plan.folds.count == 1)
    }
}
