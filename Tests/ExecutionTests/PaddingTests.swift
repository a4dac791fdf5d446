import Execution
import NetGraph
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Padding of each side, windows over many axes, and what forks add to Caffe's own layers.
struct PaddingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var lengths: [Int]
        var pooling: Pooling
    }

    private static func pooling(
        _ method: Pooling.Method, _ kernel: [Int], stride: [Int], pad: [Int], after: [Int], countsPadding: Bool = true
    ) -> Pooling {
        Pooling(
            method: method, kernel: kernel, stride: stride, pad: pad, padAfter: after, countsPadding: countsPadding)
    }

    static let cases: [Case] = [Pooling.Method.max, .average].flatMap { method in
        [
            Case(
                testDescription: "\(method) behind",
                lengths: [7, 6], pooling: pooling(method, [3, 3], stride: [2, 2], pad: [0, 0], after: [1, 1])),
            Case(
                testDescription: "\(method) before",
                lengths: [7, 6], pooling: pooling(method, [3, 2], stride: [1, 2], pad: [2, 1], after: [0, 0])),
            Case(
                testDescription: "\(method) over one axis",
                lengths: [9], pooling: pooling(method, [3], stride: [2], pad: [1], after: [0])),
            Case(
                testDescription: "\(method) over three axes",
                lengths: [4, 5, 6],
                pooling: pooling(method, [2, 3, 2], stride: [1, 2, 2], pad: [1, 0, 1], after: [0, 1, 1])),
            Case(
                testDescription: "\(method) over four axes",
                lengths: [3, 4, 3, 5],
                pooling: pooling(method, [2, 2, 3, 2], stride: [1, 2, 1, 2], pad: [0, 1, 1, 0], after: [1, 0, 1, 1])),
            Case(
                testDescription: "\(method) whose padding does not count",
                lengths: [7, 6],
                pooling: pooling(
                    method, [3, 3], stride: [2, 2], pad: [1, 0], after: [0, 2], countsPadding: false)),
        ]
    }

    @Test("a pooling takes the elements of each window, and divides by what it spans", arguments: cases)
    func pools(_ test: Case) throws {
        let input = Tensor<Double>(noise: [2, 3] + test.lengths)
        let output = try OneLayer(operation: .pooling(test.pooling)).run(input)
        let expected = Tensor<Double>(
            output.shape,
            positions(in: output.shape).map { position in
                Self.value(of: test, at: position, input)
            })
        #expect(output.shape.count == test.lengths.count + 2)
        #expect(expected.distance(to: output) < doubleNoise)
        #expect(expected.distance(to: try OneLayer(operation: .pooling(test.pooling)).run(input.floats)) < floatNoise)
    }

    /// One element by definition: every place of the window is visited, whether the input has it or not.
    private static func value(of test: Case, at position: [Int], _ input: Tensor<Double>) -> Double {
        let pooling = test.pooling
        var largest = -Double(Float.greatestFiniteMagnitude)
        var sum = 0.0
        var count = 0
        for tap in positions(in: pooling.kernel ?? []) {
            let place = test.lengths.indices.map { axis in
                position[2 + axis] * pooling.stride[axis] + tap[axis] - pooling.padBefore[axis]
            }
            let isReal = test.lengths.indices.allSatisfy { (0..<test.lengths[$0]).contains(place[$0]) }
            let isPadding = test.lengths.indices.allSatisfy { place[$0] < test.lengths[$0] + pooling.padAfter[$0] }
            if isReal || pooling.countsPadding && isPadding { count += 1 }
            guard isReal else { continue }
            var index = position[0] * 3 + position[1]
            for axis in test.lengths.indices { index = index * test.lengths[axis] + place[axis] }
            sum += input.elements[index]
            largest = max(largest, input.elements[index])
        }
        return pooling.method == .max ? largest : sum / Double(count)
    }

    @Test("padding that covers the input is that padding, pixel by pixel", arguments: 5...8, [1, 2, 3])
    func covers(length: Int, stride: Int) throws {
        let input = Tensor<Double>(noise: [1, 3, length, 6])
        var convolution = Convolution(
            weight: ParameterID(0), bias: nil, outputChannels: 8, kernel: [3, 2], stride: [stride, 1],
            padsToCover: true)
        var pooling = Pooling(
            method: .average, kernel: [3, 2], stride: [stride, 1], pad: [0, 0], padsToCover: true)
        let weight = Tensor<Double>(noise: [8, 3, 3, 2], seed: 2)
        let convolved = try OneLayer(operation: .convolution(convolution), parameters: [weight]).run(input)
        let pooled = try OneLayer(operation: .pooling(pooling)).run(input)
        (convolution.padBefore, convolution.padAfter) = convolution.padding(of: [length, 6])
        (pooling.padBefore, pooling.padAfter) = pooling.padding(of: [length, 6])
        (convolution.padsToCover, pooling.padsToCover, pooling.roundsUp) = (false, false, false)
        #expect(convolved.shape == [1, 8, (length + stride - 1) / stride, 6])
        #expect(try convolved == OneLayer(operation: .convolution(convolution), parameters: [weight]).run(input))
        #expect(try pooled == OneLayer(operation: .pooling(pooling)).run(input))
    }

    @Test("a pixel shuffle puts each group of channels into a block of pixels")
    func pixelShuffle() throws {
        let input = Tensor<Double>(counting: [2, 8, 3, 2])
        let output = try OneLayer(operation: .pixelShuffle(factor: 2)).run(input)
        let expected = Tensor<Double>(
            [2, 2, 6, 4],
            positions(in: [2, 2, 6, 4]).map { place in
                input[place[0], place[1] * 4 + place[2] % 2 * 2 + place[3] % 2, place[2] / 2, place[3] / 2]
            })
        #expect(output == expected)
    }

    @Test("an ELU may have a factor, on both sides of 0")
    func scaledELU() throws {
        let output = try OneLayer(operation: .activation(.elu(alpha: 1.5, scale: 2))).run(
            Tensor<Double>([1, 1, 1, 2], [3, -1]))
        #expect(output.elements[0] == 6)
        #expect(abs(output.elements[1] - 3 * (exp(-1) - 1)) < 1e-12)
    }

    @Test("epsilon may be added to the deviation instead of the variance")
    func epsilonOfDeviation() throws {
        var batchNorm = BatchNorm(mean: ParameterID(0), variance: ParameterID(1), epsilon: 0.5)
        batchNorm.addsEpsilonToDeviation = true
        let output = try OneLayer(
            operation: .batchNorm(batchNorm), parameters: [Tensor([1], [1]), Tensor([1], [4])]
        ).run(Tensor<Double>([1, 1, 1, 1], [6]))
        #expect(output.elements == [2])
    }
}
