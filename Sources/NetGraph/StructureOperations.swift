/// Pooling over windows of all axes behind the channel.
public struct Pooling: Hashable, Sendable {
    /// A stochastic pooling at deployment weighs each element by its share of the window: sum(x x) / sum(x).
    public enum Method: Hashable, Sendable { case max, average, stochastic }

    public var method: Method
    /// One entry for each axis, in pixels, as in the arrays below; `nil`: one window over everything.
    public var kernel: [Int]?
    public var stride: [Int]
    /// Pixels of padding before the first and after the last of each axis.
    public var padBefore: [Int]
    public var padAfter: [Int]
    /// Instead of those, pads as much as ceil(length / stride) windows need ("same").
    public var padsToCover: Bool
    /// Whether a last window that does not fit in whole counts (Caffe's default).
    public var roundsUp: Bool
    /// Whether the padding counts in what an average divides by.
    public var countsPadding: Bool

    /// - Parameters:
    ///   - pad: before each axis, and after it as well where `padAfter` does not say otherwise.
    public init(
        method: Method, kernel: [Int]?, stride: [Int], pad: [Int], padAfter: [Int]? = nil, padsToCover: Bool = false,
        roundsUp: Bool = true, countsPadding: Bool = true
    ) {
        self.method = method
        self.kernel = kernel
        self.stride = stride
        padBefore = pad
        self.padAfter = padAfter ?? pad
        self.padsToCover = padsToCover
        self.roundsUp = roundsUp
        self.countsPadding = countsPadding
    }

    /// Whether any window may reach beyond the input into padding.
    public var isPadded: Bool {
        guard let kernel else { return false }
        return padsToCover ? kernel.contains { $0 > 1 } : (padBefore + padAfter).contains { $0 != 0 }
    }

    /// The padding of an input whose axes behind the channel have these lengths; empty where the numbers of axes differ.
    public func padding(of lengths: [Int]) -> (before: [Int], after: [Int]) {
        guard padsToCover, let kernel else { return (padBefore, padAfter) }
        return CoveringPadding.pixels(lengths: lengths, extents: kernel, strides: stride)
    }
}

/// Padding that is chosen so that windows cover an axis: ceil(length / stride) of them, the odd pixel behind.
enum CoveringPadding {
    /// - Parameters: one entry for each axis; an extent is what a window spans, dilation included.
    static func pixels(lengths: [Int], extents: [Int], strides: [Int]) -> (before: [Int], after: [Int]) {
        guard extents.count == lengths.count, strides.count == lengths.count else { return ([], []) }
        let totals = lengths.indices.map { axis in
            let stride = max(strides[axis], 1)
            // What is left of the axis for the last window.
            let rest = lengths[axis] % stride == 0 ? min(stride, lengths[axis]) : lengths[axis] % stride
            return max(extents[axis] - rest, 0)
        }
        return (totals.map { $0 / 2 }, totals.map { $0 - $0 / 2 })
    }

    /// The number of windows along an axis.
    static func windowCount(length: Int, stride: Int) -> Int { (length - 1) / max(stride, 1) + 1 }
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
