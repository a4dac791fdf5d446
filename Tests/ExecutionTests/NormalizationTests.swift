import Execution
import Foundation
import NetGraph
import Testing

struct NormalizationTests {
    private let input = Tensor<Double>(noise: [2, 4, 3, 5])

    @Test("a softmax is exp(x) by its sum along the axis", arguments: [1, 2, -1])
    func softmax(axis: Int) throws {
        let output = try OneLayer(operation: .softmax(axis: axis)).run(input)
        let first = axis < 0 ? 3 : axis
        let wanted = Tensor<Double>(
            input.shape,
            positions(in: input.shape).map { position in
                let sum = (0..<input.shape[first]).reduce(0.0) { sum, index in
                    var other = position
                    other[first] = index
                    return sum + exp(input[other])
                }
                return exp(input[position]) / sum
            })
        #expect(wanted.distance(to: output) < doubleNoise)
    }

    @Test("a softmax of large numbers does not overflow")
    func largeSoftmax() throws {
        let output = try OneLayer(operation: .softmax(axis: 1)).run(
            Tensor<Float>(shape: [1, 2], elements: [1000, 1000])!)
        #expect(output.elements == [0.5, 0.5])
    }

    @Test("local response across channels divides by the neighbours' squares", arguments: [1, 3, 5, 9])
    func acrossChannels(size: Int) throws {
        let response = LocalResponse(region: .acrossChannels, size: size, alpha: 2, beta: 0.75, k: 1.5)
        let output = try OneLayer(operation: .localResponse(response)).run(input)
        let wanted = Tensor<Double>(
            input.shape,
            positions(in: input.shape).map { position in
                let reach = (size - 1) / 2
                let sum = (max(position[1] - reach, 0)...min(position[1] + reach, 3)).reduce(0.0) {
                    $0 + pow(input[position[0], $1, position[2], position[3]], 2)
                }
                return input[position] * pow(1.5 + 2 / Double(size) * sum, -0.75)
            })
        #expect(wanted.distance(to: output) < doubleNoise)
    }

    @Test("local response within a channel divides by the whole window and knows no k", arguments: [1, 3, 7])
    func withinChannel(size: Int) throws {
        let response = LocalResponse(region: .withinChannel, size: size, alpha: 2, beta: 0.5, k: 9)
        let output = try OneLayer(operation: .localResponse(response)).run(input)
        let reach = (size - 1) / 2
        let wanted = Tensor<Double>(
            input.shape,
            positions(in: input.shape).map { position in
                var sum = 0.0
                for y in max(position[2] - reach, 0)...min(position[2] + reach, 2) {
                    for x in max(position[3] - reach, 0)...min(position[3] + reach, 4) {
                        sum += pow(input[position[0], position[1], y, x], 2)
                    }
                }
                return input[position] * pow(1 + 2 / Double(size * size) * sum, -0.5)
            })
        #expect(wanted.distance(to: output) < doubleNoise)
    }

    @Test(
        "MVN takes off the mean and divides by deviation plus epsilon",
        arguments: [(true, true), (true, false), (false, true), (false, false)])
    func meanVariance(normalizesVariance: Bool, isAcrossChannels: Bool) throws {
        let operation = MeanVariance(
            normalizesVariance: normalizesVariance, isAcrossChannels: isAcrossChannels, epsilon: 0.5)
        let output = try OneLayer(operation: .meanVariance(operation)).run(input)
        let length = isAcrossChannels ? 60 : 15
        var wanted: [Double] = []
        for start in stride(from: 0, to: 120, by: length) {
            let part = input.elements[start..<start + length]
            let mean = part.reduce(0, +) / Double(length)
            let variance = part.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) } / Double(length)
            wanted += part.map { normalizesVariance ? ($0 - mean) / (variance.squareRoot() + 0.5) : $0 - mean }
        }
        #expect(Tensor<Double>(input.shape, wanted).distance(to: output) < doubleNoise)
    }

    @Test("Normalize divides by the norm of the channels at each pixel")
    func channelNorm() throws {
        let scale = Tensor<Double>([4], [1, 2, 3, 4])
        let output = try OneLayer(
            operation: .normalize(Normalize(scale: ParameterID(0), isAcrossSpatial: false, epsilon: 0.25)),
            parameters: [scale]
        ).run(input)
        let wanted = Tensor<Double>(
            input.shape,
            positions(in: input.shape).map { position in
                let sum = (0..<4).reduce(0.25) { $0 + pow(input[position[0], $1, position[2], position[3]], 2) }
                return input[position] / sum.squareRoot() * Double(position[1] + 1)
            })
        #expect(wanted.distance(to: output) < doubleNoise)
    }

    @Test("Normalize may divide by the norm of the whole image, with one factor")
    func imageNorm() throws {
        let output = try OneLayer(
            operation: .normalize(Normalize(scale: ParameterID(0), epsilon: 0)), parameters: [Tensor([], [20])]
        ).run(input)
        let norms = (0..<2).map { image in
            input.elements[image * 60..<image * 60 + 60].reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        let wanted = Tensor<Double>(
            input.shape, input.elements.enumerated().map { $1 / norms[$0 / 60] * 20 })
        #expect(wanted.distance(to: output) < 20 * doubleNoise)
    }
}
