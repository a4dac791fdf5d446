import Folding
import NetGraph
import Testing

@Suite("What passes a flatten or reshape with the channels last")
struct ChannelsLastPassageTests {
    @Test("An affine before a flatten repeats for each pixel, and an inner product takes it")
    func forwardIntoInnerProduct() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let affine = sketch.affine(of: data, [2, -3, 5], [1, 2, 4])
        let flat = try sketch.append("op", .flatten(first: 1, last: -1, order: .channelsLast), affine)
        let weight = sketch.parameter("weight", [Double](repeating: 1, count: 12), shape: [1, 12])
        let product = InnerProduct(weight: weight, bias: nil, outputCount: 1)
        sketch.finish(try sketch.append("dense", .innerProduct(product), flat))
        #expect(try sketch.outcome().left == [])
        let result = try sketch.folded()
        #expect(try result.numbers("dense") == [[2, -3, 5, 2, -3, 5, 2, -3, 5, 2, -3, 5], [28]])
    }

    @Test("The same behind a transposed inner product's weight")
    func forwardIntoTransposed() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let affine = sketch.affine(of: data, [2, -3, 5], [1, 2, 4])
        let flat = try sketch.append("op", .flatten(first: 1, last: -1, order: .channelsLast), affine)
        sketch.finish(try sketch.innerProduct(of: flat, transposed: true))
        #expect(try sketch.outcome().left == [])
    }

    private func behindFlatten(_ scale: [Double], _ shift: [Double]) throws -> FoldOutcome {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 1])
        let conv = try sketch.convolution(of: data, outputs: 2)
        let flat = try sketch.append("op", .flatten(first: 1, last: -1, order: .channelsLast), conv)
        sketch.finish(sketch.affine(of: flat, scale, shift))
        return try sketch.outcome()
    }

    @Test("An affine behind a flatten goes back where each pixel has the same numbers")
    func backward() throws {
        #expect(try behindFlatten([2, -3, 2, -3], [1, 4, 1, 4]).left == [])
    }

    @Test("It stays where pixels differ, as it does where the elements of a channel follow one another")
    func backwardMixed() throws {
        let outcome = try behindFlatten([2, 2, -3, -3], [1, 1, 4, 4])
        #expect(outcome.left == ["Scale"])
        #expect(outcome.reasons == [.channelsMixed(layer: "op", type: "Flatten")])
    }

    @Test("Factors alone go back where shifts differ")
    func backwardFactors() throws {
        #expect(try behindFlatten([2, -3, 2, -3], [1, 4, 1, 5]).left == ["Bias"])
    }

    @Test(
        "A reshape passes what is equal modulo what the numbers of channels have in common",
        arguments: [
            ([0, -1, 4], [2.0, 3, 2, 3], true), ([0, -1, 2], [2.0, 3, 2, 3], true), ([0, -1, 2], [2, 2, 3, 3], false),
            ([0, 1, -1, 8], [2, 3, 4, 5], true), ([0, -1, 6], [2, 3, 2, 3], true), ([0, -1, 6], [2, 3, 4, 5], false),
            ([-1, 4], [2, 3, 4, 5], false),
        ])
    func reshape(dimensions: [Int], factors: [Double], passes: Bool) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 2])
        let affine = sketch.affine(of: data, factors, factors)
        let shaped = try sketch.append(
            "op", .reshape(Reshape(dimensions: dimensions, order: .channelsLast)), affine)
        sketch.finish(try sketch.innerProduct(of: shaped))
        #expect(try sketch.outcome().left == (passes ? [] : ["Scale"]))
    }

    @Test("Without weights each element of a flattened value comes from one channel, so what is before passes")
    func withoutWeights() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let normalized = sketch.batchNorm(of: data, mean: [0, 1, 2], variance: [1, 2, 3])
        sketch.network.values[normalized.index].shape = TensorShape([2, 3, 2, 2])
        let flat = try sketch.append("op", .flatten(first: 1, last: -1, order: .channelsLast), normalized)
        sketch.finish(try sketch.innerProduct(of: flat))
        #expect(FoldPlanner(sketch.network).plan().folds.count == 1)
    }
}

