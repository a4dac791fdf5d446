/// The indices, or the values, of the largest elements.
public struct ArgMax: Hashable, Sendable {
    /// The axis along which elements compete; `nil`: all of an image do.
    public var axis: Int?
    public var topCount: Int
    /// Along an axis: values instead of indices. Without one: values after the indices.
    public var givesValues: Bool

    public init(axis: Int? = nil, topCount: Int = 1, givesValues: Bool = false) {
        self.axis = axis
        self.topCount = topCount
        self.givesValues = givesValues
    }
}

/// One number for everything from an axis on, times a coefficient.
public struct Reduction: Hashable, Sendable {
    public enum Method: Hashable, Sendable { case sum, sumOfMagnitudes, sumOfSquares, mean }

    public var method: Method
    public var axis: Int
    public var coefficient: Double

    public init(method: Method = .sum, axis: Int = 0, coefficient: Double = 1) {
        self.method = method
        self.axis = axis
        self.coefficient = coefficient
    }
}

/// Max or average pooling at 1, 2, 4 ... bins along each side, all bins in one vector (Caffe's `spp_layer.cpp`).
public struct SpatialPyramid: Hashable, Sendable {
    public var method: Pooling.Method
    public var levels: Int

    public init(method: Pooling.Method, levels: Int) {
        self.method = method
        self.levels = levels
    }

    /// The pooling of one level over a plane of the given size.
    ///
    /// - Throws: `ShapeError` when the padding would be as large as the kernel, where Caffe aborts.
    public func pooling(level: Int, height: Int, width: Int) throws(ShapeError) -> Pooling {
        guard (0..<levels).contains(level), levels <= Self.maximumLevels else {
            throw ShapeError("a pyramid of \(levels) levels is too high")
        }
        let bins = 1 << level
        var kernel: [Int] = []
        var pad: [Int] = []
        for length in [height, width] {
            let extent = (max(length, 1) - 1) / bins + 1
            let margin = (extent * bins - length + 1) / 2
            guard length > 0, margin < extent else {
                throw ShapeError("a plane of \(height)x\(width) pixels cannot be cut into \(bins)x\(bins) bins")
            }
            kernel.append(extent)
            pad.append(margin)
        }
        return Pooling(method: method, kernel: kernel, stride: kernel, pad: pad)
    }

    /// Twice as many bins along each side would be more than any plane has pixels.
    static let maximumLevels = 24
}
