// Operations that divide by what the input itself holds, so that no affine passes them.

/// Local response normalisation: x (k + alpha / n * sum of x^2 over a window of n elements) ^ -beta.
public struct LocalResponse: Hashable, Sendable {
    public enum Region: Hashable, Sendable {
        /// The window runs along the channels; n is its length.
        case acrossChannels
        /// The window is a square in the plane of each channel; n is its area, and k is 1 whatever is given (Caffe's `lrn_layer.cpp`).
        case withinChannel
    }

    public var region: Region
    /// The length of the window, odd.
    public var size: Int
    public var alpha: Double
    public var beta: Double
    public var k: Double

    public init(region: Region, size: Int = 5, alpha: Double = 1, beta: Double = 0.75, k: Double = 1) {
        self.region = region
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k
    }
}

/// Mean-variance normalisation of each image: (x - mean) / (deviation + epsilon), or only x - mean.
public struct MeanVariance: Hashable, Sendable {
    public var normalizesVariance: Bool
    /// One mean for the whole image instead of one for each channel.
    public var isAcrossChannels: Bool
    public var epsilon: Double

    public init(normalizesVariance: Bool = true, isAcrossChannels: Bool = false, epsilon: Double = Double(Float(1e-9)))
    {
        self.normalizesVariance = normalizesVariance
        self.isAcrossChannels = isAcrossChannels
        self.epsilon = epsilon
    }
}

/// Divides by the Euclidean norm and scales (SSD's `Normalize`): scale x / sqrt(sum of x^2 + epsilon).
public struct Normalize: Hashable, Sendable {
    /// One factor for each channel, or a single one: the shape of the parameter tells.
    public var scale: ParameterID
    /// The norm of the whole image instead of that of the channels at each pixel.
    public var isAcrossSpatial: Bool
    public var epsilon: Double

    public init(scale: ParameterID, isAcrossSpatial: Bool = true, epsilon: Double = Double(Float(1e-10))) {
        self.scale = scale
        self.isAcrossSpatial = isAcrossSpatial
        self.epsilon = epsilon
    }
}
