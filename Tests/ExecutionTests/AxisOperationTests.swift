import Execution
import NetGraph
import Testing

@Suite("Operations along axes")
struct AxisOperationTests {
    private static let input = Tensor<Double>([2, 2, 3], [1, 4, 2, 8, 5, 7, -3, 0, 2, 6, 1, 1])

    static let reductions: [(AxisReduction.Method, [Double])] = [
        (.sum, [6, 28]), (.mean, [1, 4.666666667]), (.maximum, [4, 8]), (.minimum, [-3, 1]), (.product, [0, 1680]),
        (.sumOfMagnitudes, [12, 28]), (.sumOfSquares, [34, 176]), (.norm, [5.830951895, 13.26649916]),
        (.logarithmOfSum, [1.791759469, 3.33220451]), (.logarithmOfExponentials, [4.292434628, 8.441363357]),
    ]

    @Test("A reduction over the first and the last axis has NumPy's numbers", arguments: reductions)
    func reduction(method: AxisReduction.Method, expected: [Double]) throws {
        for (keepsAxes, shape) in [(false, [2]), (true, [1, 2, 1])] {
            let layer = OneLayer(
                operation: .axisReduction(AxisReduction(method, axes: [-1, 0], keepsAxes: keepsAxes)))
            #expect(Tensor(shape, expected).distance(to: try layer.run(Self.input)) < 1e-8)
            #expect(Tensor(shape, expected).distance(to: try layer.run(Self.input.floats)) < 1e-4)
        }
    }

    @Test("A reduction without axes leaves one number, and one over none leaves all")
    func all() throws {
        let everything = OneLayer(operation: .axisReduction(AxisReduction(.maximum, axes: nil, keepsAxes: false)))
        #expect(try everything.run(Self.input) == Tensor([], [8]))
        let nothing = OneLayer(operation: .axisReduction(AxisReduction(.maximum, axes: [], keepsAxes: false)))
        #expect(try nothing.run(Self.input) == Self.input)
    }

    @Test("Axes are counted, and those that are left follow one another, in the order of the framework")
    func order() throws {
        // (1, 2, 3) of images, pixels and channels is (1, 3, 2) here; without the pixels (1, 3), without the channels (1, 2).
        let input = Tensor<Double>([1, 3, 2], [1, 4, 2, 8, 5, 7])
        func sum(_ axis: Int, _ input: Tensor<Double>) throws -> Tensor<Double> {
            try OneLayer(
                operation: .axisReduction(
                    AxisReduction(.sum, axes: [axis], keepsAxes: false, order: .channelsLast))
            ).run(input)
        }
        #expect(try sum(1, input) == Tensor([1, 3], [5, 10, 12]))
        #expect(try sum(2, input) == Tensor([1, 2], [8, 19]))
        // (1, 2, 2, 1) of images, rows, columns and channels: without the channel, columns are what comes last.
        let plane = Tensor<Double>([1, 1, 2, 2], [1, 2, 3, 4])
        #expect(try sum(3, plane) == Tensor([1, 2, 2], [1, 3, 2, 4]))
    }

    @Test("The logarithm of exponentials does not overflow")
    func largeExponents() throws {
        let layer = OneLayer(
            operation: .axisReduction(AxisReduction(.logarithmOfExponentials, axes: [0], keepsAxes: false)))
        #expect(try layer.run(Tensor<Double>([2], [1000, -1000])).elements == [1000])
        #expect(try layer.run(Tensor<Double>([2], [-.infinity, -.infinity])).elements == [-.infinity])
    }

    @Test("A gathering takes places in any order and more than once")
    func gathering() throws {
        let layer = OneLayer(operation: .gathering(Gathering(axis: -1, indices: [2, 0, -1, 2])))
        let output = try layer.run(Tensor<Double>([2, 3], [1, 2, 3, 4, 5, 6]))
        #expect(output == Tensor([2, 4], [3, 1, 3, 3, 6, 4, 6, 6]))
    }

    @Test("A slice takes every n-th place, forwards or backwards, and what lies beyond the axis is cut off")
    func slices() throws {
        func places(_ start: Int?, _ end: Int?, _ step: Int) throws -> [Double] {
            try OneLayer(
                operation: .stridedSlice(StridedSlice([.init(axis: 1, start: start, end: end, step: step)]))
            ).run(Tensor<Double>(counting: [1, 6])).elements
        }
        #expect(try places(nil, nil, 1) == [0, 1, 2, 3, 4, 5])
        #expect(try places(1, -1, 2) == [1, 3])
        #expect(try places(-2, 100, 1) == [4, 5])
        #expect(try places(nil, nil, -2) == [5, 3, 1])
        #expect(try places(-2, 1, -1) == [4, 3, 2])
        #expect(try places(100, .min, -3) == [5, 2])
        #expect(try places(4, nil, .max) == [4])
        #expect(throws: ExecutionError.self) { try places(4, 2, 1) }
        #expect(throws: ExecutionError.self) { try places(0, 2, 0) }
    }

