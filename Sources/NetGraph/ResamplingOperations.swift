/// The columns that a convolution multiplies, as a layer of its own.
public struct Im2col: Hashable, Sendable {
    public var kernel: [Int]
    public var stride: [Int]
    public var pad: [Int]
    public var dilation: [Int]
    /// The axis that holds the channels; the spatial axes follow it.
    public var channelAxis: Int

    public init(kernel: [Int], stride: [Int], pad: [Int], dilation: [Int], channelAxis: Int = 1) {
        self.kernel = kernel
        self.stride = stride
        self.pad = pad
        self.dilation = dilation
        self.channelAxis = channelAxis
    }
}

/// Enlarges planes of pixels.
public struct Upsample: Hashable, Sendable {
    public enum Size: Hashable, Sendable {
        /// Each length times a factor, less some pixels.
        case factors(height: Int, width: Int, lessHeight: Int, lessWidth: Int)
        case lengths(height: Int, width: Int)
    }

    public var size: Size
    /// With a mask (a second input, SegNet) each element goes to the place that its mask names, the rest is 0;
    /// without one each element is repeated.
    public var hasMask: Bool

    public init(size: Size, hasMask: Bool) {
        self.size = size
        self.hasMask = hasMask
    }
}

/// Bilinear interpolation whose corner pixels stay in the corners (DeepLab's `interp_layer.cpp`).
public struct Interpolation: Hashable, Sendable {
    public enum Size: Hashable, Sendable {
        case lengths(height: Int, width: Int)
        /// First (length - 1) / shrink + 1, then length + (length - 1) (zoom - 1); 1 leaves a length as it is.
        case factors(shrink: Int, zoom: Int)
        /// Height and width of the second input.
        case secondInput
    }

    public var size: Size
    /// Pixels to leave out at the beginning and the end of both axes.
    public var cropBefore: Int
    public var cropAfter: Int

    public init(size: Size, cropBefore: Int = 0, cropAfter: Int = 0) {
        self.size = size
        self.cropBefore = cropBefore
        self.cropAfter = cropAfter
    }
}

/// Moves pixels into channels, or back, in darknet's order (`reorg_cpu`), which is no plain space-to-depth.
public struct Reorg: Hashable, Sendable {
    public var stride: Int
    /// From channels into pixels.
    public var isReversed: Bool

    public init(stride: Int, isReversed: Bool = false) {
        self.stride = stride
        self.isReversed = isReversed
    }
}
