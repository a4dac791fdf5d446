import Execution
import NetGraph
import Testing

/// Pooling against the loops of Caffe's definition, and its borders one by one.
struct PoolingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var plane: [Int]
        var kernel: [Int]
        var stride: [Int]
        var pad = [0, 0]
        var roundsUp = true
        var output: [Int]
    }

    static let cases = [
        Case(testDescription: "fits", plane: [6, 8], kernel: [2, 2], stride: [2, 2], output: [3, 4]),
        Case(testDescription: "overhang", plane: [7, 8], kernel: [2, 3], stride: [2, 2], output: [4, 4]),
        Case(
            testDescription: "floor", plane: [7, 8], kernel: [2, 3], stride: [2, 2], roundsUp: false, output: [3, 3]),
        Case(
            testDescription: "padding", plane: [5, 5], kernel: [3, 3], stride: [2, 2], pad: [1, 1], output: [3, 3]),
        Case(
            testDescription: "padding and overhang", plane: [6, 6], kernel: [3, 3], stride: [2, 2], pad: [1, 1],
            output: [4, 4]),
        Case(
            testDescription: "a window in the padding goes", plane: [4, 4], kernel: [2, 2], stride: [3, 3],
            pad: [1, 1], output: [2, 2]),
        Case(testDescription: "overlap", plane: [5, 6], kernel: [3, 3], stride: [1, 1], output: [3, 4]),
        Case(
            testDescription: "stride beyond the kernel", plane: [7, 9], kernel: [2, 2], stride: [4, 5], output: [3, 3]),
    ]

    @Test("the largest element of each window", arguments: cases)
    func maximum(_ test: Case) throws {
        try check(test, .max) { elements, _ in elements.reduce(-Double(Float.greatestFiniteMagnitude), max) }
    }

    @Test("the average divides by the window with its padding, but without the overhang", arguments: cases)
    func average(_ test: Case) throws {
        try check(test, .average) { elements, size in elements.reduce(0, +) / Double(size) }
    }

    /// Caffe's `pooling_layer.cpp`, with the elements of each window and the area that an average divides by.
    private func check(_ test: Case, _ method: Pooling.Method, _ value: ([Double], Int) -> Double) throws {
        let input = Tensor<Double>(noise: [2, 3] + test.plane)
        let pooling = Pooling(
            method: method, kernel: test.kernel, stride: test.stride, pad: test.pad, roundsUp: test.roundsUp)
        let layer = OneLayer(operation: .pooling(pooling))
        let shape = [2, 3] + test.output
        let expected = Tensor<Double>(
            shape,
            positions(in: shape).map { position in
                var ranges: [Range<Int>] = []
                var area = 1
                for axis in 0..<2 {
                    let start = position[2 + axis] * test.stride[axis] - test.pad[axis]
                    let end = min(start + test.kernel[axis], test.plane[axis] + test.pad[axis])
                    area *= end - start
                    let first = max(start, 0)
                    ranges.append(first..<max(min(end, test.plane[axis]), first))
                }
                let elements = ranges[0].flatMap { y in ranges[1].map { x in input[position[0], position[1], y, x] } }
                return value(elements, area)
            })
        #expect(expected.distance(to: try layer.run(input)) < doubleNoise)
        #expect(expected.distance(to: try layer.run(input.floats)) < floatNoise)
    }

    private func pool(_ method: Pooling.Method, _ input: Tensor<Double>, kernel: [Int]?, stride: [Int] = [1, 1]) throws
        -> Tensor<Double>
    {
        try OneLayer(operation: .pooling(Pooling(method: method, kernel: kernel, stride: stride, pad: [0, 0]))).run(
            input)
    }

    @Test("a window that lies outside altogether gives the lowest Float as a maximum and NaN as an average")
    func outside() throws {
        let far = try pool(.max, Tensor([1, 1, 1, 3], [1, 2, 3]), kernel: [1, 1], stride: [1, 3])
        #expect(far.elements == [1, -Double(Float.greatestFiniteMagnitude)])
        let average = try pool(.average, Tensor([1, 1, 1, 3], [1, 2, 3]), kernel: [1, 1], stride: [1, 3])
        #expect(average.elements[0] == 1 && average.elements[1].isNaN)
    }

    @Test("a maximum passes over NaN, an average does not")
    func notANumber() throws {
        let input = Tensor<Double>([1, 1, 1, 4], [.nan, 2, .nan, .nan])
        #expect(
            try pool(.max, input, kernel: [1, 2], stride: [1, 2]).elements == [
                2, -Double(Float.greatestFiniteMagnitude),
            ])
        #expect(try pool(.average, input, kernel: [1, 2], stride: [1, 2]).elements.allSatisfy(\.isNaN))
    }

    @Test("maxima are the same whether their places are asked for or not")
    func withoutPlaces() throws {
        var elements = Tensor<Double>(noise: [1, 2, 6, 9]).elements
        for index in elements.indices where index % 4 == 0 { elements[index] = index % 3 == 0 ? .nan : -.infinity }
        let input = Tensor<Double>([1, 2, 6, 9], elements)
        let operation = Operation.pooling(Pooling(method: .max, kernel: [2, 3], stride: [2, 2], pad: [1, 1]))
        let maxima = try OneLayer(operation: operation).run(input)
        #expect(maxima.shape[3] > 4)
        #expect(try maxima == OneLayer(operation: operation, outputCount: 2).run([input])[0])
    }

    @Test("many windows in a row, of which the last lies outside")
    func manyWindows() throws {
        let output = try pool(.max, Tensor(counting: [1, 1, 1, 8]), kernel: [1, 1], stride: [1, 3])
        #expect(output.elements == [0, 3, 6, -Double(Float.greatestFiniteMagnitude)])
    }

    @Test("without a kernel the window is the whole plane")
    func global() throws {
        let input = Tensor<Double>(counting: [1, 2, 2, 3])
        #expect(try pool(.average, input, kernel: nil) == Tensor([1, 2, 1, 1], [2.5, 8.5]))
        #expect(try pool(.max, input, kernel: nil) == Tensor([1, 2, 1, 1], [5, 11]))
    }

    @Test("a second output tells the place of each maximum in its plane, the first of equal ones")
    func mask() throws {
        let pooling = Pooling(method: .max, kernel: [2, 2], stride: [2, 2], pad: [0, 0])
        let input = Tensor<Double>([1, 2, 2, 4], [1, 5, 7, 7, 2, 3, 7, 0, 0, 0, 0, 0, 9, 0, 0, 8])
        let outputs = try OneLayer(operation: .pooling(pooling), outputCount: 2).run([input])
        #expect(outputs[0].elements == [5, 7, 9, 8])
        #expect(outputs[1].elements == [1, 2, 4, 7])
    }

    @Test("stochastic pooling weighs each element by its share")
    func stochastic() throws {
        let input = Tensor<Double>([1, 1, 1, 4], [1, 3, 0, 0])
        #expect(try pool(.stochastic, input, kernel: [1, 2], stride: [1, 2]).elements == [2.5, 0])
    }

    @Test("three spatial axes are pooled as two are")
    func volume() throws {
        let pooling = Pooling(method: .max, kernel: [2, 2, 2], stride: [2, 2, 2], pad: [0, 0, 0])
        let output = try OneLayer(operation: .pooling(pooling)).run(Tensor<Double>(counting: [1, 1, 2, 4, 4]))
        #expect(output == Tensor([1, 1, 1, 2, 2], [21, 23, 29, 31]))
    }

    @Test("a pyramid joins the bins of all its levels")
    func pyramid() throws {
        let input = Tensor<Double>(counting: [2, 2, 4, 4])
        let output = try OneLayer(operation: .spatialPyramid(SpatialPyramid(method: .max, levels: 2))).run(input)
        #expect(output.shape == [2, 10])
        #expect(output.elements.prefix(10) == [15, 31, 5, 7, 13, 15, 21, 23, 29, 31])
    }

    @Test("a pyramid of one level keeps four axes")
    func oneLevel() throws {
        let output = try OneLayer(operation: .spatialPyramid(SpatialPyramid(method: .average, levels: 1)))
            .run(Tensor<Double>(counting: [1, 2, 2, 2]))
        #expect(output == Tensor([1, 2, 1, 1], [1.5, 5.5]))
    }

    @Test("a pyramid with more bins than pixels is an error")
    func tooHigh() throws {
        let layer = OneLayer(operation: .spatialPyramid(SpatialPyramid(method: .max, levels: 63)))
        #expect(throws: ExecutionError.self) { try layer.run(Tensor<Double>(counting: [1, 1, 3, 3])) }
    }
}
