/// IEEE 754 binary16, which files of all frameworks may hold. (Swift's own `Float16` is missing on some systems.)
package enum HalfPrecision {
    /// How far a number of the normal range is off when it is rounded, at most, relative to itself.
    package static let unitRoundoff = 0x1p-11

    /// The smallest number of full precision.
    package static let leastNormal = 0x1p-14

    /// From this magnitude on rounding gives infinity.
    package static let overflowThreshold = 65520.0

    /// The number that a bit pattern stands for.
    package static func double(_ bits: UInt16) -> Double {
        let sign: Double = bits & 0x8000 == 0 ? 1 : -1
        let exponent = UInt64(bits >> 10 & 0x1F)
        let fraction = UInt64(bits & 0x3FF)
        switch exponent {
        case 0: return sign * Double(fraction) * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        // The exponent's bias grows from 15 to 1023.
        default: return sign * Double(bitPattern: (exponent + 1008) << 52 | fraction << 42)
        }
    }

    /// The nearest bit pattern, ties to even; beyond the range it is infinity.
    package static func bits(_ number: Double) -> UInt16 {
        let pattern = number.bitPattern
        let sign = UInt16(truncatingIfNeeded: pattern >> 48) & 0x8000
        let magnitude = pattern & 0x7FFF_FFFF_FFFF_FFFF
        // The bit patterns of positive numbers are in the order of the numbers.
        if magnitude >= overflowThreshold.bitPattern {
            return magnitude > Double.infinity.bitPattern ? 0x7E00 : sign | 0x7C00
        }
        let exponent = Int(magnitude >> 52) - 1023
        if exponent >= -14 {
            // The fraction loses 42 bits; what is carried out of it makes the exponent larger, as it should.
            let rebiased = magnitude - 1008 << 52
            return sign | UInt16(truncatingIfNeeded: rounded(rebiased, dropping: 42))
        }
        // A multiple of 2^-24: less than half of it is 0.
        guard exponent >= -25 else { return sign }
        let significand = magnitude & 0xF_FFFF_FFFF_FFFF | 1 << 52
        return sign | UInt16(truncatingIfNeeded: rounded(significand, dropping: UInt64(28 - exponent)))
    }

    /// A whole number without its last bits, to the nearest one, ties to even.
    private static func rounded(_ number: UInt64, dropping count: UInt64) -> UInt64 {
        let odd = number >> count & 1
        return (number + (1 << (count - 1) - 1) + odd) >> count
    }
}
