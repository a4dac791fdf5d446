import Folding
import NetGraph
import Testing

/// The numbers of one BatchNorm and its Scale, and the fold worked out from the rules.
private struct Numbers {
    var weight: [Double]
    var bias: [Double]
    var mean: [Double]
    var variance: [Double]
    var gamma: [Double]
    var beta: [Double]
    var factor: Double
    var epsilon: Float

    /// Seeded, with variances around and below epsilon and biases that nearly cancel the mean.
    init(channels: Int = 64, epsilon: Float = 1e-5) {
        var random = SeededNumbers(seed: 7)
        weight = random.numbers(channels, in: -2...2)
        mean = random.numbers(channels, in: -300...300)
        variance = random.numbers(channels, in: 0...0.02)
        gamma = random.numbers(channels, in: -3...3)
        beta = random.numbers(channels, in: -1...1)
        // A thousand updates: 1/n in Float differs from a division by n.
        factor = Double(Float(632.3046))
        self.epsilon = epsilon
        let jitter = random.numbers(channels, in: -0.001...0.001)
        bias = []
        for channel in 0..<channels { bias.append(Double(Float(mean[channel] / factor + jitter[channel]))) }
    }

    /// A = gamma / sqrt(variance / n + epsilon)
    func amplification(_ channel: Int, gamma: Double) -> Double {
        gamma / (variance[channel] / factor + Double(epsilon)).squareRoot()
    }

    /// The sketch `conv - bn - scale`; what is not wanted is left out.
    func sketch(hasBias: Bool = true, hasScale: Bool = true, _ type: ElementType = .float32) -> NetworkSketch {
        var sketch = NetworkSketch()
        let data = sketch.input()
        var value = sketch.pointwise(of: data, weight, bias: hasBias ? bias : nil, type)
        value = sketch.batchNorm(of: value, mean: mean, variance: variance, factor: factor, epsilon: epsilon)
        if hasScale { value = sketch.scale(of: value, gamma, beta) }
        sketch.finish(value)
        return sketch
    }
}

private func bits(_ numbers: [Double]) -> [UInt64] { numbers.map(\.bitPattern) }

@Suite("Folded numbers, bit for bit")
struct NumericsTests {
    private let numbers = Numbers()
    private var channels: Range<Int> { numbers.weight.indices }

    @Test("W' = Float(Double(w) * A), with one root and one division")
    func weights() throws {
        let expected = channels.map { channel in
            Double(Float(numbers.weight[channel] * numbers.amplification(channel, gamma: numbers.gamma[channel])))
        }
        #expect(bits(try numbers.sketch().folded().numbers("conv")[0]) == bits(expected))
    }

    @Test("b' = Float(fma(b - mean / n, A, beta))")
    func biases() throws {
        let expected = channels.map { channel in
            let centered = numbers.bias[channel] - numbers.mean[channel] / numbers.factor
            let factor = numbers.amplification(channel, gamma: numbers.gamma[channel])
            return Double(Float(numbers.beta[channel].addingProduct(centered, factor)))
        }
        #expect(bits(try numbers.sketch().folded().numbers("conv")[1]) == bits(expected))
    }

    @Test("Without a bias b' = Float(fma(-mean / n, A, beta))")
    func missingBias() throws {
        let expected = channels.map { channel in
            let factor = numbers.amplification(channel, gamma: numbers.gamma[channel])
            return Double(Float(numbers.beta[channel].addingProduct(-numbers.mean[channel] / numbers.factor, factor)))
        }
        #expect(bits(try numbers.sketch(hasBias: false).folded().numbers("conv")[1]) == bits(expected))
    }

    @Test("Without a Scale gamma is 1 and beta 0")
    func missingScale() throws {
        let result = try numbers.sketch(hasScale: false).folded().numbers("conv")
        let factors = channels.map { numbers.amplification($0, gamma: 1) }
        #expect(bits(result[0]) == bits(channels.map { Double(Float(numbers.weight[$0] * factors[$0])) }))
        let centered = channels.map { numbers.bias[$0] - numbers.mean[$0] / numbers.factor }
        #expect(bits(result[1]) == bits(channels.map { Double(Float(centered[$0] * factors[$0])) }))
    }

