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

    /// The largest magnitude of all elements; 0 for none. NaN is passed over.
    static func largestMagnitude(_ elements: UnsafeMutableBufferPointer<Self>) -> Float

    /// The same of elements that are all finite; `nil` when one is not.
    static func largestFiniteMagnitude(_ elements: UnsafeMutableBufferPointer<Self>) -> Float?

    /// Raises each number to the magnitude of the element at its place. There must be as many numbers as elements.
    static func raise(_ maxima: UnsafeMutableBufferPointer<Float>, to elements: UnsafeMutableBufferPointer<Self>)
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
        // Adding 1 to the exponent reaches the sign's bit only where all of its bits are set. Three operations for four numbers, on any processor.
        var carried: UInt32 = 0
        for index in 0..<elements.count { carried |= (base[index].bitPattern & 0x7F80_0000) &+ 0x0080_0000 }
        return carried >> 31 == 0
    }

    public static func largestMagnitude(_ elements: UnsafeMutableBufferPointer<Float>) -> Float {
        guard let base = elements.baseAddress else { return 0 }
        if let largest = largestFiniteMagnitude(elements) { return largest }
        var largest: Float = 0
        for index in 0..<elements.count {
            let magnitude = abs(base[index])
            largest = magnitude > largest ? magnitude : largest
        }
        return largest
    }

    public static func largestFiniteMagnitude(_ elements: UnsafeMutableBufferPointer<Float>) -> Float? {
        guard let base = elements.baseAddress else { return 0 }
        // Magnitudes are in the order of their bits, with what is not finite beyond all others, and processors compare several whole numbers at once.
        var largestBits: Int32 = 0
        for index in 0..<elements.count {
            let bits = Int32(bitPattern: base[index].bitPattern & 0x7FFF_FFFF)
            largestBits = bits > largestBits ? bits : largestBits
        }
        let largest = Float(bitPattern: UInt32(bitPattern: largestBits))
        return largest.isFinite ? largest : nil
    }

    public static func raise(
        _ maxima: UnsafeMutableBufferPointer<Float>, to elements: UnsafeMutableBufferPointer<Float>
    ) {
        guard let base = elements.baseAddress, let maxima = maxima.baseAddress else { return }
        for index in 0..<elements.count {
            let magnitude = abs(base[index])
            maxima[index] = magnitude > maxima[index] ? magnitude : maxima[index]
        }
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
        // As for Float.
        var carried: UInt64 = 0
        for index in 0..<elements.count {
            carried |= (base[index].bitPattern & 0x7FF0_0000_0000_0000) &+ 0x0010_0000_0000_0000
        }
        return carried >> 63 == 0
    }

    public static func largestMagnitude(_ elements: UnsafeMutableBufferPointer<Double>) -> Float {
        guard let base = elements.baseAddress else { return 0 }
        var largest: Double = 0
        for index in 0..<elements.count {
            let magnitude = abs(base[index])
            largest = magnitude > largest ? magnitude : largest
        }
        return Float(largest)
    }

    public static func largestFiniteMagnitude(_ elements: UnsafeMutableBufferPointer<Double>) -> Float? {
        areFinite(elements) ? largestMagnitude(elements) : nil
    }

    public static func raise(
        _ maxima: UnsafeMutableBufferPointer<Float>, to elements: UnsafeMutableBufferPointer<Double>
    ) {
        guard let base = elements.baseAddress, let maxima = maxima.baseAddress else { return }
        for index in 0..<elements.count {
            let magnitude = Float(abs(base[index]))
            maxima[index] = magnitude > maxima[index] ? magnitude : maxima[index]
        }
    }
}
