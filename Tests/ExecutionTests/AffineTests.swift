import Execution
import NetGraph
import Testing

struct AffineTests {
    private let input = Tensor<Double>(noise: [2, 3, 2, 2])

    private func batchNorm(_ batchNorm: BatchNorm, _ vectors: [[Double]]) throws -> Tensor<Double> {
        try OneLayer(operation: .batchNorm(batchNorm), parameters: vectors.map { Tensor([$0.count], $0) }).run(input)
    }

    /// A formula for each element and its channel.
    private func expected(_ formula: (Double, Int) -> Double) -> Tensor<Double> {
        Tensor(input.shape, input.elements.enumerated().map { formula($1, $0 / 4 % 3) })
    }

    @Test("a BatchNorm divides its sums by their factor")
    func factor() throws {
        let output = try batchNorm(
            BatchNorm(mean: ParameterID(0), variance: ParameterID(1), factor: ParameterID(2), epsilon: 0.5),
            [[1, 2, 3], [4, 6, 8], [2]])
        let wanted = expected { x, channel in (x - [0.5, 1, 1.5][channel]) / ([2, 3, 4][channel] + 0.5).squareRoot() }
        #expect(wanted.distance(to: output) < doubleNoise)
    }

    @Test("a factor of 0 makes mean and variance 0")
    func untrained() throws {
        let output = try batchNorm(
            BatchNorm(mean: ParameterID(0), variance: ParameterID(1), factor: ParameterID(2), epsilon: 0.25),
            [[1, 2, 3], [4, 6, 8], [0]])
        #expect(expected { x, _ in 2 * x }.distance(to: output) < doubleNoise)
    }

    @Test("a BatchNorm has its own gamma and beta in some dialects")
    func gamma() throws {
        let output = try batchNorm(
            BatchNorm(
                mean: ParameterID(0), spread: .inverseDeviation(ParameterID(1)), gamma: ParameterID(2),
                beta: ParameterID(3), stored: (0..<4).map { ParameterID($0) }),
            [[1, 2, 3], [0.5, 1, 2], [3, 4, 5], [-1, 0, 1]])
        let wanted = expected { x, channel in
            (x - [1, 2, 3][channel]) * [0.5, 1, 2][channel] * [3, 4, 5][channel] + [-1, 0, 1][channel]
        }
        #expect(wanted.distance(to: output) < doubleNoise)
    }

    @Test("a BatchNorm without global statistics takes those of its batch")
    func batchStatistics() throws {
        let output = try batchNorm(
            BatchNorm(
                mean: ParameterID(0), variance: ParameterID(1), epsilon: 0.5, usesGlobalStatistics: false),
            [[1, 2, 3], [4, 6, 8]])
        let channels = (0..<3).map { channel in
            input.elements.enumerated().filter { $0.offset / 4 % 3 == channel }.map(\.element)
        }
        let means = channels.map { $0.reduce(0, +) / 8 }
        let variances = zip(channels, means).map { channel, mean in
            channel.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 8
        }
        let wanted = expected { x, channel in (x - means[channel]) / (variances[channel] + 0.5).squareRoot() }
        #expect(wanted.distance(to: output) < doubleNoise)
    }

