#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension ElementFunction {
    /// Name, steepness and formula. Slopes that are no round numbers are rounded up.
    public var definition: Definition {
        switch self {
        case .rectifier(let slope, let maximum, let threshold):
            Definition(
                "ReLU", threshold == 0 ? .atMost(max(1, abs(slope))) : .jumps,
                isHomogeneous: threshold == 0 && maximum == nil
            ) { x in
                // NaN stays what it is.
                let kept = x <= threshold ? 0 : x
                let cut = maximum.map { kept < 0 ? 0 : kept > $0 ? $0 : kept } ?? kept
                return slope == 0 || x >= threshold ? cut : cut - slope * (threshold - x)
            }
        case .thresholded(let threshold, let otherwise):
            Definition("ThresholdedReLU", .jumps) { x in x <= threshold ? otherwise : x }
        case .celu(let alpha):
            Definition("CELU", alpha > 0 ? .atMost(1) : .unbounded) { x in max(x, 0) + min(alpha * expm1(x / alpha), 0)
            }
        case .softplus: Definition("Softplus", .atMost(1)) { x in Self.softplus(x) }
        case .softsign: Definition("Softsign", .atMost(1)) { x in x / (1 + abs(x)) }
        case .logSigmoid: Definition("LogSigmoid", .atMost(1)) { x in -Self.softplus(-x) }
        case .hardSigmoid(let slope, let offset):
            Definition("HardSigmoid", .atMost(abs(slope))) { x in Self.hardSigmoid(x, slope, offset) }
        case .hardSwish: Definition("HardSwish", .atMost(1.5)) { x in x * Self.hardSigmoid(x, 1.0 / 6, 0.5) }
        case .gelu: Definition("GELU", .atMost(1.13)) { x in x * 0.5 * Self.complementaryError(-x * 0.5.squareRoot()) }
        case .geluByTanh:
            Definition("GELU", .atMost(1.14)) { x in
                x * 0.5 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
            }
        case .mish: Definition("Mish", .atMost(1.09)) { x in x * tanh(Self.softplus(x)) }
        case .shrink(let threshold, let bias):
            Definition("Shrink", bias == threshold ? .atMost(1) : .jumps) { x in
                x < -threshold ? x + bias : x > threshold ? x - bias : x.isNaN ? x : 0
            }
        case .tanhShrink: Definition("TanhShrink", .atMost(1)) { x in x - tanh(x) }
        case .squareplus(let b): Definition("Squareplus", .atMost(1)) { x in (x + (x * x + b).squareRoot()) / 2 }
        case .sparsePlus:
            Definition("SparsePlus", .atMost(1)) { x in x <= -1 ? 0 : x >= 1 ? x : (x + 1) * (x + 1) / 4 }
        case .erf: Definition("Erf", .atMost(1.13)) { x in Self.error(x) }
        case .squareRoot: Definition("Sqrt", .unbounded) { x in x.squareRoot() }
        case .reciprocal: Definition("Reciprocal", .unbounded) { x in 1 / x }
        case .reciprocalSquareRoot: Definition("Rsqrt", .unbounded) { x in 1 / x.squareRoot() }
        case .floor: Definition("Floor", .jumps) { x in x.rounded(.down) }
        case .ceiling: Definition("Ceil", .jumps) { x in x.rounded(.up) }
        case .round: Definition("Round", .jumps) { x in x.rounded(.toNearestOrEven) }
        case .sign: Definition("Sign", .jumps) { x in x > 0 ? 1 : x < 0 ? -1 : x }
        case .sine: Definition("Sin", .atMost(1)) { x in sin(x) }
        case .cosine: Definition("Cos", .atMost(1)) { x in cos(x) }
        case .tangent: Definition("Tan", .unbounded) { x in tan(x) }
        case .hyperbolicSine: Definition("Sinh", .unbounded) { x in sinh(x) }
        case .hyperbolicCosine: Definition("Cosh", .unbounded) { x in cosh(x) }
        case .arcTangent: Definition("Atan", .atMost(1)) { x in atan(x) }
        case .exponentialLessOne: Definition("Expm1", .unbounded) { x in expm1(x) }
        case .logarithmOfOneMore: Definition("Log1p", .unbounded) { x in log1p(x) }
        case .truncation: Definition("Trunc", .jumps) { x in x.rounded(.towardZero) }
        }
    }

    /// log(1 + exp(x)), which overflows nowhere.
    private static func softplus(_ x: Double) -> Double { x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)) }

    private static func hardSigmoid(_ x: Double, _ slope: Double, _ offset: Double) -> Double {
        let y = slope * x + offset
        return y < 0 ? 0 : y > 1 ? 1 : y
    }

    // By the names of the C library, which a case would hide.
    private static func error(_ x: Double) -> Double {
        #if canImport(Darwin)
            Darwin.erf(x)
        #elseif canImport(Musl)
            Musl.erf(x)
        #else
            Glibc.erf(x)
        #endif
    }

    private static func complementaryError(_ x: Double) -> Double { erfc(x) }
}
