import Files

/// Functions of numbers that constants are computed with.
enum ConstantFunctions {
    /// Of one number of floating point, by operator.
    static let ofOne: [String: @Sendable (Double) -> Double] = [
        "Sqrt": { $0.squareRoot() }, "Reciprocal": { 1 / $0 }, "Floor": { $0.rounded(.down) },
        "Ceil": { $0.rounded(.up) }, "Exp": { exp($0) }, "Log": { log($0) }, "Sin": { sin($0) }, "Cos": { cos($0) },
        "Tanh": { tanh($0) }, "Sigmoid": { 1 / (1 + exp(-$0)) }, "Erf": { erf($0) },
        "Round": { $0.rounded(.toNearestOrEven) }, "Softplus": { log1p(exp($0)) },
    ]

    /// Of one number of any type.
    static let ofAnyOne: [String: @Sendable (Double) -> Double] = [
        "Neg": { -$0 }, "Abs": { abs($0) }, "Sign": { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }, "Relu": { $0 < 0 ? 0 : $0 },
    ]

    /// Of two numbers, with a result of their type.
    static let ofTwo: [String: @Sendable (Double, Double) -> Double] = [
        "Add": { $0 + $1 }, "Sub": { $0 - $1 }, "Mul": { $0 * $1 }, "Div": { $0 / $1 },
        "Max": { $1 > $0 || $1.isNaN ? $1 : $0 }, "Min": { $1 < $0 || $1.isNaN ? $1 : $0 }, "Sum": { $0 + $1 },
    ]

    /// Of two numbers, with a result that is true or false.
    static let comparisons: [String: @Sendable (Double, Double) -> Bool] = [
        "Equal": { $0 == $1 }, "Greater": { $0 > $1 }, "Less": { $0 < $1 }, "GreaterOrEqual": { $0 >= $1 },
        "LessOrEqual": { $0 <= $1 }, "And": { $0 != 0 && $1 != 0 }, "Or": { $0 != 0 || $1 != 0 },
        "Xor": { ($0 != 0) != ($1 != 0) },
    ]

    /// Of all numbers along axes.
    static let reductions: [String: @Sendable ([Double]) -> Double] = [
        "ReduceSum": { $0.reduce(0, +) }, "ReduceMean": { $0.reduce(0, +) / Double($0.count) },
        "ReduceProd": { $0.reduce(1, *) }, "ReduceMax": { $0.reduce(-.infinity) { max($0, $1) } },
        "ReduceMin": { $0.reduce(.infinity) { min($0, $1) } }, "ReduceL1": { $0.reduce(0) { $0 + abs($1) } },
        "ReduceL2": { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() },
        "ReduceSumSquare": { $0.reduce(0) { $0 + $1 * $1 } },
    ]

    static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

    /// With the sign of the divisor, or with that of the dividend as in C.
    static func remainder(_ dividend: Double, _ divisor: Double, likeC: Bool) -> Double {
        let rest = fmod(dividend, divisor)
        return likeC || rest == 0 || (rest < 0) == (divisor < 0) ? rest : rest + divisor
    }
}
