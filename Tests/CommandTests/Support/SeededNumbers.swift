/// The same numbers on every run and every machine (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Whether something happens that happens once in so many times.
    mutating func happens(onceIn times: Int) -> Bool { Int.random(in: 0..<times, using: &self) == 0 }

    /// Numbers between two bounds; each is one that a Float can hold.
    mutating func numbers(_ count: Int, _ bounds: ClosedRange<Double> = -1...1) -> [Double] {
        (0..<count).map { _ in Double(Float(Double.random(in: bounds, using: &self))) }
    }
}
