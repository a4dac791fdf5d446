/// A number that parameter tensors are made of: `Float` or `Double`.
///
/// The loops over whole slices stand here, once for each type: a loop that is generic across modules does not vectorise.
public protocol WeightElement: BinaryFloatingPoint, Sendable {
    static var elementType: ElementType { get }

    /// Multiplies every element by one factor, in double precision, and rounds once.
    static func multiply(_ elements: UnsafeMutableBufferPointer<Self>, by factor: Double)

    /// Multiplies each element by the factor at its place. There must be as many factors as elements.
    static func multiply(_ elements: UnsafeMutableBufferPointer<Self>, each factors: UnsafeBufferPointer<Double>)

    /// Whether no element is NaN or infinite.
    static func areFinite(_ elements: UnsafeMutableBufferPointer<Self>) -> Bool
}

extension Float: WeightElement {
    public static var elementType: ElementType { .float32 }

    public static func multiply(_ elements: UnsafeMutableBufferPointer<Float>, by factor: Double) {
        guard let base = elements.baseAddress else { return }
        for index in 0..<elements.count { base[index] = Float(Double(base[index]) * factor) }
    }

    public static func multiply(
        _ elements: UnsafeMutableBufferPointer<Float>, each factors: UnsafeBufferPointer<Double>
    ) {
        guard let base = elements.baseAddress, let factors = factors.baseAddress else { return }
        for index in 0..<elements.count { base[index] = Float(Double(base[index]) * factors[index]) }
    }

    public static func areFinite(_ elements: UnsafeMutableBufferPointer<Float>) -> Bool {
        guard let base = elements.baseAddress else { return true }
        // The bits of magnitudes order like integers, and a maximum of integers vectorises.
        var largest: UInt32 = 0
        for index in 0..<elements.count { largest = max(largest, base[index].bitPattern & 0x7FFF_FFFF) }
        return largest < Float.infinity.bitPattern
    }
}

extension Double: WeightElement {
    public static var elementType: ElementType { .float64 }

    public static func multiply(_ elements: UnsafeMutableBufferPointer<Double>, by factor: Double) {
        guard let base = elements.baseAddress else { return }
        for index in 0..<elements.count { base[index] *= factor }
    }

    public static func multiply(
        _ elements: UnsafeMutableBufferPointer<Double>, each factors: UnsafeBufferPointer<Double>
    ) {
        guard let base = elements.baseAddress, let factors = factors.baseAddress else { return }
        for index in 0..<elements.count { base[index] *= factors[index] }
    }

    public static func areFinite(_ elements: UnsafeMutableBufferPointer<Double>) -> Bool {
        guard let base = elements.baseAddress else { return true }
        var largest: UInt64 = 0
        for index in 0..<elements.count { largest = max(largest, base[index].bitPattern & 0x7FFF_FFFF_FFFF_FFFF) }
        return largest < Double.infinity.bitPattern
    }
}
