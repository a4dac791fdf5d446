/// A function of each element by itself.
///
/// The constants are those that the framework parses: Floats, widened exactly.
public enum Activation: Hashable, Sendable {
    /// max(x, 0) + negativeSlope * min(x, 0)
    case relu(negativeSlope: Double)
    /// min(max(x, 0), 6)
    case relu6
    /// A negative slope for each channel, or one for all: the shape of the parameter tells. With `axes`, one for each place along those axes of
    /// the value, in the order in which the parameter has them (Keras's (height, width, channels): 2, 3, 1); one of length 1 serves all places.
    case prelu(slope: ParameterID, axes: [Int]? = nil)
    /// scale times: x above 0, alpha (exp(x) - 1) below
    case elu(alpha: Double, scale: Double = 1)
    /// 1 / (1 + exp(-x))
    case sigmoid
    case tanh
    case absolute
    /// log(1 + exp(x)), the "binomial normal log likelihood" of Caffe's `bnll_layer.cpp`
    case bnll
    /// base ^ (shift + scale x); without a base, e
    case exponential(base: Double?, scale: Double, shift: Double)
    /// The logarithm of shift + scale x; without a base, the natural one
    case logarithm(base: Double?, scale: Double, shift: Double)
    case clip(minimum: Double, maximum: Double)
    /// x * sigmoid(beta x)
    case swish(beta: Double)
    /// 1 above the threshold, else 0
    case threshold(Double)
    case function(ElementFunction)

    /// Keras's and ONNX's SELU.
    public static let selu = Activation.elu(alpha: 1.6732632423543772, scale: 1.0507009873554805)

    /// The parameters in the order in which the framework stores them.
    var parameters: [ParameterID] {
        switch self {
        case .prelu(let slope, _): [slope]
        case .relu, .relu6, .elu, .sigmoid, .tanh, .absolute, .bnll, .exponential, .logarithm, .clip, .swish,
            .threshold, .function:
            []
        }
    }
}
