import Folding
import NetGraph
import Testing

@Suite("What passes a layer that moves, repeats or leaves out elements")
struct RegroupingPassageTests {
    @Test("An affine folds back where each channel stays one", arguments: cases, PassingAffine.allCases)
    func backward(operation: PassageCase, affine: PassingAffine) throws {
        try operation.expectExactFold(affine, .backward)
    }

    @Test("An affine folds forward where each channel stays one", arguments: cases, PassingAffine.allCases)
    func forward(operation: PassageCase, affine: PassingAffine) throws {
        try operation.expectExactFold(affine, .forward)
    }

    private static let cases = [
        PassageCase("Dropout", .everything, .identity(type: "Dropout")),
        PassageCase("Flatten of the plane", .everything, .flatten(first: 2, last: 3)),
        PassageCase("Flatten of the plane, counted from the end", .everything, .flatten(first: -2, last: -1)),
        PassageCase("Reshape that copies images and channels", .everything, .reshape(Reshape(dimensions: [0, 0, -1]))),
        PassageCase("Reshape of the plane", .everything, .reshape(Reshape(dimensions: [2, -1], axis: 2))),
        PassageCase(
            "Reshape that tells images and channels", .everything, .reshape(Reshape(dimensions: [2, 4, 10, 2]))),
        PassageCase("Permute of the plane", .everything, .permute(order: [0, 1, 3, 2])),
        PassageCase(
            "Permute that moves the channel", .nothing, reason: "channels-mixed", .permute(order: [0, 3, 2, 1])),
        PassageCase(
            "Reshape that mixes images", .nothing, reason: "channels-mixed",
            .reshape(Reshape(dimensions: [1, 4, 10, 4]))),
        PassageCase("ShuffleChannel of two groups", .everything, .shuffleChannel(groups: 2)),
        PassageCase("ShuffleChannel of four groups", .everything, .shuffleChannel(groups: 4)),
        PassageCase("Tile of the height", .everything, .tile(axis: 2, count: 2)),
        PassageCase("Tile of images", .everything, .tile(axis: 0, count: 2)),
        PassageCase("Crop of the plane", .everything) { sketch, value in
            let size = sketch.input("size", [2, 4, 3, 2])
            return try sketch.append("op", .crop(axis: 2, offsets: [1]), value, size)
        },
        PassageCase("Crop of the plane, the axis counted from the end", .everything) { sketch, value in
            let size = sketch.input("size", [2, 4, 3, 2])
            return try sketch.append("op", .crop(axis: -2, offsets: [1, 0]), value, size)
        },
        PassageCase("BatchReindex", .everything) { sketch, value in
            let order = sketch.parameter("order", [1, 0, 1])
            let images = try sketch.append("order", .parameter(order, shape: [3]))
            return try sketch.append("op", .batchReindex, value, images)
        },
        PassageCase(
            "Upsample", .everything,
            .upsample(
                Upsample(size: .factors(height: 2, width: 3, lessHeight: 0, lessWidth: 0), hasMask: false))),
        PassageCase("Upsample with a mask", .factors) { sketch, value in
            let other = sketch.input("other", [2, 4, 10, 8])
            let pooling = Pooling(method: .max, kernel: [2, 2], stride: [2, 2], pad: [0, 0])
            let mask = try sketch.append("pool", .pooling(pooling), [other], outputCount: 2)[1]
            let upsample = Upsample(
                size: .factors(height: 2, width: 2, lessHeight: 0, lessWidth: 0), hasMask: true)
            return try sketch.append("op", .upsample(upsample), value, mask)
        },
        PassageCase(
            "Interp that enlarges", .everything, .interpolation(Interpolation(size: .lengths(height: 9, width: 7)))),
        PassageCase(
            "Interp that shrinks and leaves out borders", .everything,
            .interpolation(Interpolation(size: .factors(shrink: 2, zoom: 1), cropBefore: 1, cropAfter: 1))),
        PassageCase("Interp to the size of another value", .everything) { sketch, value in
            let size = sketch.input("size", [2, 1, 3, 7])
            return try sketch.append("op", .interpolation(Interpolation(size: .secondInput)), value, size)
        },
    ]

    @Test("A Crop of channels lets no affine back")
    func cropOfChannelsBackward() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let size = sketch.input("size", [2, 2, 2, 2])
        let conv = try sketch.convolution(of: data)
        let cropped = try sketch.append("op", .crop(axis: 1, offsets: [1, 0, 0]), conv, size)
        sketch.finish(sketch.affine(of: cropped, [0.5, 2], [1, 2]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.reasons == [.channelsMixed(layer: "op", type: "Crop")])
    }

