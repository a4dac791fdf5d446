/// A generator of numbers that look random and are the same in every run (SplitMix64: Steele, Lea and Flood, 2014).
struct PseudoRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// A number from 0 on, below 1.
    mutating func unit() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// A number between -1 and 1.
    mutating func signed() -> Float { 2 * unit() - 1 }

    /// Fills a slice of a blob with numbers of its kind.
    mutating func fill(_ buffer: UnsafeMutableBufferPointer<Float>, with values: TrainBlob.Values) {
        switch values {
        case .weights(let inputs):
            // He et al., 2015: a variance of 2 / inputs.
            let bound = (6 / Float(max(inputs, 1))).squareRoot()
            for index in buffer.indices { buffer[index] = bound * signed() }
        case .offsets:
            for index in buffer.indices { buffer[index] = 0.1 * signed() }
        case .means:
            for index in buffer.indices { buffer[index] = 0.1 * signed() * Self.averagingFactor }
        case .gammas:
            for index in buffer.indices {
                let magnitude = 0.5 + unit()
                buffer[index] = next() & 1 == 0 ? magnitude : -magnitude
            }
        case .variances:
            for index in buffer.indices { buffer[index] = (0.5 + unit()) * Self.averagingFactor }
        case .averagingFactor:
            for index in buffer.indices { buffer[index] = Self.averagingFactor }
        }
    }

    /// What Caffe's default moving average comes to in a long training: 1 / (1 - 0.999), nearly.
    private static let averagingFactor: Float = 999.982
}
