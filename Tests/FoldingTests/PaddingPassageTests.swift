import Folding
import NetGraph
import Testing

@Suite("What passes windows that are padded on each side")
struct PaddingPassageTests {
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
        PassageCase("MAX with padding behind", .positive, pool(.max, [3, 3], stride: [2, 2], after: [1, 1])),
        PassageCase("MAX with padding that covers", .positive, pool(.max, [3, 3], stride: [2, 3], covers: true)),
        PassageCase(
            "MAX with padding that covers, with gaps between the windows", .positive,
            pool(.max, [1, 1], stride: [4, 3], covers: true)),
        PassageCase(
            "AVE with padding behind", .factors, reason: "zero-padding",
            pool(.average, [2, 2], stride: [2, 2], after: [1, 0])),
        PassageCase(
            "AVE with padding before", .factors, reason: "zero-padding",
            pool(.average, [2, 2], stride: [2, 2], before: [0, 1])),
        PassageCase(
            "AVE with padding that covers", .factors, reason: "zero-padding",
            pool(.average, [3, 3], stride: [1, 2], covers: true)),
        PassageCase(
            "AVE whose padding does not count", .everything,
            pool(.average, [3, 3], stride: [2, 2], before: [1, 0], after: [1, 2], countsPadding: false)),
        PassageCase(
            "AVE whose padding covers and does not count", .everything,
            pool(.average, [3, 3], stride: [1, 2], covers: true, countsPadding: false)),
    ]

    private static func pool(
        _ method: Pooling.Method, _ kernel: [Int], stride: [Int], before: [Int] = [0, 0], after: [Int] = [0, 0],
        covers: Bool = false, countsPadding: Bool = true
    ) -> Operation {
        .pooling(
            Pooling(
                method: method, kernel: kernel, stride: stride, pad: before, padAfter: after, padsToCover: covers,
                countsPadding: countsPadding))
    }

    @Test("An affine passes a pooling over three axes in both directions", arguments: [Pooling.Method.max, .average])
    func threeAxes(method: Pooling.Method) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 3, 4, 5, 6])
        let conv = try sketch.append("conv", volume(&sketch, outputs: 4, inputs: 3), data)
        let pooling = Pooling(method: method, kernel: [1, 2, 2], stride: [1, 2, 2], pad: [0, 0, 0])
        let first = try sketch.append("first", .pooling(pooling), conv)
        let affine = sketch.affine(of: first, [0.5, 2, 3, 0.25], [1, -2, 3, 0.5])
        let second = try sketch.append("second", .pooling(pooling), affine)
        sketch.finish(second)
        #expect(try sketch.outcome().left == [])
    }

    private func volume(_ sketch: inout NetworkSketch, outputs: Int, inputs: Int) -> Operation {
        let weight = sketch.parameter(
            "conv weight", (0..<outputs * inputs * 8).map { Double($0 % 7) - 3 }, shape: [outputs, inputs, 2, 2, 2])
        return .convolution(Convolution(weight: weight, bias: nil, outputChannels: outputs, kernel: [2, 2, 2]))
    }

    @Test("No shift passes forward into a convolution whose padding covers the input, but factors do")
    func coveringConvolution() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 2, 5, 4])
        let affine = sketch.affine(of: data, [0.5, -2], [1, 3])
        let weight = sketch.parameter("weight", (0..<36).map { Double($0 % 5) - 2 }, shape: [2, 2, 3, 3])
        let convolution = Convolution(
            weight: weight, bias: nil, outputChannels: 2, kernel: [3, 3], padsToCover: true)
        sketch.finish(try sketch.append("conv", .convolution(convolution), affine))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Bias"])
        #expect(outcome.forwardReasons == [.zeroPadding(layer: "conv")])
    }

    @Test("An affine behind a pixel shuffle folds back, each channel's number for all that it is made of")
    func pixelShuffleBackward() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 3, 2])
        let conv = try sketch.append("conv", pointwise(&sketch, outputs: 8, inputs: 3), data)
        let shuffled = try sketch.append("op", .pixelShuffle(factor: 2), conv)
        sketch.finish(sketch.affine(of: shuffled, [0.5, -2], [1, 3]))
        #expect(try sketch.outcome().left == [])
    }

    @Test("An affine before a pixel shuffle folds forward where the channels of a block have equal numbers")
    func pixelShuffleForward() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 8, 3, 2])
        let equal: [Double] = [0.5, 0.5, 0.5, 0.5, -2, -2, -2, -2]
        let affine = sketch.affine(of: data, equal, equal)
        let shuffled = try sketch.append("op", .pixelShuffle(factor: 2), affine)
        sketch.finish(try sketch.append("conv", pointwise(&sketch, outputs: 3, inputs: 2), shuffled))
        #expect(try sketch.outcome().left == [])
    }

    @Test("An affine before a pixel shuffle stays where the channels of a block have different numbers")
    func pixelShuffleMixed() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 8, 3, 2])
        let numbers: [Double] = [0.5, 0.5, 0.5, 1, -2, -2, -2, -2]
        let affine = sketch.affine(of: data, numbers, numbers)
        let shuffled = try sketch.append("op", .pixelShuffle(factor: 2), affine)
        sketch.finish(try sketch.append("conv", pointwise(&sketch, outputs: 3, inputs: 2), shuffled))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.forwardReasons == [.channelsMixed(layer: "op", type: "PixelShuffle")])
    }

    private func pointwise(_ sketch: inout NetworkSketch, outputs: Int, inputs: Int) -> Operation {
        let weight = sketch.parameter(
            "conv weight", (0..<outputs * inputs).map { Double($0 % 7) - 2 }, shape: [outputs, inputs, 1, 1])
        return .convolution(Convolution(weight: weight, bias: nil, outputChannels: outputs, kernel: [1, 1]))
    }

    @Test("A BatchNorm that adds epsilon to the deviation folds with that")
    func epsilonOfDeviation() throws {
        var sketch = NetworkSketch()
        let conv = sketch.pointwise(of: sketch.input("data", [1, 1, 2, 2]), [3], bias: [1])
        var batchNorm = BatchNorm(
            mean: sketch.parameter("mean", [2]), variance: sketch.parameter("variance", [4]), epsilon: 0.5)
        batchNorm.addsEpsilonToDeviation = true
        sketch.finish(sketch.add("bn", .batchNorm(batchNorm), [conv], valueShape: TensorShape([1, 1, 2, 2])))
        #expect(try sketch.outcome().left == [])
    }
}
