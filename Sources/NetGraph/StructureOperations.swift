/// Pooling over windows of all axes behind the channel.
public struct Pooling: Hashable, Sendable {
    /// A stochastic pooling at deployment weighs each element by its share of the window: sum(x x) / sum(x).
    public enum Method: Hashable, Sendable { case max, average, stochastic }

    public var method: Method
    /// `nil`: one window over everything.
    public var kernel: [Int]?
    public var stride: [Int]
    public var pad: [Int]
    /// Whether a last window that does not fit in whole counts (Caffe's default).
    public var roundsUp: Bool

    public init(method: Method, kernel: [Int]?, stride: [Int], pad: [Int], roundsUp: Bool = true) {
        self.method = method
        self.kernel = kernel
        self.stride = stride
        self.pad = pad
        self.roundsUp = roundsUp
    }
}

/// Combines inputs of one shape, element by element.
public struct Eltwise: Hashable, Sendable {
    public enum Combination: Hashable, Sendable { case product, sum, maximum }

    public var combination: Combination
    /// One factor for each input of a sum.
    public var coefficients: [Double]

    public init(combination: Combination, coefficients: [Double]) {
        self.combination = combination
        self.coefficients = coefficients
    }
}

/// Replaces `axisCount` axes from `axis` on by `dimensions`: 0 copies the length at its place, -1 takes what remains.
public struct Reshape: Hashable, Sendable {
    public var dimensions: [Int]
    public var axis: Int
    /// -1: all axes from `axis` on.
    public var axisCount: Int

    public init(dimensions: [Int], axis: Int = 0, axisCount: Int = -1) {
        self.dimensions = dimensions
        self.axis = axis
        self.axisCount = axisCount
    }
}
