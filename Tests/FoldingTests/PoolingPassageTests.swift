import Folding
import NetGraph
import Testing

@Suite("What passes a Pooling")
struct PoolingPassageTests {
    @Test("An affine folds back through a pooling as far as that is exact", arguments: cases, PassingAffine.allCases)
    func backward(pooling: PassageCase, affine: PassingAffine) throws {
        try pooling.expectExactFold(affine, .backward)
    }

    @Test("An affine folds forward through a pooling as far as that is exact", arguments: cases, PassingAffine.allCases)
    func forward(pooling: PassageCase, affine: PassingAffine) throws {
        try pooling.expectExactFold(affine, .forward)
    }

    /// Over planes of 5 x 4.
    private static let cases = [
        PassageCase("MAX", .positive, pool(.max, [2, 2], stride: [1, 1])),
        PassageCase("MAX with padding", .positive, pool(.max, [3, 3], stride: [2, 2], pad: [1, 1])),
        PassageCase("MAX whose last window hangs over", .positive, pool(.max, [2, 3], stride: [2, 2])),
        PassageCase("MAX with gaps between the windows", .positive, pool(.max, [1, 1], stride: [2, 3])),
        PassageCase(
            "MAX whose last window would be empty, rounded down", .positive,
            pool(.max, [1, 1], stride: [3, 1], roundsUp: false)),
        PassageCase(
            "MAX whose empty window Caffe drops, for another axis has padding", .positive,
            pool(.max, [1, 2], stride: [3, 1], pad: [0, 1])),
        PassageCase("MAX of a kernel larger than the plane", .positive, pool(.max, [6, 5], stride: [2, 2])),
        PassageCase("global MAX", .positive, pool(.max, nil)),
        PassageCase(
            "MAX with an empty window", .nothing, reason: "empty-window", pool(.max, [1, 1], stride: [3, 1])),
        PassageCase("AVE", .everything, pool(.average, [2, 2], stride: [1, 2])),
        PassageCase("AVE whose last window hangs over", .everything, pool(.average, [2, 3], stride: [2, 2])),
        PassageCase("AVE of a kernel larger than the plane", .everything, pool(.average, [6, 5], stride: [2, 2])),
        PassageCase("global AVE", .everything, pool(.average, nil)),
        PassageCase(
            "AVE with padding", .factors, reason: "zero-padding",
            pool(.average, [3, 3], stride: [1, 1], pad: [1, 1])),
        PassageCase(
            "AVE with padding on one axis", .factors, reason: "zero-padding",
            pool(.average, [2, 2], stride: [1, 1], pad: [0, 1])),
        PassageCase(
            "AVE with padding whose last window hangs over", .factors, reason: "zero-padding",
            pool(.average, [3, 3], stride: [3, 2], pad: [1, 1])),
        PassageCase(
            "AVE with an empty window", .nothing, reason: "empty-window", pool(.average, [1, 1], stride: [3, 1])),
        PassageCase("STOCHASTIC", .nothing, reason: "stopped", pool(.stochastic, [2, 2], stride: [2, 2])),
    ]

    private static func pool(
        _ method: Pooling.Method, _ kernel: [Int]?, stride: [Int] = [1, 1], pad: [Int] = [0, 0], roundsUp: Bool = true
    ) -> Operation {
        .pooling(Pooling(method: method, kernel: kernel, stride: stride, pad: pad, roundsUp: roundsUp))
    }

    @Test(
        "Nothing passes a MAX pooling that tells where the maxima lie", arguments: [PassingAffine.batchNorm, .factors])
    func mask(affine: PassingAffine) throws {
        let pooling = Self.pool(.max, [2, 2], stride: [2, 2])
        let withMask = PassageCase("", .nothing, reason: "mask") { sketch, value in
            try sketch.append("op", pooling, [value], outputCount: 2)[0]
        }
        try withMask.expectExactFold(affine, .backward)
        try withMask.expectExactFold(affine, .forward)
    }

    @Test("Of a MAX pooling with one negative factor in four the other channels and all shifts still fold")
    func oneNegativeFactor() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 5, 4])
        let pooled = try sketch.append("op", Self.pool(.max, [2, 2]), sketch.convolution(of: data))
        sketch.finish(sketch.affine(of: pooled, [0.5, -2, 1.5, 0.75], [1, -0.5, 0.25, 2]))
        let outcome = try sketch.outcome()
        let affine = try #require(outcome.result.plan.leftovers.first?.affine)
        #expect(affine.scale == [1, -2, 1, 1])
        #expect(affine.shift == [0, 0, 0, 0])
        #expect(outcome.takers == ["linear"])
    }

    @Test("A pooling of unknown shape with a stride above its kernel lets nothing pass")
    func unknownShape() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1, nil, nil])
        let conv = sketch.pointwise(of: data, [1])
        let pooled = sketch.add("op", Self.pool(.average, [1, 1], stride: [2, 2]), [conv])
        sketch.finish(sketch.scale(of: pooled, [2]))
        #expect(try sketch.reason("scale") == .shapeUnknown(layer: "op", type: "Pooling"))
    }

    @Test("A pooling of unknown shape with a stride within its kernel lets factors and shifts pass")
    func unknownShapeWithoutGaps() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1, nil, nil])
        let conv = sketch.pointwise(of: data, [1])
        let pooled = sketch.add("op", Self.pool(.average, [2, 2], stride: [2, 2]), [conv])
        sketch.finish(sketch.scale(of: pooled, [2], [1]))
        #expect(try sketch.folded().numbers("conv") == [[2], [1]])
    }
}