@Suite("What passes padding, and a BatchNorm along another axis")
struct PaddingOperationTests {
    @Test("An affine folds back through padding as far as that is exact", arguments: cases, PassingAffine.allCases)
    func backward(padding: PassageCase, affine: PassingAffine) throws {
        try padding.expectExactFold(affine, .backward)
    }

    @Test("An affine folds forward through padding as far as that is exact", arguments: cases, PassingAffine.allCases)
    func forward(padding: PassageCase, affine: PassingAffine) throws {
        try padding.expectExactFold(affine, .forward)
    }

    /// Over planes of 5 x 4.
    private static let cases = [
        PassageCase("zeros", .factors, reason: "zero-padding", pad([1, 0], [0, 2], .constant(0))),
        PassageCase("reflection", .everything, pad([2, 1], [1, 2], .reflection)),
        PassageCase("edge", .everything, pad([2, 1], [1, 2], .edge)),
        PassageCase("a crop", .everything, pad([-1, 0], [-2, -1], .constant(0))),
        PassageCase("a crop that would fill up with a constant", .everything, pad([-1, 0], [0, -1], .constant(3))),
        PassageCase(
            "zeros on one side of a crop", .factors, reason: "zero-padding", pad([-1, 0], [0, 1], .constant(0))),
        PassageCase("a constant", .nothing, reason: "constant-padding", pad([1, 1], [1, 1], .constant(-1))),
    ]

    private static func pad(_ before: [Int], _ after: [Int], _ filling: Padding.Filling) -> Operation {
        .padding(Padding(before: before, after: after, filling: filling))
    }

    @Test("Pooling with gaps: no window may lie in the padding on both sides alone")
    func dilatedPooling() throws {
        func left(length: Int) throws -> FoldOutcome {
            var sketch = NetworkSketch()
            let conv = try sketch.convolution(of: sketch.input("data", [1, 3, length]), kernel: [1])
            let pooling = Pooling(
                method: .max, kernel: [2], stride: [1], pad: [1], padAfter: [2], dilation: [4], roundsUp: false)
            let pooled = try sketch.append("op", .pooling(pooling), conv)
            sketch.finish(sketch.affine(of: pooled, [1, 2, 3, 4]))
            return try sketch.outcome()
        }
        #expect(try left(length: 4).left == [])
        let outcome = try left(length: 3)
        #expect(outcome.left == ["Scale"])
        #expect(outcome.reasons == [.emptyWindow(layer: "op")])
    }

    @Test("A BatchNorm along another axis stays, and is told; nothing passes it")
    func otherAxis() throws {
        var sketch = NetworkSketch()
        let conv = try sketch.convolution(of: sketch.input("data", [1, 3, 4, 4]))
        var batchNorm = BatchNorm(
            mean: sketch.parameter("mean", [0, 1, 2, 3]), variance: sketch.parameter("variance", [1, 2, 3, 4]))
        batchNorm.axis = 2
        let normalized = try sketch.append("bn", .batchNorm(batchNorm), conv)
        sketch.finish(sketch.affine("scale", of: normalized, [1, 2, 3, 4]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["BatchNorm", "Scale"])
        #expect(try sketch.reason("bn") == .notPerChannel(axes: "axis 2"))
        #expect(try sketch.reason("scale") == .stopped(layer: "bn", type: "BatchNorm"))
    }

    @Test("An affine behind a deconvolution with output padding folds back, to the bias beyond its windows")
    func outputPadding() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 3])
        let operation = Convolution(
            weight: sketch.parameter("weight", sketch.random.numbers(12), shape: [3, 4, 1]), bias: nil,
            outputChannels: 4, kernel: [1], stride: [2], outputPadding: [1])
        let spread = try sketch.append("op", .deconvolution(operation), data)
        sketch.finish(sketch.affine(of: spread, [1, -2, 3, 0], [5, 6, 7, 8]))
        #expect(try sketch.outcome().left == [])
    }
}
