import Execution
import NetGraph
import Testing

/// Convolutions against their definition, written as one loop over everything.
struct ConvolutionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var input: [Int]
        var convolution: Convolution

        init(
            _ name: String, input: [Int], outputs: Int, groups: Int = 1, kernel: [Int], stride: [Int]? = nil,
            pad: [Int]? = nil, padAfter: [Int]? = nil, dilation: [Int]? = nil, bias: Bool = true, axis: Int = 1
        ) {
            testDescription = name
            self.input = input
            convolution = Convolution(
                weight: ParameterID(0), bias: bias ? ParameterID(1) : nil, outputChannels: outputs, groups: groups,
                kernel: kernel, stride: stride, padBefore: pad, padAfter: padAfter, dilation: dilation,
                channelAxis: axis)
        }
    }

    static let cases = [
        Case("3x3", input: [2, 3, 7, 6], outputs: 4, kernel: [3, 3]),
        Case("padding and stride", input: [2, 3, 7, 6], outputs: 4, kernel: [3, 3], stride: [2, 3], pad: [1, 2]),
        Case("dilation", input: [1, 2, 9, 8], outputs: 3, kernel: [3, 2], pad: [2, 1], dilation: [2, 3]),
        Case(
            "another padding behind", input: [1, 3, 5, 5], outputs: 3, kernel: [3, 3], pad: [0, 1], padAfter: [2, 0]),
        Case("padding wider than the input", input: [1, 3, 2, 2], outputs: 3, kernel: [3, 3], pad: [4, 4]),
        Case("1x1", input: [2, 5, 4, 3], outputs: 6, kernel: [1, 1]),
        Case("1x1 with a stride", input: [2, 5, 5, 4], outputs: 6, kernel: [1, 1], stride: [2, 2], bias: false),
        Case("groups", input: [2, 6, 5, 5], outputs: 9, groups: 3, kernel: [3, 3], pad: [1, 1]),
        Case("depthwise", input: [2, 6, 5, 7], outputs: 6, groups: 6, kernel: [3, 3], stride: [2, 1], pad: [1, 1]),
        Case("depthwise with two outputs a channel", input: [1, 3, 5, 5], outputs: 6, groups: 3, kernel: [3, 3]),
        Case("many images", input: [9, 3, 5, 5], outputs: 4, kernel: [3, 3], pad: [1, 1]),
        Case("one axis", input: [2, 3, 11], outputs: 4, kernel: [4], stride: [2], pad: [1], dilation: [2]),
        Case(
            "three axes", input: [2, 3, 4, 5, 6], outputs: 4, kernel: [2, 3, 3], stride: [2, 1, 2], pad: [0, 1, 1]),
        Case("four axes", input: [1, 2, 3, 3, 3, 3], outputs: 5, kernel: [2, 2, 2, 2], pad: [1, 0, 1, 0]),
        Case("as large as the input", input: [2, 3, 4, 5], outputs: 4, kernel: [3, 5], pad: [1, 2]),
        Case("as large, from one pixel", input: [1, 3, 1, 1], outputs: 2, kernel: [3, 3], pad: [1, 1]),
        Case(
            "as large, from a kernel wider than that", input: [1, 2, 3, 2], outputs: 3, kernel: [9, 7], pad: [4, 3]),
        Case(
            "as large, with dilation", input: [1, 2, 4, 3], outputs: 3, kernel: [3, 3], pad: [2, 2], dilation: [2, 2]),
        Case("as large, on three axes", input: [1, 2, 3, 4, 3], outputs: 3, kernel: [3, 3, 3], pad: [1, 1, 1]),
        Case(
            "as wide, with a stride above", input: [1, 2, 7, 3], outputs: 3, kernel: [3, 3], stride: [2, 1],
            pad: [1, 1]),
        Case("channels on axis 2", input: [2, 3, 4, 5, 5], outputs: 3, kernel: [3, 3], axis: 2),
    ]

    @Test("a convolution is the sum over its window", arguments: cases)
    func convolution(_ test: Case) throws {
        let input = Tensor<Double>(noise: test.input)
        let parameters = Self.parameters(of: test, isTransposed: false)
        let layer = OneLayer(operation: .convolution(test.convolution), parameters: parameters)
        let expected = Self.naive(test.convolution, input, parameters)
        #expect(expected.distance(to: try layer.run(input)) < doubleNoise)
        #expect(expected.distance(to: try layer.run(input.floats)) < floatNoise)
    }

    @Test(
        "a deconvolution spreads each element over its window",
        arguments: cases.filter { $0.convolution.padBefore.max()! < 4 })
    func deconvolution(_ test: Case) throws {
        let input = Tensor<Double>(noise: test.input)
        let parameters = Self.parameters(of: test, isTransposed: true)
        let layer = OneLayer(operation: .deconvolution(test.convolution), parameters: parameters)
        let expected = Self.naiveTransposed(test.convolution, input, parameters)
        #expect(expected.distance(to: try layer.run(input)) < doubleNoise)
        #expect(expected.distance(to: try layer.run(input.floats)) < floatNoise)
    }

    @Test("results do not depend on the number of threads, to the last bit", arguments: cases)
    func threads(_ test: Case) throws {
        let input = Tensor<Double>(noise: test.input).floats
        for isTransposed in [false, true] where test.convolution.padBefore.max()! < 4 {
            var layer = OneLayer(
                operation: isTransposed ? .deconvolution(test.convolution) : .convolution(test.convolution),
                parameters: Self.parameters(of: test, isTransposed: isTransposed))
            layer.options.threadCount = 1
            let alone = try layer.run(input)
            for count in [2, 3, 7] {
                layer.options.threadCount = count
                #expect(try layer.run(input) == alone)
            }
        }
    }

    @Test("columns that are made in several chunks make one output", arguments: [1, 3])
    func chunks(threadCount: Int) throws {
        // 16 x 9 x 9 rows of columns: fewer than 1600 of them fit into a mebi element.
        let convolution = Convolution(
            weight: ParameterID(0), bias: nil, outputChannels: 5, kernel: [9, 9], padBefore: [4, 4])
        let ones = Tensor<Double>([5, 16, 9, 9], [Double](repeating: 1, count: 5 * 16 * 81))
        var layer = OneLayer(operation: .convolution(convolution), parameters: [ones])
        layer.options.threadCount = threadCount
        let input = Tensor<Double>(noise: [1, 16, 40, 40])
        let sums = (0..<1600).map { pixel in (0..<16).reduce(0.0) { $0 + input.elements[$1 * 1600 + pixel] } }
        let plane = (0..<1600).map { pixel in
            var sum = 0.0
            for y in max(pixel / 40 - 4, 0)...min(pixel / 40 + 4, 39) {
                for x in max(pixel % 40 - 4, 0)...min(pixel % 40 + 4, 39) { sum += sums[y * 40 + x] }
            }
            return sum
        }
        let expected = Tensor<Double>([1, 5, 40, 40], (0..<5).flatMap { _ in plane })
        #expect(expected.distance(to: try layer.run(input)) < doubleNoise)
    }

    @Test("a product of many tiles is the one of the definition, on any number of threads", arguments: [1, 2, 7])
    func tiles(threadCount: Int) throws {
        let (outputs, inputs, pixels) = (300, 3, 1100)
        let convolution = Convolution(
            weight: ParameterID(0), bias: ParameterID(1), outputChannels: outputs, kernel: [1, 1])
        let weight = Tensor<Double>(noise: [outputs, inputs, 1, 1], seed: 5)
        let bias = Tensor<Double>(noise: [outputs], seed: 6)
        let input = Tensor<Double>(noise: [1, inputs, 20, 55])
        var layer = OneLayer(operation: .convolution(convolution), parameters: [weight, bias])
        layer.options.threadCount = threadCount
        let expected = Tensor<Double>(
            [1, outputs, 20, 55],
            (0..<outputs * pixels).map { index in
                let (channel, pixel) = index.quotientAndRemainder(dividingBy: pixels)
                return (0..<inputs).reduce(bias.elements[channel]) {
                    $0 + weight.elements[channel * inputs + $1] * input.elements[$1 * pixels + pixel]
                }
            })
        #expect(expected.distance(to: try layer.run(input)) < doubleNoise)
    }

    @Test("the same weights work on several inputs")
    func severalInputs() throws {
        let test = Self.cases[0]
        let inputs = [Tensor<Double>(noise: test.input), Tensor<Double>(noise: [1, 3, 5, 9], seed: 2)]
        let parameters = Self.parameters(of: test, isTransposed: false)
        let outputs = try OneLayer(
            operation: .convolution(test.convolution), outputCount: 2, parameters: parameters
        ).run(inputs)
        for (input, output) in zip(inputs, outputs) {
            #expect(Self.naive(test.convolution, input, parameters).distance(to: output) < doubleNoise)
        }
    }

    @Test("a weight of another size is an error")
    func wrongWeight() throws {
        let layer = OneLayer(
            operation: .convolution(Self.cases[0].convolution),
            parameters: [Tensor(noise: [4, 3, 3, 2]), Tensor(noise: [4])])
        #expect(throws: ExecutionError.self) { try layer.run(Tensor<Double>(noise: [2, 3, 7, 6])) }
    }

    @Test("im2col puts each window into a column")
    func columns() throws {
        let operation = Im2col(kernel: [2, 3], stride: [1, 2], pad: [1, 0], dilation: [1, 1])
        let input = Tensor<Double>(noise: [2, 3, 4, 7])
        let output = try OneLayer(operation: .im2col(operation)).run(input)
        #expect(output.shape == [2, 18, 5, 3])
        for position in positions(in: output.shape) {
            let (image, row, y, x) = (position[0], position[1], position[2], position[3])
            let place = [image, row / 6, y - 1 + row / 3 % 2, 2 * x + row % 3]
            let inside = (0..<4).contains(place[2])
            #expect(output[position] == (inside ? input[place] : 0))
        }
    }

    // MARK: The definition

    static func parameters(of test: Case, isTransposed: Bool) -> [Tensor<Double>] {
        let convolution = test.convolution
        let inputs = test.input[convolution.channelAxis]
        let shape =
            (isTransposed
                ? [inputs, convolution.outputChannels / convolution.groups]
                : [convolution.outputChannels, inputs / convolution.groups]) + convolution.kernel
        return [Tensor(noise: shape, seed: 5), Tensor(noise: [convolution.outputChannels], seed: 6)]
    }

    static func naive(
        _ convolution: Convolution, _ input: Tensor<Double>, _ parameters: [Tensor<Double>]
    ) -> Tensor<Double> {
        let axis = convolution.channelAxis
        let spatial = convolution.kernel.indices.map { index in
            let extent = convolution.dilation[index] * (convolution.kernel[index] - 1) + 1
            let room =
                input.shape[axis + 1 + index] + convolution.padBefore[index] + convolution.padAfter[index] - extent
            return room / convolution.stride[index] + 1
        }
        let shape = Array(input.shape[..<axis]) + [convolution.outputChannels] + spatial
        let inputsPerGroup = input.shape[axis] / convolution.groups
        let outputsPerGroup = convolution.outputChannels / convolution.groups
        let taps = positions(in: convolution.kernel)
        return Tensor(
            shape,
            positions(in: shape).map { position in
                let channel = position[axis]
                var sum = convolution.bias == nil ? 0 : parameters[1][channel]
                for index in 0..<inputsPerGroup {
                    for tap in taps {
                        var place = Array(position[..<axis]) + [channel / outputsPerGroup * inputsPerGroup + index]
                        for (axis, offset) in tap.enumerated() {
                            place.append(
                                position[convolution.channelAxis + 1 + axis] * convolution.stride[axis]
                                    - convolution.padBefore[axis] + offset * convolution.dilation[axis])
                        }
                        guard zip(place, input.shape).allSatisfy({ (0..<$1).contains($0) }) else { continue }
                        sum += input[place] * parameters[0][[channel, index] + tap]
                    }
                }
                return sum
            })
    }

    static func naiveTransposed(
        _ convolution: Convolution, _ input: Tensor<Double>, _ parameters: [Tensor<Double>]
    ) -> Tensor<Double> {
        let axis = convolution.channelAxis
        let spatial = convolution.kernel.indices.map { index in
            let extent = convolution.dilation[index] * (convolution.kernel[index] - 1) + 1
            return convolution.stride[index] * (input.shape[axis + 1 + index] - 1) + extent
                - convolution.padBefore[index] - convolution.padAfter[index]
        }
        let shape = Array(input.shape[..<axis]) + [convolution.outputChannels] + spatial
        let inputsPerGroup = input.shape[axis] / convolution.groups
        let outputsPerGroup = convolution.outputChannels / convolution.groups
        var sums: [[Int]: Double] = [:]
        for position in positions(in: input.shape) {
            let channel = position[axis]
            for output in 0..<outputsPerGroup {
                for tap in positions(in: convolution.kernel) {
                    var place = Array(position[..<axis]) + [channel / inputsPerGroup * outputsPerGroup + output]
                    for (index, offset) in tap.enumerated() {
                        place.append(
                            position[axis + 1 + index] * convolution.stride[index] - convolution.padBefore[index]
                                + offset * convolution.dilation[index])
                    }
                    sums[place, default: 0] += input[position] * parameters[0][[channel, output] + tap]
                }
            }
        }
        return Tensor(
            shape,
            positions(in: shape).map { (sums[$0] ?? 0) + (convolution.bias == nil ? 0 : parameters[1][$0[axis]]) })
    }
}
