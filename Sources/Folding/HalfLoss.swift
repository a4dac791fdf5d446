import NetGraph

/// What rounding to half precision does to the numbers of a tensor.
public struct HalfLoss: Hashable, Sendable {
    /// All of them.
    public private(set) var count = 0
    /// Those that would become infinite.
    public private(set) var overflowing = 0
    /// Those that would become 0 and are not.
    public private(set) var vanishing = 0
    /// Those that become subnormal: numbers with fewer than 11 bits.
    public private(set) var subnormal = 0
    /// Those that lose more than 2^-11 of themselves, without those that overflow. Normal numbers never do.
    public private(set) var losing = 0
    /// The largest magnitude.
    public private(set) var largest = 0.0

    public init() {}

    /// The share of numbers that lose more than normal ones do.
    public var losingShare: Double { count == 0 ? 0 : Double(losing) / Double(count) }

    /// Counts more numbers.
    package mutating func add(_ numbers: UnsafeMutableBufferPointer<Double>) {
        count += numbers.count
        for number in numbers {
            let magnitude = abs(number)
            if magnitude > largest { largest = magnitude }
            if magnitude >= HalfPrecision.leastNormal {
                if magnitude >= HalfPrecision.overflowThreshold { overflowing += 1 }
                continue
            }
            guard magnitude > 0 else { continue }
            let rounded = HalfPrecision.double(HalfPrecision.bits(magnitude))
            if rounded == 0 {
                vanishing += 1
            } else if rounded < HalfPrecision.leastNormal {
                subnormal += 1
            }
            // Both numbers are multiples of a power of two that their difference is one of, too, so it is exact.
            if abs(rounded - magnitude) > HalfPrecision.unitRoundoff * magnitude { losing += 1 }
        }
    }
}
