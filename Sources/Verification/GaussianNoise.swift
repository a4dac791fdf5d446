#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Normally distributed numbers, the same for the same seed.
///
/// The generator is SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014); pairs of its numbers become normal by
/// the polar method of Marsaglia.
public struct GaussianNoise {
    private var state: UInt64
    private var spare: Double?

    public init(seed: UInt64) { state = seed }

    /// A number of mean 0 and deviation 1.
    public mutating func next() -> Double {
        if let spare {
            self.spare = nil
            return spare
        }
        while true {
            let first = 2 * uniform() - 1
            let second = 2 * uniform() - 1
            let square = first * first + second * second
            guard square < 1, square > 0 else { continue }
            let factor = (-2 * log(square) / square).squareRoot()
            spare = second * factor
            return first * factor
        }
    }

    /// A whole number from 0 to below a limit, which is positive.
    mutating func wholeNumber(below limit: Int) -> Double {
        min((uniform() * Double(limit)).rounded(.down), Double(limit - 1))
    }

    /// A number from 0 up to 1, of 53 bits.
    private mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        return Double(bits >> 11) * 0x1p-53
    }
}
