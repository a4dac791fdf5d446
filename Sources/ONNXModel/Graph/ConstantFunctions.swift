import Files

/// Functions of the C library that constants are computed with.
enum ConstantFunctions {
    static func exponential(_ number: Double) -> Double { exp(number) }
}
