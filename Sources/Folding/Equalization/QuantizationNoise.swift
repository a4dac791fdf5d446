import NetGraph

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Whole numbers of 8 bits for weights: symmetric, from -127 to 127, with one step for a tensor or one for each output channel.
public enum QuantizationScheme: String, Hashable, Sendable, CaseIterable {
    case perTensor = "int8-per-tensor"
    case perChannel = "int8-per-channel"
}

/// The steps of a quantised weight.
struct QuantizationGrid {
    /// - Parameter largest: the largest magnitude of what is quantised.
    static func step(largest: Double) -> Double { largest / 127 }

    /// The nearest number that the grid has, ties to even.
    static func nearest(_ number: Double, step: Double) -> Double {
        step > 0 ? min(max((number / step).rounded(.toNearestOrEven), -127), 127) * step : 0
    }
}

/// How much of a weight is lost in whole numbers.
struct QuantizationNoise {
    private(set) var signal = 0.0
    private(set) var noise = 0.0

    mutating func add(_ number: Double, step: Double) {
        signal += number * number
        let error = number - QuantizationGrid.nearest(number, step: step)
        noise += error * error
    }

    /// In decibels; `nil` where nothing is lost, or nothing is there.
    var ratio: Double? { signal > 0 && noise > 0 ? 10 * log10(signal / noise) : nil }
}
