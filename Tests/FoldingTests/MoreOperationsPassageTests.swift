import Folding
import NetGraph
import Testing

@Suite("What passes the operations that Caffe has not")
struct MoreOperationsPassageTests {
    @Test("An affine folds back through an operation as far as that is exact", arguments: cases, PassingAffine.allCases)
    func backward(operation: PassageCase, affine: PassingAffine) throws {
        try operation.expectExactFold(affine, .backward)
    }

    @Test(
        "An affine folds forward through an operation as far as that is exact", arguments: cases, PassingAffine.allCases
    )
    func forward(operation: PassageCase, affine: PassingAffine) throws {
        try operation.expectExactFold(affine, .forward)
    }

    /// Over planes of 5 x 4.
    private static let cases = [
        PassageCase("nearest", .everything, .resize(.repeating([2, 1]))),
        PassageCase("linear", .everything, .resize(Resize(.linear, .alignedCorners, size: .lengths([7, 3])))),
        PassageCase(
            "cubic", .everything, .resize(Resize(.cubic(coefficient: -0.75), size: .factors([1.5, 0.5])))),
        PassageCase(
            "cubic without the outside", .everything,
            .resize(Resize(.cubic(coefficient: -0.5), size: .lengths([3, 9]), excludesOutside: true))),
        PassageCase("mean", .everything, reduce(.mean, [2, 3])),
        PassageCase("sum", .everything, reduce(.sum, [-1])),
        PassageCase("sum in the order of channels last", .everything, reduce(.sum, [1, 2], order: .channelsLast)),
        PassageCase("largest", .positive, reduce(.maximum, [2, 3], keepsAxes: true)),
        PassageCase("least", .positive, reduce(.minimum, [2])),
        PassageCase("norm", .positiveFactors, reduce(.norm, [2, 3])),
        PassageCase("sum of magnitudes", .positiveFactors, reduce(.sumOfMagnitudes, [3])),
        PassageCase("sum of squares", .nothing, reason: "stopped", reduce(.sumOfSquares, [2, 3])),
        PassageCase("product", .nothing, reason: "stopped", reduce(.product, [2, 3])),
        PassageCase("mean over the images", .nothing, reason: "stopped", reduce(.mean, [0], keepsAxes: true)),
        PassageCase("channels in another order", .everything, .gathering(Gathering(axis: 1, indices: [2, 0, -1, 1]))),
        PassageCase("rows, one twice", .everything, .gathering(Gathering(axis: -2, indices: [4, 4, 0]))),
        PassageCase("channels backwards", .everything, .stridedSlice(StridedSlice([.init(axis: 1, step: -1)]))),
        PassageCase("every second row", .everything, .stridedSlice(StridedSlice([.init(axis: 2, step: 2)]))),
        PassageCase(
            "pooling by the norm", .positiveFactors,
            .pooling(Pooling(method: .norm(p: 2), kernel: [2, 2], stride: [1, 1], pad: [1, 1], roundsUp: false))),
        PassageCase("clip at 0", .positiveFactors, .activation(.clip(minimum: 0, maximum: .infinity))),
        PassageCase("clip above 0", .positiveFactors, .activation(.clip(minimum: -.infinity, maximum: 0))),
        PassageCase("clip nowhere", .everything, .activation(.clip(minimum: -.infinity, maximum: .infinity))),
        PassageCase(
            "rectifier", .positiveFactors, function(.rectifier(negativeSlope: -0.5, maximum: nil, threshold: 0))),
        PassageCase(
            "rectifier with a maximum", .nothing, reason: "stopped",
            function(.rectifier(negativeSlope: 0, maximum: 6, threshold: 0))),
        PassageCase(
            "rectifier with a threshold", .nothing, reason: "stopped",
            function(.rectifier(negativeSlope: 0, maximum: nil, threshold: 0.5))),
        PassageCase("GELU", .nothing, reason: "stopped", function(.gelu)),
        PassageCase("log softmax", .nothing, reason: "stopped", .logSoftmax(axis: 1)),
        PassageCase("norm division", .nothing, reason: "stopped", .normDivision(NormDivision(axes: [1]))),
        PassageCase(
            "layer normalisation", .nothing, reason: "stopped",
            .standardization(Standardization(.axes([1]), epsilon: 1e-3))),
        PassageCase("PReLU of places", .positiveFactors) { sketch, value in
            let slopes = sketch.parameter("slopes", [0.5, -1, 2, 0.25, 0.125], shape: [5, 1, 1])
            return try sketch.append("op", .activation(.prelu(slope: slopes, axes: [2, 3, 1])), value)
        },
    ]

