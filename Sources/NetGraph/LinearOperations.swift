/// Parameters of a convolution or a deconvolution over any number of spatial axes.
///
/// Convolution: weight (outputs, inputs / groups, kernel ...). Deconvolution: weight (inputs, outputs / groups, kernel ...). Bias (outputs).
public struct Convolution: Hashable, Sendable {
    public var weight: ParameterID
    public var bias: ParameterID?
    public var outputChannels: Int
    public var groups: Int
    /// One entry for each spatial axis, in pixels.
    public var kernel: [Int]
    public var stride: [Int]
    /// Zero pixels before the first and after the last of each spatial axis.
    public var padBefore: [Int]
    public var padAfter: [Int]
    /// Instead of those, a convolution pads as much as ceil(length / stride) windows need ("same").
    public var padsToCover: Bool
    public var dilation: [Int]
    /// The axis that holds the channels; the spatial axes follow it.
    public var channelAxis: Int

    public init(
        weight: ParameterID, bias: ParameterID?, outputChannels: Int, groups: Int = 1, kernel: [Int],
        stride: [Int]? = nil, padBefore: [Int]? = nil, padAfter: [Int]? = nil, padsToCover: Bool = false,
        dilation: [Int]? = nil, channelAxis: Int = 1
    ) {
        let ones = [Int](repeating: 1, count: kernel.count)
        let zeros = [Int](repeating: 0, count: kernel.count)
        self.weight = weight
        self.bias = bias
        self.outputChannels = outputChannels
        self.groups = groups
        self.kernel = kernel
        self.stride = stride ?? ones
        self.padBefore = padBefore ?? zeros
        self.padAfter = padAfter ?? padBefore ?? zeros
        self.padsToCover = padsToCover
        self.dilation = dilation ?? ones
        self.channelAxis = channelAxis
    }

    /// Whether the window may reach beyond the input into padding.
    public var isPadded: Bool {
        padsToCover ? kernel.contains { $0 > 1 } : (padBefore + padAfter).contains { $0 != 0 }
    }

    /// The padding of an input whose axes behind the channel have these lengths; empty where the numbers of axes differ.
    public func padding(of lengths: [Int]) -> (before: [Int], after: [Int]) {
        guard padsToCover else { return (padBefore, padAfter) }
        let extents = zip(kernel, dilation).map { ($0 - 1).multipliedReportingOverflow(by: $1) }.map {
            $0.overflow ? Int(Int32.max) : min($0.partialValue, Int(Int32.max)) + 1
        }
        return CoveringPadding.pixels(lengths: lengths, extents: extents, strides: stride)
    }
}

/// Parameters of a fully connected layer: everything from `axis` on is one vector of K numbers.
///
/// Weight (outputs, K), or (K, outputs) when `transposed`. Bias (outputs).
public struct InnerProduct: Hashable, Sendable {
    public var weight: ParameterID
    public var bias: ParameterID?
    public var outputCount: Int
    public var axis: Int
    public var transposed: Bool

    public init(weight: ParameterID, bias: ParameterID?, outputCount: Int, axis: Int = 1, transposed: Bool = false) {
        self.weight = weight
        self.bias = bias
        self.outputCount = outputCount
        self.axis = axis
        self.transposed = transposed
    }
}
