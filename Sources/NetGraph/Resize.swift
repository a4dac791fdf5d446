/// Gives the axes behind the channel other lengths, by interpolation; places beyond the input count as its outermost elements.
public struct Resize: Hashable, Sendable {
    public enum Method: Hashable, Sendable {
        case nearest(Rounding)
        case linear
        /// Keys's cubic convolution; the coefficient is -0.75 in ONNX and PyTorch, -0.5 in TensorFlow and JAX.
        case cubic(coefficient: Double)
    }

    /// How a place between two elements becomes the nearest one.
    public enum Rounding: Hashable, Sendable {
        /// Up or down from the middle.
        case upFromHalf, downFromHalf
        case floor, ceiling
    }

    /// Which place of the input an output stands for. f is the factor, output length / input length unless told.
    public enum Coordinates: Hashable, Sendable {
        /// (i + 0.5) / f - 0.5
        case halfPixel
        /// The same, and 0 where the output has a single element.
        case pytorchHalfPixel
        /// The same about the middle of the axis, where a told factor and the lengths do not agree (ONNX 18).
        case symmetricHalfPixel
        /// i (length - 1) / (output length - 1)
        case alignedCorners
        /// i / f
        case asymmetric
        /// (i + 0.5) / f
        case halfPixelOffset
    }

    public enum Size: Hashable, Sendable {
        case lengths([Int])
        /// Each length times a factor, rounded down.
        case factors([Double])
    }

    public var method: Method
    public var coordinates: Coordinates
    /// One entry for each axis behind the channel.
    public var size: Size
    /// Whether places beyond the input do not count at all, and the other weights make up for them.
    public var excludesOutside: Bool
    /// Whether a smaller output takes in all of the input, by wider weights.
    public var isAntialiased: Bool

    public init(
        _ method: Method, _ coordinates: Coordinates = .halfPixel, size: Size, excludesOutside: Bool = false,
        isAntialiased: Bool = false
    ) {
        self.method = method
        self.coordinates = coordinates
        self.size = size
        self.excludesOutside = excludesOutside
        self.isAntialiased = isAntialiased
    }

    /// Each element several times, as Keras's UpSampling does by whole factors.
    public static func repeating(_ factors: [Int]) -> Resize {
        Resize(.nearest(.floor), .asymmetric, size: .factors(factors.map(Double.init)))
    }

    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard var shape = input else { return nil }
        let count =
            switch size {
            case .lengths(let lengths): lengths.count
            case .factors(let factors): factors.count
            }
        guard shape.rank == count + 2 else {
            throw ShapeError("it resizes \(count) axes behind the channel, but its input has the shape \(shape)")
        }
        for axis in 0..<count {
            switch size {
            case .lengths(let lengths): shape.dimensions[axis + 2] = lengths[axis]
            case .factors(let factors):
                guard factors[axis] > 0, factors[axis].isFinite else {
                    throw ShapeError("its factor \(factors[axis]) is not positive")
                }
                shape.dimensions[axis + 2] = try shape.dimensions[axis + 2].map { length throws(ShapeError) in
                    let scaled = (Double(length) * factors[axis]).rounded(.down)
                    guard scaled < 0x1p48 else { throw ShapeError("its sizes are too large") }
                    return Int(scaled)
                }
            }
            guard shape.dimensions[axis + 2] ?? 1 > 0, input?.dimensions[axis + 2] ?? 1 > 0 else {
                throw ShapeError("its output would be empty for an input of shape \(input ?? shape)")
            }
        }
        return shape
    }
}