    private static func function(_ function: ElementFunction) -> Operation { .activation(.function(function)) }

    private static func reduce(
        _ method: AxisReduction.Method, _ axes: [Int], keepsAxes: Bool = false, order: ElementOrder = .channelsFirst
    ) -> Operation {
        .axisReduction(AxisReduction(method, axes: axes, keepsAxes: keepsAxes, order: order))
    }

    @Test("Behind channels that are taken once, those that are not taken stay as they are")
    func someChannels() throws {
        var sketch = NetworkSketch()
        let conv = try sketch.convolution(of: sketch.input("data", [2, 3, 5, 4]))
        let taken = try sketch.append("op", .stridedSlice(StridedSlice([.init(axis: 1, start: 3, step: -2)])), conv)
        sketch.finish(sketch.affine(of: taken, [0.5, -2], [1, 3]))
        #expect(try sketch.outcome().left == [])
    }

    @Test("Behind a channel that is taken twice only equal numbers go back", arguments: [[2.0, 2], [2.0, 3]])
    func twice(factors: [Double]) throws {
        var sketch = NetworkSketch()
        let conv = try sketch.convolution(of: sketch.input("data", [2, 3, 5, 4]))
        let taken = try sketch.append("op", .gathering(Gathering(axis: 1, indices: [1, 1])), conv)
        sketch.finish(sketch.affine(of: taken, factors))
        let outcome = try sketch.outcome()
        #expect(outcome.left == (factors[0] == factors[1] ? [] : ["Scale"]))
        #expect(outcome.reasons.map(\.name) == (factors[0] == factors[1] ? [] : ["channels-mixed"]))
    }

    @Test(
        "Channels become blocks of pixels, and back, with what is on them",
        arguments: [PixelBlocks.ChannelOrder.placesFirst, .channelsFirst], PassingAffine.allCases)
    func blocks(order: PixelBlocks.ChannelOrder, affine: PassingAffine) throws {
        // An affine of four channels behind 16 of them, and before 16.
        var backward = NetworkSketch()
        let conv = try backward.convolution(of: backward.input("data", [2, 3, 4, 4]), outputs: 16)
        let pixels = try backward.append(
            "op", .pixelBlocks(PixelBlocks(.channelsToPixels, length: 2, channelOrder: order)), conv)
        backward.finish(affine.add(to: &backward, reading: pixels))
        #expect(try backward.outcome().left == [])
        var forward = NetworkSketch()
        let scaled = affine.add(to: &forward, reading: forward.input("data", [2, 4, 4, 4]))
        let channels = try forward.append(
            "op", .pixelBlocks(PixelBlocks(.pixelsToChannels, length: 2, channelOrder: order)), scaled)
        forward.finish(try forward.convolution(of: channels))
        #expect(try forward.outcome().left == [])
    }

    @Test(
        "Different numbers for the channels of a block stay",
        arguments: [PixelBlocks.ChannelOrder.placesFirst, .channelsFirst])
    func mixedBlocks(order: PixelBlocks.ChannelOrder) throws {
        var sketch = NetworkSketch()
        let scaled = sketch.affine(of: sketch.input("data", [2, 8, 2, 2]), [1, 2, 3, 4, 5, 6, 7, 8])
        let pixels = try sketch.append(
            "op", .pixelBlocks(PixelBlocks(.channelsToPixels, length: 2, channelOrder: order)), scaled)
        sketch.finish(try sketch.convolution(of: pixels))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.forwardReasons.map(\.name) == ["channels-mixed"])
    }
}
