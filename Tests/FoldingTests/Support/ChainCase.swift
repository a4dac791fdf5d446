import NetGraph
import Testing

/// A run of affine layers over four channels.
enum ChainCase: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case batchNorm, batchNormScale, batchNormScaleWithoutBeta, batchNormWithOwnGammaAndBeta, scale, scalarScale
    case biasBatchNormScale, powerScale, batchNormBatchNorm, inverseDeviation, appliedStatistics

    var testDescription: String { rawValue }

    /// Adds the layers with seeded numbers and returns the last value.
    func add(to sketch: inout NetworkSketch, reading value: ValueID) -> ValueID {
        switch self {
        case .batchNorm:
            return addBatchNorm(to: &sketch, value)
        case .batchNormScale:
            return addScale(to: &sketch, addBatchNorm(to: &sketch, value))
        case .batchNormScaleWithoutBeta:
            return addScale(to: &sketch, addBatchNorm(to: &sketch, value), hasBeta: false)
        case .batchNormWithOwnGammaAndBeta:
            return addBatchNorm(to: &sketch, value, ownsGammaAndBeta: true)
        case .scale:
            return addScale(to: &sketch, value)
        case .scalarScale:
            return sketch.scale(of: value, [-1.75], [0.625], axes: .axes(0..<0))
        case .biasBatchNormScale:
            let biased = sketch.bias(of: value, numbers(in: &sketch))
            return addScale(to: &sketch, addBatchNorm(to: &sketch, biased))
        case .powerScale:
            let power = sketch.add("power", .power(Power(power: 1, scale: -0.75, shift: 0.25)), [value])
            return addScale(to: &sketch, power)
        case .batchNormBatchNorm:
            return addBatchNorm("second", to: &sketch, addBatchNorm(to: &sketch, value))
        case .inverseDeviation:
            let mean = sketch.parameter("bn mean", numbers(in: &sketch))
            let deviation = sketch.parameter("bn inverse deviation", numbers(in: &sketch, 0.5...3))
            return addScale(to: &sketch, add(mean: mean, .inverseDeviation(deviation), to: &sketch, value))
        case .appliedStatistics:
            return add(mean: nil, .applied, to: &sketch, value)
        }
    }

    private func addBatchNorm(
        _ name: String = "bn", to sketch: inout NetworkSketch, _ value: ValueID, ownsGammaAndBeta: Bool = false
    ) -> ValueID {
        sketch.batchNorm(
            name, of: value, mean: numbers(in: &sketch), variance: numbers(in: &sketch, 0.5...20), factor: 12.5,
            gamma: ownsGammaAndBeta ? numbers(in: &sketch) : nil, beta: ownsGammaAndBeta ? numbers(in: &sketch) : nil)
    }

    /// A BatchNorm of another layout, with a gamma and a beta of its own.
    private func add(
        mean: ParameterID?, _ spread: BatchNorm.Spread, to sketch: inout NetworkSketch, _ value: ValueID
    ) -> ValueID {
        let gamma = sketch.parameter("bn gamma", numbers(in: &sketch))
        let beta = sketch.parameter("bn beta", numbers(in: &sketch))
        let batchNorm = BatchNorm(mean: mean, spread: spread, gamma: gamma, beta: beta, stored: [gamma, beta])
        return sketch.add("bn", .batchNorm(batchNorm), [value])
    }

    private func addScale(to sketch: inout NetworkSketch, _ value: ValueID, hasBeta: Bool = true) -> ValueID {
        sketch.scale(of: value, numbers(in: &sketch), hasBeta ? numbers(in: &sketch) : nil)
    }

    private func numbers(in sketch: inout NetworkSketch, _ bounds: ClosedRange<Double> = -2...2) -> [Double] {
        sketch.random.numbers(LinearCase.channels, in: bounds)
    }
}