    @Test("A Crop of channels lets no affine forward")
    func cropOfChannelsForward() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 2, 2])
        let size = sketch.input("size", [2, 2, 2, 2])
        let affine = sketch.affine(of: data, [0.5, 2, 3, 4], [1, 2, 3, 4])
        let cropped = try sketch.append("op", .crop(axis: 1, offsets: [1, 0, 0]), affine, size)
        sketch.finish(try sketch.convolution(of: cropped))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.forwardReasons == [.channelsMixed(layer: "op", type: "Crop")])
    }

    // MARK: Channels that are traced

    /// Eight numbers of which neighbours are equal.
    private static let pairs: [Double] = [0.5, 0.5, -2, -2, 0, 0, 1.5, 1.5]
    /// Eight numbers of which every fourth is equal.
    private static let repeated: [Double] = [0.5, -2, 0, 1.5, 0.5, -2, 0, 1.5]

    @Test("An affine before a Flatten of channel and plane folds into an InnerProduct", arguments: [false, true])
    func flattenForward(transposed: Bool) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let affine = sketch.affine(of: data, [0.5, -2, 0], [1, 0.5, 0.25])
        let flat = try sketch.append("op", .flatten(first: 1, last: -1), affine)
        sketch.finish(try sketch.innerProduct(of: flat, transposed: transposed))
        #expect(try sketch.outcome().left == [])
    }

    @Test("An affine behind a Flatten folds back where the elements of each channel have equal numbers")
    func flattenBackward() throws {
        #expect(try behind(.flatten(first: 1, last: -1), of: [1, 4, 2, 1], Self.pairs).left == [])
    }

    @Test("An affine behind a Flatten stays where the elements of a channel have different numbers")
    func flattenBackwardMixed() throws {
        let outcome = try behind(.flatten(first: 1, last: -1), of: [1, 4, 2, 1], Self.repeated)
        #expect(outcome.left == ["Scale"])
        #expect(outcome.reasons == [.channelsMixed(layer: "op", type: "Flatten")])
    }

    @Test("A Reshape that cuts each channel in two lets an affine forward")
    func reshapeForward() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 2, 1])
        let affine = sketch.affine(of: data, [0.5, -2, 0, 1.5], [1, 0.5, 0.25, 2])
        let cut = try sketch.append("op", .reshape(Reshape(dimensions: [0, 8, 1, 1])), affine)
        sketch.finish(try sketch.convolution(of: cut))
        #expect(try sketch.outcome().left == [])
    }

    @Test("A Reshape that joins channels lets an affine forward where joined ones have equal numbers")
    func reshapeForwardJoining() throws {
        #expect(try before(.reshape(Reshape(dimensions: [0, 4, -1, 1])), of: [2, 8, 2, 1], Self.pairs).left == [])
    }

    @Test("A Reshape that joins channels of different numbers lets no affine forward")
    func reshapeForwardMixed() throws {
        let outcome = try before(.reshape(Reshape(dimensions: [0, 4, -1, 1])), of: [2, 8, 2, 1], Self.repeated)
        #expect(outcome.left == ["Scale"])
        #expect(outcome.forwardReasons == [.channelsMixed(layer: "op", type: "Reshape")])
    }

    @Test("Where only the factors of joined channels are equal, they go and the shifts stay")
    func reshapeFactorsAlone() throws {
        let shifts = [1, 2, 3, 4, 0, 0, 5, 6].map(Double.init)
        let outcome = try behind(
            .reshape(Reshape(dimensions: [0, 8, 1, 1])), of: [1, 4, 2, 1], Self.pairs, shifts)
        #expect(outcome.left == ["Bias"])
        #expect(outcome.reasons == [.channelsMixed(layer: "op", type: "Reshape")])
    }

    @Test("A ShuffleChannel is undone backward, and done forward, where rows and columns differ", arguments: [2, 3])
    func shuffle(groups: Int) throws {
        let scale = [0.5, -2, 0, 3, 4, 5]
        #expect(try behind(.shuffleChannel(groups: groups), outputs: 6, of: [1, 4, 2, 1], scale).left == [])
        #expect(try before(.shuffleChannel(groups: groups), of: [1, 6, 2, 1], scale).left == [])
    }

    @Test("A Tile of channels lets an affine forward")
    func tileForward() throws {
        #expect(try before(.tile(axis: 1, count: 2), of: [2, 4, 2, 1], [0.5, -2, 0, 1.5]).left == [])
    }

    @Test("A Tile of channels lets an affine back where all copies have equal numbers")
    func tileBackward() throws {
        #expect(try behind(.tile(axis: 1, count: 2), of: [2, 4, 2, 1], Self.repeated).left == [])
    }

    @Test("A Tile of channels lets no affine back where the copies differ")
    func tileBackwardMixed() throws {
        let outcome = try behind(.tile(axis: 1, count: 2), of: [2, 4, 2, 1], Self.pairs)
        #expect(outcome.left == ["Scale"])
        #expect(outcome.reasons == [.channelsMixed(layer: "op", type: "Tile")])
    }

    @Test(
        "The same factor and term for all channels pass wherever channels go, a negative one too",
        arguments: [
            Operation.permute(order: [0, 2, 1, 3]), .permute(order: [1, 0, 2, 3]), .flatten(first: 0, last: 1),
            .reshape(Reshape(dimensions: [1, -1, 2])), .tile(axis: 1, count: 3), .shuffleChannel(groups: 2),
        ])
    func uniform(operation: Operation) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let moved = try sketch.append("op", operation, sketch.convolution(of: data))
        sketch.finish(try sketch.append("affine", .power(Power(scale: -2, shift: 1)), moved))
        #expect(try sketch.outcome().left == [])
    }

    /// `data - convolution - op - affine`
    private func behind(
        _ operation: Operation, outputs: Int = 4, of shape: [Int], _ scale: [Double], _ shift: [Double]? = nil
    ) throws -> FoldOutcome {
        var sketch = NetworkSketch()
        let data = sketch.input("data", shape)
        let moved = try sketch.append("op", operation, sketch.convolution(of: data, outputs: outputs))
        sketch.finish(sketch.affine(of: moved, scale, shift))
        return try sketch.outcome()
    }

    /// `data - affine - op - inner product`
    private func before(_ operation: Operation, of shape: [Int], _ scale: [Double]) throws -> FoldOutcome {
        var sketch = NetworkSketch()
        let data = sketch.input("data", shape)
        let affine = sketch.affine(of: data, scale, scale)
        sketch.finish(try sketch.innerProduct(of: sketch.append("op", operation, affine)))
        return try sketch.outcome()
    }
}
