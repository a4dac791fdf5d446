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

    public var layer: LayerID
    public var kind: Kind
    public var severity: Severity
    /// A sentence without the layer's name.
    public var message: String
    /// The channels that it is about, in order; none where it is about the layer as a whole.
    public var channels: [Int]

    public init(layer: LayerID, kind: Kind, severity: Severity, message: String, channels: [Int] = []) {
        self.layer = layer
        self.kind = kind
        self.severity = severity
        self.message = message
        self.channels = channels
    }

    /// `channel 3`, `channels 3, 7, 12`, or the first few of many.
    static func list(_ channels: [Int]) -> String {
        let shown = channels.prefix(channels.count > 6 ? 5 : 6).map(String.init).joined(separator: ", ")
        let rest = channels.count > 6 ? " and \(channels.count - 5) more" : ""
        return "\(channels.count == 1 ? "channel" : "channels") \(shown)\(rest)"
    }
}
