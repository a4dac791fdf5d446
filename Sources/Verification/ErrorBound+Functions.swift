import Execution
import NetGraph

// What functions of values without weights make of an error.
extension ErrorBound {
    /// The largest slope of an activation; `nil` where there is none.
    static func steepestSlope(of activation: Activation, interpreter: Interpreter<Double>) -> Double? {
        switch activation {
        case .relu(let slope): return max(1, abs(slope))
        case .prelu(let slope, _): return interpreter.numbers(of: slope)?.reduce(1) { max($0, abs($1)) }
        case .elu(let alpha, let scale): return abs(scale) * max(1, abs(alpha))
        case .relu6, .tanh, .absolute, .bnll, .clip: return 1
        case .sigmoid: return 0.25
        // x sigmoid(b x) is nowhere steeper than 1.1.
        case .swish: return 1.1
        case .exponential, .logarithm, .threshold: return nil
        case .function(let function):
            switch function.definition.steepness {
            case .atMost(let slope): return slope
            case .unbounded, .jumps: return nil
            }
        }
    }

    /// One bound for the only output of a layer; `nil` where there is none.
    static func combined(
        _ layer: Layer, _ inputs: [ErrorBound], _ magnitudes: [Double], _ interpreter: Interpreter<Double>
    ) -> Double? {
        let errors = inputs.map(\.largest)
        guard let first = errors.first else { return nil }
        switch layer.operation {
        case .arithmetic(let arithmetic):
            switch arithmetic.function {
            case .sum, .difference: return errors.reduce(0, +)
            case .mean: return errors.reduce(0, +) / Double(errors.count)
            case .maximum, .minimum: return errors.max()
            case .product:
                // (x + e)(y + f) ... - x y ..., each factor at its largest.
                let exact = magnitudes.reduce(1, *)
                let off = zip(magnitudes, errors).reduce(1) { $0 * ($1.0 + $1.1) }
                return off - exact + noiseOfDouble * exact
            // Where the choice itself may be off, anything may be.
            case .choice: return first == 0 ? errors.max() : nil
            case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
                return errors.allSatisfy { $0 == 0 } ? 0 : nil
            case .quotient, .power: return nil
            }
        case .contraction(let contraction):
            guard inputs.count == 2, let one = interpreter.network[layer.inputs[0]].shape,
                let other = interpreter.network[layer.inputs[1]].shape,
                let count = contraction.termCount(one, other)
            else { return nil }
            let product = errors[0] * magnitudes[1] + errors[1] * magnitudes[0] + errors[0] * errors[1]
            return Double(count) * (product + noiseOfDouble * magnitudes[0] * magnitudes[1])
        case .axisReduction(let reduction):
            switch reduction.method {
            case .mean, .maximum, .minimum, .logarithmOfExponentials: return first
            case .sum, .sumOfMagnitudes, .norm:
                guard let shape = interpreter.network[layer.inputs[0]].shape,
                    let (reduced, _) = try? reduction.networkAxes(rank: shape.rank)
                else { return nil }
                let lengths = reduced.compactMap { shape.dimensions[$0] }
                guard lengths.count == reduced.count, let count = TensorShape.elementCount(lengths) else { return nil }
                return first * (reduction.method == .norm ? Double(count).squareRoot() : Double(count))
            case .product, .sumOfSquares, .logarithmOfSum: return nil
            }
        case .resize(let resize):
            // The magnitudes of the weights: 1 where none is negative, and at most 1.5 along an axis for cubic ones.
            guard case .cubic(let coefficient) = resize.method else { return first }
            guard (-1...0).contains(coefficient) else { return nil }
            return first * 8
        // Off by as much as x is, and by the logarithm of the sum, which is off by no more than the largest of them.
        case .logSoftmax: return 2 * first
        // x sigmoid(y): off by x's error, and by a quarter of y's for each unit of x.
        case .gatedHalves: return first + (magnitudes[0] + first) * first / 4
        default: return nil
        }
    }

    /// The lengths of the axes behind the channel of a layer's input; `nil` where they are not known.
    static func planeShape(of layer: Layer, _ interpreter: Interpreter<Double>) -> [Int]? {
        layer.inputs.first.flatMap { interpreter.network[$0].shape?.known }.map { Array($0.dropFirst(2)) }
    }
}
