/// IEEE 754 binary16. (Swift's own `Float16` is missing on some systems.)
enum HalfNumbers {
    /// The number that a bit pattern stands for.
    static func double(_ bits: UInt16) -> Double {
        let sign: Double = bits & 0x8000 == 0 ? 1 : -1
        let exponent = Int(bits >> 10 & 0x1F)
        let fraction = Double(bits & 0x3FF)
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
        }
    }

    /// The nearest bit pattern, ties to even; beyond the range it is infinity.
    static func bits(_ number: Double) -> UInt16 {
        let sign: UInt16 = number.sign == .minus ? 0x8000 : 0
        guard !number.isNaN else { return 0x7E00 }
        let magnitude = number.magnitude
        guard magnitude < 65520 else { return sign | 0x7C00 }
        // In units of the last place of its binade, subnormals included, rounding is that of an integer.
        let exponent = magnitude == 0 ? -14 : max(magnitude.exponent, -14)
        let units = (magnitude * Double(sign: .plus, exponent: 10 - Int(exponent), significand: 1)).rounded(
            .toNearestOrEven)
        return sign | (UInt16(units) + UInt16(Int(exponent) + 14) << 10)
    }
}
