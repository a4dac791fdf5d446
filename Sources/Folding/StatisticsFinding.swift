import NetGraph

/// Something worth telling about the numbers of an affine layer or of the layer it folds into.
public struct StatisticsFinding: Hashable, Sendable {
    public enum Severity: String, Hashable, Sendable {
        case note, warning, error
    }

    public enum Kind: String, Hashable, Sendable {
        /// The moving-average factor is 0: nothing was ever averaged.
        case untrained
        case notFinite = "not-finite"
        /// variance / n + epsilon is not positive.
        case negativeVariance = "negative-variance"
        /// A variance below 0 that epsilon makes good.
        case slightlyNegativeVariance = "slightly-negative-variance"
        /// mean 0 and variance 1 or 0 throughout.
        case identityStatistics = "identity-statistics"
        /// The averages stand for few iterations.
        case fewIterations = "few-iterations"
        /// Variances far below epsilon: the channel is amplified by up to gamma / sqrt(epsilon).
        case tinyVariance = "tiny-variance"
        /// gamma 0: the channel is constant.
        case deadChannels = "dead-channels"
        /// One channel's largest folded weight is far above the others': bad for 8-bit quantisation.
        case outlierWeights = "outlier-weights"
    }

    /// What was found, in numbers.
    public enum Detail: Hashable, Sendable {
        /// - Parameters:
        ///   - allowed: whether it is folded all the same, with mean and variance 0.
        case untrained(allowed: Bool)
        /// - Parameters:
        ///   - others: how many more values of the parameter are not finite.
        case notFinite(parameter: String, value: FloatingPointText, index: Int, others: Int)
        /// - Parameters:
        ///   - others: how many more channels are like this one.
        case negativeVariance(channel: Int, variance: Double, others: Int)
        case slightlyNegativeVariance(of: Int, epsilon: Double)
        case identityStatistics(variance: Int)
        case fewIterations(Int, factor: Double)
        /// - Parameters:
        ///   - amplification: the largest factor of such a channel but for gamma.
        case tinyVariance(of: Int, epsilon: Double, amplification: Double)
        case deadChannels(of: Int)
        /// - Parameters:
        ///   - ratio: to the median channel.
        ///   - limit: from which ratio on a channel is one of those that are named.
        case outlierWeights(channel: Int, ratio: Double, limit: Int)

        public var kind: Kind {
            switch self {
            case .untrained: .untrained
            case .notFinite: .notFinite
            case .negativeVariance: .negativeVariance
            case .slightlyNegativeVariance: .slightlyNegativeVariance
            case .identityStatistics: .identityStatistics
            case .fewIterations: .fewIterations
            case .tinyVariance: .tinyVariance
            case .deadChannels: .deadChannels
            case .outlierWeights: .outlierWeights
            }
        }
    }

    public var layer: LayerID
    public var severity: Severity
    public var detail: Detail
    /// The channels that it is about, in order; none where it is about the layer as a whole.
    public var channels: [Int]

    public var kind: Kind { detail.kind }

    public init(layer: LayerID, severity: Severity, _ detail: Detail, channels: [Int] = []) {
        self.layer = layer
        self.severity = severity
        self.detail = detail
        self.channels = channels
    }
}

/// A number that is compared as it is written: so NaN equals NaN.
public struct FloatingPointText: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ number: Double) { description = "\(number)" }
}
