/// y = gamma (x - mean / n) / deviation + beta, for each entry of an axis, mostly the channel's, with the deviation sqrt(variance / n + epsilon).
///
/// n is the moving-average factor, 1 where there is none. When n is 0, mean and variance count as 0 (Caffe's `batch_norm_layer.cpp`).
/// Missing parameters are those of the identity: mean 0, deviation 1, gamma 1, beta 0.
public struct BatchNorm: Hashable, Sendable {
    /// What a framework keeps of the spread of a channel.
    public enum Spread: Hashable, Sendable {
        case variance(ParameterID)
        /// 1 / sqrt(variance + epsilon), epsilon included.
        case inverseDeviation(ParameterID)
        /// Nothing: gamma and beta hold the whole normalisation already.
        case applied
    }

    public var mean: ParameterID?
    public var spread: Spread
    /// The factor that both sums have to be divided by, shape (1).
    public var factor: ParameterID?
    public var gamma: ParameterID?
    public var beta: ParameterID?
    /// Every parameter of the layer in the order of the framework, those without a role included.
    public var stored: [ParameterID]
    /// The number that the framework adds, exactly: a Float widened where the framework parses a Float.
    public var epsilon: Double
    /// Whether the deviation is sqrt(variance / n) + epsilon instead.
    public var addsEpsilonToDeviation = false
    /// The axis that mean, variance, gamma and beta run along: 1 for the channels. Along another axis it is no affine per channel.
    public var axis = 1
    /// False when the deployed layer normalises by the statistics of the batch it sees: not affine.
    public var usesGlobalStatistics: Bool
    /// Whether the layer has statistics at all.
    public var hasStatistics: Bool
    /// How fast the running average forgets; it tells how many iterations n stands for.
    public var movingAverageFraction: Double
    /// Fields of the layer that are not understood and may change its meaning.
    public var unknownFields: [String]

    public init(
        mean: ParameterID?, spread: Spread, factor: ParameterID? = nil, gamma: ParameterID? = nil,
        beta: ParameterID? = nil, stored: [ParameterID], epsilon: Double = Double(Float(1e-5)),
        usesGlobalStatistics: Bool = true, hasStatistics: Bool = true, movingAverageFraction: Double = 0.999,
        unknownFields: [String] = []
    ) {
        self.mean = mean
        self.spread = spread
        self.factor = factor
        self.gamma = gamma
        self.beta = beta
        self.stored = stored
        self.epsilon = epsilon
        self.usesGlobalStatistics = usesGlobalStatistics
        self.hasStatistics = hasStatistics
        self.movingAverageFraction = movingAverageFraction
        self.unknownFields = unknownFields
    }

    /// Mean, variance, and what else there is, stored in this order: Caffe's own layer, and most other frameworks'.
    public init(
        mean: ParameterID, variance: ParameterID, factor: ParameterID? = nil, gamma: ParameterID? = nil,
        beta: ParameterID? = nil, epsilon: Double = Double(Float(1e-5)), usesGlobalStatistics: Bool = true,
        movingAverageFraction: Double = 0.999, unknownFields: [String] = []
    ) {
        self.init(
            mean: mean, spread: .variance(variance), factor: factor, gamma: gamma, beta: beta,
            stored: [mean, variance, factor, gamma, beta].compactMap(\.self), epsilon: epsilon,
            usesGlobalStatistics: usesGlobalStatistics, movingAverageFraction: movingAverageFraction,
            unknownFields: unknownFields)
    }
}

extension BatchNorm {
    /// What the layer divides by, for a variance that n has been divided out of.
    public func deviation(ofVariance variance: Double) -> Double {
        addsEpsilonToDeviation ? variance.squareRoot() + epsilon : (variance + epsilon).squareRoot()
    }
}

/// Which axes of its input the factors of a `Scale` or the terms of a `Bias` run along; they are constant along all others.
public enum AffineAxes: Hashable, Sendable {
    /// Known axes. An empty range stands for one number for all elements.
    case axes(Range<Int>)
    /// An axis counted from the end of an input whose rank is not known.
    case unresolved(axis: Int)

    /// Whether there is one number for each entry of axis 1, lengths of 1 behind it left aside.
    public func isPerChannel(parameterShape: [Int]?) -> Bool {
        guard case .axes(let axes) = self, axes.lowerBound == 1, !axes.isEmpty else { return false }
        guard axes.count > 1 else { return true }
        return parameterShape.map { $0.dropFirst().allSatisfy { $0 == 1 } } ?? false
    }

    /// Whether there is one number for all elements.
    public var isScalar: Bool { self == .axes(0..<0) }
}

/// y = gamma x + beta. With two inputs the second one is the factor, and gamma is `nil`.
public struct Scale: Hashable, Sendable {
    public var gamma: ParameterID?
    public var beta: ParameterID?
    public var axes: AffineAxes

    public init(gamma: ParameterID?, beta: ParameterID?, axes: AffineAxes = .axes(1..<2)) {
        self.gamma = gamma
        self.beta = beta
        self.axes = axes
    }
}

/// y = x + beta. With two inputs the second one is the term, and beta is `nil`.
public struct Bias: Hashable, Sendable {
    public var beta: ParameterID?
    public var axes: AffineAxes

    public init(beta: ParameterID?, axes: AffineAxes = .axes(1..<2)) {
        self.beta = beta
        self.axes = axes
    }
}

/// y = (shift + scale x) ^ power
public struct Power: Hashable, Sendable {
    public var power: Double
    public var scale: Double
    public var shift: Double

    public init(power: Double = 1, scale: Double = 1, shift: Double = 0) {
        self.power = power
        self.scale = scale
        self.shift = shift
    }
}
