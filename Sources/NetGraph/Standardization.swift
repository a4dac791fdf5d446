// Normalisations by what the input itself holds, so that no affine passes them.

/// Takes off the mean and divides by the deviation, sqrt(variance + epsilon), of a part of the elements, then scales and shifts.
///
/// Layer, group, instance and root-mean-square normalisation.
public struct Standardization: Hashable, Sendable {
    /// Which elements are taken together.
    public enum Extent: Hashable, Sendable {
        /// All along these axes of the network; negative ones count from the end.
        case axes([Int])
        /// All of an image's channels of one group: one group for each channel is an instance normalisation.
        case groups(Int)
        case eachChannel
    }

    /// What the deviation is one from.
    public enum Center: Hashable, Sendable {
        case mean
        /// The root of the mean square.
        case zero
    }

    public var extent: Extent
    public var scale: ParameterID?
    public var shift: ParameterID?
    /// The axes of the network that those of scale and shift are, in their order; `nil`: one number for each channel, or for each group.
    public var parameterAxes: [Int]?
    public var epsilon: Double
    public var subtractsMean: Bool
    public var deviation: Center

    public init(
        _ extent: Extent, scale: ParameterID? = nil, shift: ParameterID? = nil, parameterAxes: [Int]? = nil,
        epsilon: Double, subtractsMean: Bool = true, deviation: Center = .mean
    ) {
        self.extent = extent
        self.scale = scale
        self.shift = shift
        self.parameterAxes = parameterAxes
        self.epsilon = epsilon
        self.subtractsMean = subtractsMean
        self.deviation = deviation
    }
}

/// Divides by the norm of the elements along some axes, or by a least number where the norm is smaller; 0 stays 0.
public struct NormDivision: Hashable, Sendable {
    /// The p of (sum of |x|^p)^(1/p); infinity: the largest magnitude.
    public var order: Double
    /// Of the network; negative ones count from the end.
    public var axes: [Int]
    public var least: Double

    public init(order: Double = 2, axes: [Int], least: Double = 0) {
        self.order = order
        self.axes = axes
        self.least = least
    }
}