    @Test("Float64 weights are folded without rounding to Float, and stay float64")
    func doubles() throws {
        let result = try numbers.sketch(.float64).folded()
        let expected = channels.map { channel in
            numbers.weight[channel] * numbers.amplification(channel, gamma: numbers.gamma[channel])
        }
        #expect(bits(try result.numbers("conv")[0]) == bits(expected))
        let parameters = result.operation("conv")?.parameters ?? []
        #expect(parameters.map { result.network[$0].elementType } == [.float64, .float64])
    }

    @Test("A float64 bias shows that the product is fused and that n divides, for nothing rounds behind it")
    func doubleBiases() throws {
        let expected = channels.map { channel in
            let centered = numbers.bias[channel] - numbers.mean[channel] / numbers.factor
            let factor = numbers.amplification(channel, gamma: numbers.gamma[channel])
            return numbers.beta[channel].addingProduct(centered, factor)
        }
        #expect(bits(try numbers.sketch(.float64).folded().numbers("conv")[1]) == bits(expected))
    }

    @Test("A bias that a float64 layer gets is float64")
    func newDoubleBias() throws {
        let result = try numbers.sketch(hasBias: false, .float64).folded()
        let parameters = result.operation("conv")?.parameters ?? []
        #expect(parameters.map { result.network[$0].elementType } == [.float64, .float64])
    }

    @Test("Epsilon counts inside the root, as the widened Float")
    func epsilon() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [1], .float64)
        sketch.finish(sketch.batchNorm(of: conv, mean: [0], variance: [0.25e-5], epsilon: 0.001))
        let expected = 1 / (0.25e-5 + Double(Float(0.001))).squareRoot()
        #expect(expected != 1 / (0.25e-5 + 0.001).squareRoot())
        #expect(try sketch.folded().numbers("conv")[0] == [expected])
    }

    @Test("BatchNorm's default epsilon is the Float 1e-5")
    func defaultEpsilon() {
        #expect(BatchNorm(mean: ParameterID(0), variance: ParameterID(1)).epsilon == Double(Float(1e-5)))
    }

    @Test("A missing moving-average factor counts as 1")
    func missingFactor() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [3])
        sketch.finish(sketch.batchNorm(of: conv, mean: [5], variance: [4], factor: nil, epsilon: 0))
        #expect(try sketch.folded().numbers("conv") == [[1.5], [-2.5]])
    }

    @Test("A chain rounds once, at its very end")
    func chainRoundsOnce() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        var value = sketch.pointwise(of: data, [Double(Float(1.1))])
        let factors = [1.3, 0.7, 1.9].map { Double(Float($0)) }
        for (index, factor) in factors.enumerated() { value = sketch.scale("scale\(index)", of: value, [factor]) }
        sketch.finish(value)
        let exact = Double(Float(1.1)) * factors.reduce(1, *)
        let roundedEachTime = factors.reduce(Float(1.1)) { $0 * Float($1) }
        #expect(Float(exact) != roundedEachTime)
        #expect(try sketch.folded().numbers("conv")[0] == [Double(Float(exact))])
    }

    @Test("Subnormal results are kept")
    func subnormals() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let tiny = Double(Float.leastNormalMagnitude)
        sketch.finish(sketch.scale(of: sketch.pointwise(of: data, [tiny]), [0.25]))
        #expect(try sketch.folded().numbers("conv")[0] == [tiny / 4])
    }

    @Test("A gamma of -0.0 gives zeros with the sign of the product")
    func negativeZero() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.scale(of: sketch.pointwise(of: data, [2, -2]), [-0.0, -0.0], [1, 1]))
        let result = try sketch.folded().numbers("conv")
        #expect(bits(result[0]) == bits([-0.0, 0.0]))
        #expect(result[1] == [1, 1])
    }
}