    @Test("a mean for another number of channels is an error")
    func wrongMean() throws {
        #expect(throws: ExecutionError.self) {
            try batchNorm(BatchNorm(mean: ParameterID(0), variance: ParameterID(1)), [[1, 2], [1, 2]])
        }
    }

    @Test("a Scale multiplies along its axes", arguments: [0..<1, 1..<2, 1..<3, 2..<4, 3..<4, 0..<4, 0..<0])
    func scale(axes: Range<Int>) throws {
        let shape = Array(input.shape[axes])
        let gamma = Tensor<Double>(noise: shape, seed: 8)
        let beta = Tensor<Double>(noise: shape, seed: 9)
        let scale = Scale(gamma: ParameterID(0), beta: ParameterID(1), axes: .axes(axes))
        let output = try OneLayer(operation: .scale(scale), parameters: [gamma, beta]).run(input)
        let wanted = Tensor<Double>(
            input.shape,
            positions(in: input.shape).map { input[$0] * gamma[Array($0[axes])] + beta[Array($0[axes])] })
        #expect(wanted.distance(to: output) < doubleNoise)
    }

    @Test("the second input of a Scale is its factor", arguments: [[2, 3], [2, 3, 2], [2]])
    func twoInputs(shape: [Int]) throws {
        let factor = Tensor<Double>(noise: shape, seed: 7)
        let scale = Scale(gamma: nil, beta: nil, axes: .axes(0..<1))
        let output = try OneLayer(operation: .scale(scale)).run([input, factor])[0]
        let wanted = Tensor<Double>(
            input.shape, positions(in: input.shape).map { input[$0] * factor[Array($0.prefix(shape.count))] })
        #expect(wanted.distance(to: output) < doubleNoise)
    }

    @Test("an axis may count from the end")
    func axisFromTheEnd() throws {
        let scale = Scale(gamma: ParameterID(0), beta: nil, axes: .unresolved(axis: -1))
        let output = try OneLayer(operation: .scale(scale), parameters: [Tensor([2], [2, 3])]).run(input)
        let wanted = Tensor<Double>(input.shape, positions(in: input.shape).map { input[$0] * [2, 3][$0[3]] })
        #expect(wanted.distance(to: output) < doubleNoise)
    }

    @Test("a Bias adds along its axes, from a parameter or from its second input")
    func bias() throws {
        let term = Tensor<Double>([3], [1, 2, 3])
        let wanted = expected { x, channel in x + [1, 2, 3][channel] }
        let stored = OneLayer(operation: .bias(Bias(beta: ParameterID(0))), parameters: [term])
        #expect(wanted.distance(to: try stored.run(input)) < doubleNoise)
        let given = OneLayer(operation: .bias(Bias(beta: nil)))
        #expect(wanted.distance(to: try given.run([input, term])[0]) < doubleNoise)
    }

    @Test("a factor that does not fit is an error")
    func misfit() throws {
        let scale = Scale(gamma: nil, beta: nil, axes: .axes(3..<4))
        #expect(throws: ExecutionError.self) {
            try OneLayer(operation: .scale(scale)).run([input, Tensor<Double>(noise: [2, 2])])
        }
    }

    @Test("elements are added with coefficients, multiplied, or the largest is taken")
    func eltwise() throws {
        let (a, b, c) = ([1.0, -2, 3], [4.0, 5, -6], [-7.0, 8, 9])
        let inputs = [a, b, c].map { Tensor<Double>([1, 3], $0) }
        func run(_ combination: Eltwise.Combination, _ coefficients: [Double]) throws -> [Double] {
            try OneLayer(operation: .eltwise(Eltwise(combination: combination, coefficients: coefficients)))
                .run(inputs)[0].elements
        }
        #expect(try run(.sum, [1, 2, -1]) == [16, 0, -18])
        #expect(try run(.product, [1, 1, 1]) == [-28, -80, -162])
        #expect(try run(.maximum, [1, 1, 1]) == [4, 8, 9])
        #expect(throws: ExecutionError.self) { try run(.sum, [1, 2]) }
    }

    @Test("Axpy scales each channel of the second input and adds the third")
    func axpy() throws {
        let factor = Tensor<Double>([2, 3, 1, 1], [1, 2, 3, 4, 5, 6])
        let other = Tensor<Double>(noise: [2, 3, 2, 2], seed: 4)
        let output = try OneLayer(operation: .axpy).run([factor, input, other])[0]
        let sums = (0..<24).map { (index: Int) -> Double in
            factor.elements[index / 4] * input.elements[index] + other.elements[index]
        }
        #expect(Tensor<Double>(input.shape, sums).distance(to: output) < doubleNoise)
    }

    @Test(
        "an InnerProduct takes everything from its axis on as one vector",
        arguments: [(1, false), (1, true), (2, false), (-1, true)])
    func innerProduct(axis: Int, isTransposed: Bool) throws {
        let first = axis < 0 ? axis + 4 : axis
        let depth = input.shape[first...].reduce(1, *)
        let rows = 24 / depth
        let weight = Tensor<Double>(noise: isTransposed ? [depth, 5] : [5, depth], seed: 2)
        let bias = Tensor<Double>(noise: [5], seed: 3)
        let layer = OneLayer(
            operation: .innerProduct(
                InnerProduct(
                    weight: ParameterID(0), bias: ParameterID(1), outputCount: 5, axis: axis, transposed: isTransposed)),
            parameters: [weight, bias])
        let sums = (0..<rows * 5).map { (place: Int) -> Double in
            let (row, column) = (place / 5, place % 5)
            var sum = bias[column]
            for index in 0..<depth {
                sum +=
                    input.elements[row * depth + index] * (isTransposed ? weight[index, column] : weight[column, index])
            }
            return sum
        }
        let wanted = Tensor<Double>(Array(input.shape[..<first]) + [5], sums)
        #expect(wanted.distance(to: try layer.run(input)) < doubleNoise)
        #expect(wanted.distance(to: try layer.run(input.floats)) < floatNoise)
    }

    @Test("an InnerProduct of one row is the same for any number of threads")
    func oneRow() throws {
        let layer = { (threads: Int) in
            OneLayer(
                operation: .innerProduct(InnerProduct(weight: ParameterID(0), bias: nil, outputCount: 300)),
                parameters: [Tensor(noise: [300, 70])], options: ExecutionOptions(threadCount: threads))
        }
        let input = Tensor<Double>(noise: [1, 70]).floats
        #expect(try layer(1).run(input) == layer(4).run(input))
    }
}
