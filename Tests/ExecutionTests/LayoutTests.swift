import Execution
import NetGraph
import Testing

/// Kernels that move elements, and those that pick or sum them.
struct LayoutTests {
    private let input = Tensor<Double>(counting: [2, 3, 2, 2])

    private func run(_ operation: Operation, _ inputs: [Tensor<Double>], outputs: Int = 1) throws -> [Tensor<Double>] {
        try OneLayer(operation: operation, outputCount: outputs).run(inputs)
    }

    private func map(_ shape: [Int], _ place: ([Int]) -> [Int]) -> Tensor<Double> {
        Tensor(shape, positions(in: shape).map { input[place($0)] })
    }

    @Test("Concat joins along its axis", arguments: [0, 1, 3, -2])
    func concat(axis: Int) throws {
        let joined = try run(.concat(axis: axis), [input, input])[0]
        let first = axis < 0 ? axis + 4 : axis
        var shape = input.shape
        shape[first] *= 2
        let wanted = map(shape) { position in
            var place = position
            place[first] %= input.shape[first]
            return place
        }
        #expect(joined == wanted)
    }

    @Test("Slice undoes what Concat joined")
    func slice() throws {
        let other = Tensor<Double>(noise: [2, 1, 2, 2])
        let joined = try run(.concat(axis: 1), [input, other])[0]
        #expect(try run(.slice(axis: 1, points: [3]), [joined], outputs: 2) == [input, other])
        #expect(
            try run(.slice(axis: 1, points: []), [joined], outputs: 4).map(\.shape)
                == [[Int]](repeating: [2, 1, 2, 2], count: 4))
    }

    @Test("Crop takes the window of its second input", arguments: [[], [1], [1, 0]])
    func crop(offsets: [Int]) throws {
        let like = Tensor<Double>(counting: [2, 3, 1, 1])
        let output = try run(.crop(axis: 2, offsets: offsets), [input, like])[0]
        let starts = offsets.isEmpty ? [0, 0] : offsets.count == 1 ? [1, 1] : offsets
        #expect(output == map([2, 3, 1, 1]) { [$0[0], $0[1], starts[0], starts[1]] })
    }

    @Test("a crop that reaches beyond its input is an error", arguments: [[2], [.max], [0, 0, 0]])
    func wideCrop(offsets: [Int]) {
        let like = Tensor<Double>(counting: [2, 3, 1, 1])
        #expect(throws: ExecutionError.self) { try run(.crop(axis: 2, offsets: offsets), [input, like]) }
    }

    @Test("Permute gives axes another order, those not named behind the others")
    func permute() throws {
        #expect(
            try run(.permute(order: [0, 2, 3, 1]), [input])[0] == map([2, 2, 2, 3]) { [$0[0], $0[3], $0[1], $0[2]] })
        #expect(try run(.permute(order: [1]), [input])[0] == map([3, 2, 2, 2]) { [$0[1], $0[0], $0[2], $0[3]] })
    }

    @Test("an order with an axis twice or one too many is an error", arguments: [[0, 0], [4], [-1]])
    func wrongOrder(order: [Int]) {
        #expect(throws: ExecutionError.self) { try run(.permute(order: order), [input]) }
    }

    @Test("ShuffleChannel reads a table of channels by columns")
    func shuffle() throws {
        let channels = Tensor<Double>([1, 6, 1, 1], [0, 1, 2, 3, 4, 5])
        #expect(try run(.shuffleChannel(groups: 2), [channels])[0].elements == [0, 3, 1, 4, 2, 5])
        #expect(try run(.shuffleChannel(groups: 3), [channels])[0].elements == [0, 2, 4, 1, 3, 5])
        #expect(throws: ExecutionError.self) { try run(.shuffleChannel(groups: 4), [channels]) }
    }

    @Test("Tile repeats along its axis")
    func tile() throws {
        #expect(
            try run(.tile(axis: 1, count: 3), [input])[0] == map([2, 9, 2, 2]) { [$0[0], $0[1] % 3, $0[2], $0[3]] })
    }

    @Test("Flatten and Reshape keep the elements, Split hands out copies")
    func regrouping() throws {
        let flat = try run(.flatten(first: 1, last: -1), [input])[0]
        #expect(flat == Tensor([2, 12], input.elements))
        #expect(try run(.reshape(Reshape(dimensions: [0, -1, 2])), [input])[0] == Tensor([2, 6, 2], input.elements))
        #expect(try run(.split, [input], outputs: 3) == [input, input, input])
        #expect(throws: ExecutionError.self) { try run(.reshape(Reshape(dimensions: [5, 5])), [input]) }
    }

    @Test("a reduction makes one number of everything behind its axis")
    func reduction() throws {
        let numbers = Tensor<Double>([2, 3], [1, -2, 3, -4, 5, -6])
        func reduce(_ method: Reduction.Method, axis: Int = 1) throws -> Tensor<Double> {
            try run(.reduction(Reduction(method: method, axis: axis, coefficient: 2)), [numbers])[0]
        }
        #expect(try reduce(.sum) == Tensor([2], [4, -10]))
        #expect(try reduce(.sumOfMagnitudes) == Tensor([2], [12, 30]))
        #expect(try reduce(.sumOfSquares) == Tensor([2], [28, 154]))
        #expect(try reduce(.mean, axis: 0) == Tensor([], [-1]))
    }

    @Test("ArgMax takes the last of equal elements, as Caffe does")
    func argMax() throws {
        let numbers = Tensor<Double>([2, 4], [1, 7, 7, 2, 9, 0, 3, 9])
        func best(_ argMax: ArgMax) throws -> Tensor<Double> { try run(.argMax(argMax), [numbers])[0] }
        #expect(try best(ArgMax()) == Tensor([2, 1, 1], [2, 3]))
        #expect(try best(ArgMax(topCount: 3)) == Tensor([2, 1, 3], [2, 1, 3, 3, 0, 2]))
        #expect(try best(ArgMax(topCount: 2, givesValues: true)) == Tensor([2, 2, 2], [2, 1, 7, 7, 3, 0, 9, 9]))
        #expect(try best(ArgMax(axis: 0)) == Tensor([1, 4], [1, 0, 0, 1]))
        #expect(try best(ArgMax(axis: 0, givesValues: true)) == Tensor([1, 4], [9, 7, 7, 9]))
        #expect(throws: ExecutionError.self) { try best(ArgMax(topCount: 5)) }
    }

    @Test("BatchReindex picks images in the order asked for")
    func batchReindex() throws {
        let order = Tensor<Double>([3], [1, 0, 1])
        #expect(
            try run(.batchReindex, [input, order])[0]
                == map([3, 3, 2, 2]) { [[1, 0, 1][$0[0]], $0[1], $0[2], $0[3]] })
        for wrong in [2, -1, Double.nan, .infinity] {
            #expect(throws: ExecutionError.self) { try run(.batchReindex, [input, Tensor([1], [wrong])]) }
        }
    }

    @Test("Filter keeps the images whose selector is not 0")
    func filter() throws {
        let selector = Tensor<Double>([2, 1], [0, 5])
        let outputs = try run(.filter, [input, Tensor<Double>([2], [7, 8]), selector], outputs: 2)
        #expect(outputs == [map([1, 3, 2, 2]) { [1, $0[1], $0[2], $0[3]] }, Tensor([1], [8])])
        let none = try run(.filter, [input, Tensor([2], [0, 0])])[0]
        #expect(none.shape == [0, 3, 2, 2])
    }

    @Test("DummyData is the same number throughout")
    func fill() throws {
        let outputs = try run(.fill(Fill(shapes: [[2, 2], [1]], values: [3, -1])), [], outputs: 2)
        #expect(outputs == [Tensor([2, 2], [3, 3, 3, 3]), Tensor([1], [-1])])
    }
}
