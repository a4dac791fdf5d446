/// Pooling over windows of all axes behind the channel.
public struct Pooling: Hashable, Sendable {
    public enum Method: Hashable, Sendable {
        case max, average
        /// At deployment each element is weighed by its share of the window: sum(x x) / sum(x).
        case stochastic
        /// (sum of |x|^p)^(1/p), p at least 1; padding counts as 0.
        case norm(p: Int)
    }

    public var method: Method
    /// One entry for each axis, in pixels, as in the arrays below; `nil`: one window over everything.
    public var kernel: [Int]?
    public var stride: [Int]
    /// Pixels of padding before the first and after the last of each axis.
    public var padBefore: [Int]
    public var padAfter: [Int]
    /// Instead of those, pads as much as ceil(length / stride) windows need ("same").
    public var padsToCover: Bool
    /// Whether the odd pixel of such padding lies before the axis instead of behind.
    public var coversFromBefore: Bool
    /// The distance between neighbouring elements of a window.
    public var dilation: [Int]
    /// Whether a last window that does not fit in whole counts (Caffe's default).
    public var roundsUp: Bool
    /// Whether a last window that would begin behind the input is left out even where nothing is padded. Where something is, it always is.
    public var startsInsideInput: Bool
    /// Whether the padding counts in what an average divides by.
    public var countsPadding: Bool

    /// - Parameters:
    ///   - pad: before each axis, and after it as well where `padAfter` does not say otherwise.
    public init(
        method: Method, kernel: [Int]?, stride: [Int], pad: [Int], padAfter: [Int]? = nil, padsToCover: Bool = false,
        coversFromBefore: Bool = false, dilation: [Int]? = nil, roundsUp: Bool = true, startsInsideInput: Bool = false,
        countsPadding: Bool = true
    ) {
        self.method = method
        self.kernel = kernel
        self.stride = stride
        padBefore = pad
        self.padAfter = padAfter ?? pad
        self.padsToCover = padsToCover
        self.coversFromBefore = coversFromBefore
        self.dilation = dilation ?? stride.map { _ in 1 }
        self.roundsUp = roundsUp
        self.startsInsideInput = startsInsideInput
        self.countsPadding = countsPadding
    }

    /// Whether any window may reach beyond the input into padding.
    public var isPadded: Bool {
        guard let kernel else { return false }
        return padsToCover
            ? kernel.contains { $0 > 1 } : padBefore.contains { $0 != 0 } || padAfter.contains { $0 != 0 }
    }

    /// What a window spans along each axis, gaps included; empty where one window goes over everything.
    public var extents: [Int] { CoveringPadding.extents(kernel: kernel ?? [], dilation: dilation) }

    /// The padding of an input whose axes behind the channel have these lengths; empty where the numbers of axes differ.
    public func padding(of lengths: [Int]) -> (before: [Int], after: [Int]) {
        guard padsToCover, kernel != nil else { return (padBefore, padAfter) }
        return CoveringPadding.pixels(
            lengths: lengths, extents: extents, strides: stride, oddPixelBefore: coversFromBefore)
    }
}

/// Padding that is chosen so that windows cover an axis: ceil(length / stride) of them, the odd pixel on one side.
enum CoveringPadding {
    /// - Parameters: one entry for each axis; an extent is what a window spans, dilation included.
    static func pixels(
        lengths: [Int], extents: [Int], strides: [Int], oddPixelBefore: Bool
    ) -> (before: [Int], after: [Int]) {
        guard extents.count == lengths.count, strides.count == lengths.count else { return ([], []) }
        let totals = lengths.indices.map { axis in
            let stride = max(strides[axis], 1)
            // What is left of the axis for the last window.
            let rest = lengths[axis] % stride == 0 ? min(stride, lengths[axis]) : lengths[axis] % stride
            return max(extents[axis] - rest, 0)
        }
        let (less, more) = (totals.map { $0 / 2 }, totals.map { $0 - $0 / 2 })
        return oddPixelBefore ? (more, less) : (less, more)
    }

    /// What windows span along each axis. Sizes that make no sense are cut off, so that nothing overflows.
    static func extents(kernel: [Int], dilation: [Int]) -> [Int] {
        zip(kernel, dilation).map { ($0 - 1).multipliedReportingOverflow(by: $1) }.map {
            $0.overflow ? Int(Int32.max) : min($0.partialValue, Int(Int32.max)) + 1
        }
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
    /// The order in which axes are counted and elements follow one another, before and after.
    public var order: ElementOrder

    public init(dimensions: [Int], axis: Int = 0, axisCount: Int = -1, order: ElementOrder = .channelsFirst) {
        self.dimensions = dimensions
        self.order = order
        self.axis = axis
        self.axisCount = axisCount
    }
}