    @Test("A slice along two axes")
    func twoAxes() throws {
        let slice = StridedSlice([.init(axis: 0, start: 1), .init(axis: 1, step: -2)])
        #expect(
            try OneLayer(operation: .stridedSlice(slice)).run(Tensor<Double>(counting: [2, 3]))
                == Tensor([1, 2], [5, 3]))
    }

    @Test("Channels become blocks of pixels in either order, and back")
    func blocks() throws {
        let input = Tensor<Double>(counting: [1, 8, 1, 1])
        func run(_ direction: PixelBlocks.Direction, _ order: PixelBlocks.ChannelOrder, _ input: Tensor<Double>) throws
            -> Tensor<Double>
        {
            try OneLayer(operation: .pixelBlocks(PixelBlocks(direction, length: 2, channelOrder: order))).run(input)
        }
        // ONNX: DCR and CRD.
        let (placesFirst, channelsFirst) = ([0.0, 2, 4, 6, 1, 3, 5, 7], [0.0, 1, 2, 3, 4, 5, 6, 7])
        #expect(try run(.channelsToPixels, .placesFirst, input) == Tensor([1, 2, 2, 2], placesFirst))
        #expect(try run(.channelsToPixels, .channelsFirst, input) == Tensor([1, 2, 2, 2], channelsFirst))
        #expect(try run(.pixelsToChannels, .placesFirst, Tensor([1, 2, 2, 2], placesFirst)) == input)
        #expect(try run(.pixelsToChannels, .channelsFirst, Tensor([1, 2, 2, 2], channelsFirst)) == input)
    }

    @Test("Blocks of several pixels lie side by side")
    func manyBlocks() throws {
        let layer = OneLayer(
            operation: .pixelBlocks(PixelBlocks(.channelsToPixels, length: 2, channelOrder: .placesFirst)))
        let output = try layer.run(Tensor<Double>(counting: [1, 4, 1, 2]))
        #expect(output == Tensor([1, 1, 2, 4], [0, 2, 1, 3, 4, 6, 5, 7]))
    }

    @Test("A pooling by the norm of its windows, padding counted as 0", arguments: [1, 2, 3])
    func normPooling(p: Int) throws {
        let pooling = Pooling(
            method: .norm(p: p), kernel: [2], stride: [2], pad: [1], padAfter: [0], roundsUp: false)
        let output = try OneLayer(operation: .pooling(pooling)).run(Tensor<Double>([1, 1, 3], [-2, 3, -4]))
        let both = [7, 5, 4.497941445275415][p - 1]
        #expect(Tensor([1, 1, 2], [2, both]).distance(to: output) < 1e-12)
    }

    // MARK: All of them

    private static let noise = [Tensor<Double>(noise: [3, 8, 40, 60]), Tensor<Double>(noise: [3, 8, 1, 1], seed: 2)]

    static let operations: [(String, NetGraph.Operation, Int)] = [
        ("function", .activation(.function(.mish)), 1), ("arithmetic", .arithmetic(Arithmetic(.quotient)), 2),
        ("contraction", .contraction(Contraction(first: [0, 1, 2, 3], second: [0, 1, 4, 5], output: [0, 2, 3])), 2),
        ("reduction", .axisReduction(AxisReduction(.sum, axes: [0, 2], keepsAxes: false)), 1),
        ("resize", .resize(Resize(.cubic(coefficient: -0.75), size: .lengths([53, 71]))), 1),
        ("layer normalisation", .standardization(Standardization(.axes([1]), epsilon: 1e-3)), 1),
        ("group normalisation", .standardization(Standardization(.groups(4), epsilon: 1e-3)), 1),
        ("norm", .normDivision(NormDivision(axes: [1, 3], least: 1e-6)), 1), ("log softmax", .logSoftmax(axis: 1), 1),
        ("halves", .gatedHalves(axis: 2), 1),
        ("slice", .stridedSlice(StridedSlice([.init(axis: 3, step: -3)])), 1),
        ("blocks", .pixelBlocks(PixelBlocks(.pixelsToChannels, length: 4, channelOrder: .placesFirst)), 1),
    ]

    @Test(
        "Results are the same bits for any number of threads, and in single precision nearly so", arguments: operations)
    func threads(name: String, operation: NetGraph.Operation, inputCount: Int) throws {
        let inputs = Array(Self.noise.prefix(inputCount))
        func run(_ threadCount: Int) throws -> Tensor<Double> {
            try OneLayer(operation: operation, options: ExecutionOptions(threadCount: threadCount)).run(inputs)[0]
        }
        let one = try run(1)
        #expect(try run(5) == one)
        let single = try OneLayer(operation: operation).run(inputs.map(\.floats))[0]
        let largest = one.elements.reduce(1) { max($0, abs($1)) }
        #expect(one.distance(to: single) < 1e-5 * largest)
    }
}
