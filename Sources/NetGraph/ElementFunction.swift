/// Functions of each element by itself that Caffe has no layer for.
///
/// `definition` is the one table of them: a new function is a case here and a line there.
public enum ElementFunction: Hashable, Sendable {
    /// x above the threshold, else 0, cut off at the maximum; less negativeSlope * (threshold - x) below the threshold.
    case rectifier(negativeSlope: Double, maximum: Double?, threshold: Double)
    /// x above the threshold, else another number.
    case thresholded(threshold: Double, otherwise: Double)
    /// max(x, 0) + min(alpha (exp(x / alpha) - 1), 0)
    case celu(alpha: Double)
    /// log(1 + exp(x))
    case softplus
    /// x / (1 + |x|)
    case softsign
    /// -log(1 + exp(-x))
    case logSigmoid
    /// slope x + offset, cut off at 0 and 1. Keras 2: 0.2 and 0.5; Keras 3: 1/6 and 0.5.
    case hardSigmoid(slope: Double, offset: Double)
    /// x times the hard sigmoid of x with 1/6 and 0.5
    case hardSwish
    /// x / 2 (1 + erf(x / sqrt(2)))
    case gelu
    /// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
    case geluByTanh
    /// x tanh(log(1 + exp(x)))
    case mish
    /// x + bias below -threshold, x - bias above threshold, 0 between. A soft shrink has bias = threshold, a hard one 0.
    case shrink(threshold: Double, bias: Double)
    /// x - tanh(x)
    case tanhShrink
    /// (x + sqrt(x^2 + b)) / 2
    case squareplus(b: Double)
    /// 0 below -1, x above 1, (x + 1)^2 / 4 between
    case sparsePlus
    case erf
    case squareRoot
    case reciprocal
    /// 1 / sqrt(x)
    case reciprocalSquareRoot
    case floor
    case ceiling
    /// To the nearest whole number, of two to the even one.
    case round
    case sign
    case sine
    case cosine
    case tangent
    case hyperbolicSine
    case hyperbolicCosine
    case arcTangent
    /// exp(x) - 1
    case exponentialLessOne
    /// log(1 + x)
    case logarithmOfOneMore
    /// Without what stands behind the point.
    case truncation
}

extension ElementFunction {
    /// How far apart outputs can be for inputs that are close.
    public enum Steepness: Hashable, Sendable {
        /// The largest magnitude of the slope.
        case atMost(Double)
        /// It has slopes of any size.
        case unbounded
        /// It jumps: the least difference of inputs may show in full.
        case jumps
    }

    /// What there is to know of a function.
    public struct Definition: Sendable {
        public var name: String
        public var steepness: Steepness
        /// Whether f(s x) = s f(x) for every s that is not negative: then such a factor passes it. No shift passes any of them.
        public var isHomogeneous: Bool
        public var formula: @Sendable (Double) -> Double

        init(
            _ name: String, _ steepness: Steepness, isHomogeneous: Bool = false,
            _ formula: @escaping @Sendable (Double) -> Double
        ) {
            self.name = name
            self.steepness = steepness
            self.isHomogeneous = isHomogeneous
            self.formula = formula
        }
    }
}
