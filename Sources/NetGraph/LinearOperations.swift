/// Parameters of a convolution or a deconvolution over any number of spatial axes.
///
/// `weightOrder` tells the axes of the weight. Bias (outputs).
public struct Convolution: Hashable, Sendable {
    public var weight: ParameterID
    public var weightOrder: WeightOrder
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
    /// Whether the odd pixel of such padding lies before the axis instead of behind.
    public var coversFromBefore: Bool
    public var dilation: [Int]
    /// Elements that a deconvolution adds after each spatial axis of its output; beyond its last window they are its bias alone.
    public var outputPadding: [Int]
    /// The axis that holds the channels; the spatial axes follow it.
    public var channelAxis: Int
    /// Whether it could have a bias: a part of a layer of the file may have no room for one.
    public var mayHaveBias = true

    public init(
        weight: ParameterID, weightOrder: WeightOrder = .outputsFirst, bias: ParameterID?, outputChannels: Int,
        groups: Int = 1, kernel: [Int],
        stride: [Int]? = nil, padBefore: [Int]? = nil, padAfter: [Int]? = nil, padsToCover: Bool = false,
        coversFromBefore: Bool = false, dilation: [Int]? = nil, outputPadding: [Int]? = nil, channelAxis: Int = 1
    ) {
        let ones = [Int](repeating: 1, count: kernel.count)
        let zeros = [Int](repeating: 0, count: kernel.count)
        self.weight = weight
        self.weightOrder = weightOrder
        self.bias = bias
        self.outputChannels = outputChannels
        self.groups = groups
        self.kernel = kernel
        self.stride = stride ?? ones
        self.padBefore = padBefore ?? zeros
        self.padAfter = padAfter ?? padBefore ?? zeros
        self.padsToCover = padsToCover
        self.coversFromBefore = coversFromBefore
        self.dilation = dilation ?? ones
        self.outputPadding = outputPadding ?? zeros
        self.channelAxis = channelAxis
    }

    /// Whether the window may reach beyond the input into padding.
    public var isPadded: Bool {
        padsToCover ? kernel.contains { $0 > 1 } : padBefore.contains { $0 != 0 } || padAfter.contains { $0 != 0 }
    }

    /// The padding of an input whose axes behind the channel have these lengths; empty where the numbers of axes differ.
    public func padding(of lengths: [Int]) -> (before: [Int], after: [Int]) {
        guard padsToCover else { return (padBefore, padAfter) }
        return CoveringPadding.pixels(
            lengths: lengths, extents: CoveringPadding.extents(kernel: kernel, dilation: dilation), strides: stride,
            oddPixelBefore: coversFromBefore)
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
