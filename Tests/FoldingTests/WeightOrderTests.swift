import Execution
import Folding
import NetGraph
import Testing

/// A weight of a convolution in one order, and the same weight outputs first.
struct OrderCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var order: WeightOrder
    var isTransposed = false
    var groups = 1
    var inputs = 4
    var outputs = 4

    static let all = [
        OrderCase(testDescription: "outputs last", order: .outputsLast, inputs: 3),
        OrderCase(testDescription: "outputs last, two groups", order: .outputsLast, groups: 2),
        OrderCase(testDescription: "outputs last, a group for each channel", order: .outputsLast, groups: 4),
        OrderCase(testDescription: "outputs last, groups of one output", order: .outputsLast, groups: 2, outputs: 2),
        OrderCase(testDescription: "depthwise", order: .depthwise, groups: 4),
        OrderCase(testDescription: "depthwise with a multiplier", order: .depthwise, groups: 4, outputs: 12),
        OrderCase(testDescription: "transposed", order: .outputsLast, isTransposed: true, inputs: 3),
        OrderCase(testDescription: "transposed, two groups", order: .outputsLast, isTransposed: true, groups: 2),
    ]

    private static let kernel = [2, 3]

    /// (outputs, inputs / groups, kernel ...), transposed (inputs, outputs / groups, kernel ...).
    private var plainShape: [Int] {
        (isTransposed ? [inputs, outputs / groups] : [outputs, inputs / groups]) + Self.kernel
    }

    private var storedShape: [Int] {
        switch order {
        case .outputsFirst: plainShape
        case .outputsLast: Self.kernel + [plainShape[1], plainShape[0]]
        case .depthwise: Self.kernel + [inputs, outputs / inputs]
        }
    }

    /// From the numbers outputs first, by the definition of the order.
    private func stored(_ plain: [Double]) -> [Double] {
        let source = Blob(plainShape, plain)
        var target = Blob(zeros: storedShape)
        for index in Blob.indices(plainShape) {
            let pixel = Array(index[2...])
            switch order {
            case .outputsFirst: target[index] = source[index]
            case .outputsLast: target[pixel + [index[1], index[0]]] = source[index]
            // Output c * M + m is at (c, m).
            case .depthwise:
                target[pixel + [index[0] / (outputs / inputs), index[0] % (outputs / inputs)]] = source[index]
            }
        }
        return target.values
    }

    /// The net twice: with the weight in the order, and with the same numbers outputs first.
    func nets(_ build: (inout NetworkSketch, Operation) throws -> Void) throws -> (
        ordered: NetworkSketch, plain: NetworkSketch
    ) {
        func net(_ order: WeightOrder) throws -> NetworkSketch {
            var sketch = NetworkSketch()
            let numbers = sketch.random.numbers(plainShape.reduce(1, *))
            let weight = sketch.parameter(
                "weight", order == .outputsFirst ? numbers : stored(numbers),
                shape: order == .outputsFirst ? plainShape : storedShape)
            let convolution = Convolution(
                weight: weight, weightOrder: order, bias: nil, outputChannels: outputs, groups: groups,
                kernel: Self.kernel)
            try build(&sketch, isTransposed ? .deconvolution(convolution) : .convolution(convolution))
            return sketch
        }
        return (try net(order), try net(.outputsFirst))
    }
}

@Suite("Weights in the orders of other frameworks")
struct WeightOrderTests {
    private func outputs(_ network: Network, _ weights: some WeightStore) throws -> [Tensor<Double>] {
        var random = SeededNumbers(seed: 3)
        let shape = network.values[0].shape?.known ?? []
        let input = Tensor(shape: shape, elements: random.numbers(shape.reduce(1, *)))
        let interpreter = try Interpreter<Double>(
            network, weights: weights, options: ExecutionOptions(threadCount: 1))
        let found = try interpreter.outputs(of: ["data": try #require(input)])
        return network.outputs.compactMap { found[$0] }
    }

    @Test("A layer computes the same as with its weight outputs first", arguments: OrderCase.all)
    func kernel(order: OrderCase) throws {
        let (ordered, plain) = try order.nets { sketch, operation in
            let data = sketch.input("data", [2, order.inputs, 5, 6])
            sketch.finish(try sketch.append("op", operation, data))
        }
        #expect(try outputs(ordered.network, ordered.weights) == outputs(plain.network, plain.weights))
    }

    @Test("Affines on both sides fold into it, in the order of the file", arguments: OrderCase.all)
    func folds(order: OrderCase) throws {
        let (ordered, plain) = try order.nets { sketch, operation in
            let data = sketch.input("data", [2, order.inputs, 5, 6])
            let before = sketch.affine(
                "before", of: data, sketch.random.numbers(order.inputs, in: 0.5...2),
                order.isTransposed ? nil : sketch.random.numbers(order.inputs))
            let linear = try sketch.append("op", operation, before)
            sketch.finish(
                sketch.affine(
                    "behind", of: linear, sketch.random.numbers(order.outputs, in: 0.5...2),
                    sketch.random.numbers(order.outputs)))
        }
        #expect(try ordered.outcome().left == [])
        #expect(try plain.outcome().left == [])
        let (found, expected) = (try ordered.folded(), try plain.folded())
        // The sums of a forward shift are formed in the order of the elements, so that their last bits may differ.
        let (one, other) = (
            try outputs(found.network, found.weights)[0], try outputs(expected.network, expected.weights)[0]
        )
        #expect(zip(one.elements, other.elements).allSatisfy { abs($0 - $1) <= 1e-6 * max(abs($1), 1) })
        #expect(found.network[try #require(found.operation("op")?.parameters.first)].shape != nil)
    }

    @Test("A weight that layers share in two orders serves both")
    func shared() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 2, 1, 1])
        let weight = sketch.parameter("weight", [1, 2, 3, 4, 5, 6], shape: [2, 3])
        // (inputs, outputs) of a dense layer, over pixels and over rows.
        let pixels = Convolution(
            weight: weight, weightOrder: .outputsLast, bias: nil, outputChannels: 3, kernel: [1, 1])
        let rows = InnerProduct(weight: weight, bias: nil, outputCount: 3, transposed: true)
        sketch.network.outputs = [
            try sketch.append("a", .convolution(pixels), data), try sketch.append("b", .innerProduct(rows), data),
        ]
        let found = try outputs(sketch.network, sketch.weights)
        #expect(found[0].elements == found[1].elements)
    }

    @Test("A weight whose number of elements does not divide into channels and kernel is refused by name")
    func wrongShape() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 3, 4, 4])
        let weight = sketch.parameter("weight", [Double](repeating: 1, count: 25), shape: [5, 5])
        let convolution = Convolution(
            weight: weight, weightOrder: .outputsLast, bias: nil, outputChannels: 2, kernel: [1, 1])
        let value = try sketch.append("op", .convolution(convolution), data)
        sketch.finish(sketch.affine("scale", of: value, [2, 3]))
        #expect(try sketch.reason("scale") == .weightShape(producer: "op"))
    }
}
