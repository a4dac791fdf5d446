import Execution
import NetGraph

/// What an error of a value is to be measured by: its largest magnitude, or that of what cancelled out on the way to it.
///
/// x - y of values that are almost equal is next to nothing, but off by as much as x and y are. So is what follows: it is measured by the magnitude of
/// x until something else outweighs it. Only where a layer leaves less than an eighth of what goes into it is that a cancellation; of the layers of a
/// common network, none does.
struct CancelledMagnitudes {
    private var own: [ValueID: Double] = [:]
    private var cancelled: [ValueID: Double] = [:]

    private static let leastShare = 0.125
    /// A sum of thousands of products is far smaller than their magnitudes together: of it much less counts as cancelled.
    private static let leastShareOfProducts = 0.001

    /// The magnitude of what cancelled out on the way to a value; the value's own where nothing did.
    subscript(value: ValueID) -> Double { cancelled[value] ?? own[value] ?? 0 }

    /// Takes in a layer that was just run.
    mutating func add<Element: ExecutionElement>(
        _ layer: Layer, of interpreter: Interpreter<Element>, magnitude: (ValueID) -> Double
    ) {
        var most = 0.0
        for output in layer.outputs {
            let found = magnitude(output)
            own[output] = found
            most = max(most, found)
        }
        guard !layer.inputs.isEmpty, let sources = sources(of: layer, giving: most, interpreter), sources.isFinite
        else {
            return
        }
        for output in layer.outputs {
            let share = layer.isLinear ? Self.leastShareOfProducts : Self.leastShare
            if own[output, default: 0] < sources * share { cancelled[output] = sources }
        }
    }

    /// The magnitude of what a layer adds up; `nil` where it bends its inputs in such a way that magnitudes do not tell.
    private func sources<Element: ExecutionElement>(
        of layer: Layer, giving most: Double, _ interpreter: Interpreter<Element>
    ) -> Double? {
        let inputs = layer.inputs.map { self[$0] }
        let largest = inputs.max() ?? 0
        switch layer.operation {
        case .eltwise(let eltwise):
            switch eltwise.combination {
            case .sum: return zip(eltwise.coefficients, inputs).reduce(0) { $0 + abs($1.0) * $1.1 }
            case .maximum: return largest
            case .product: return inputs.reduce(1, *)
            }
        case .arithmetic(let arithmetic):
            switch arithmetic.function {
            case .sum, .difference: return inputs.reduce(0, +)
            case .mean: return inputs.reduce(0, +) / Double(max(inputs.count, 1))
            case .maximum, .minimum: return largest
            case .greater, .greaterOrEqual, .less, .lessOrEqual, .equal, .notEqual, .choice: return nil
            case .product: return inputs.reduce(1, *)
            case .quotient, .power: return layer.inputs.contains { cancelled[$0] != nil } ? largest : nil
            }
        case .scale(let scale):
            let factor = scale.gamma.map { interpreter.numbers(of: $0)?.lazy.map(abs).max() ?? 0 }
            return factor.map { $0 * inputs[0] } ?? inputs.reduce(1, *)
        case .batchNorm(let batchNorm):
            return Self.largestFactor(of: batchNorm, interpreter).map { $0 * largest }
        case .power(let power):
            return power.power == 1 ? abs(power.scale) * largest : nil
        case .convolution, .deconvolution, .innerProduct:
            // Norms take a pass over the weights: only where something small comes out, or goes in.
            let isSmall = most < largest * Self.leastShareOfProducts
            guard isSmall || layer.inputs.contains(where: { cancelled[$0] != nil }) else { return nil }
            return (interpreter.weightNorms(of: layer)?.max()).map { $0 * largest }
        case .activation(.relu), .activation(.prelu), .activation(.absolute), .activation(.relu6), .activation(.clip),
            .bias, .pooling, .padding, .identity, .split, .concat, .slice, .flatten, .reshape, .crop, .permute,
            .shuffleChannel,
            .tile,
            .upsample, .interpolation, .reorg, .resize, .gathering, .stridedSlice, .pixelBlocks:
            return largest
        default:
            return layer.inputs.contains { cancelled[$0] != nil } ? largest : nil
        }
    }

    /// The largest factor that a BatchNorm multiplies with.
    private static func largestFactor<Element: ExecutionElement>(
        of batchNorm: BatchNorm, _ interpreter: Interpreter<Element>
    ) -> Double? {
        let share = batchNorm.factor.flatMap { interpreter.numbers(of: $0)?.first } ?? 1
        let gamma = batchNorm.gamma.flatMap { interpreter.numbers(of: $0)?.lazy.map(abs).max() } ?? 1
        switch batchNorm.spread {
        case .variance(let id):
            guard let least = interpreter.numbers(of: id)?.min() else { return nil }
            let variance = max(share == 0 ? 0 : least / share, 0)
            let deviation =
                batchNorm.addsEpsilonToDeviation
                ? variance.squareRoot() + batchNorm.epsilon : (variance + batchNorm.epsilon).squareRoot()
            return deviation > 0 ? gamma / deviation : nil
        case .inverseDeviation(let id):
            return interpreter.numbers(of: id)?.lazy.map(abs).max().map { gamma * $0 }
        case .applied:
            return gamma
        }
    }
}

extension Layer {
    fileprivate var isLinear: Bool {
        switch operation {
        case .convolution, .deconvolution, .innerProduct: true
        default: false
        }
    }
}

extension ForwardPass {
    /// The largest magnitude in a value that can be read now; 0 for any other value. What is not a number has none.
    func largestMagnitude(of value: ValueID) -> Double {
        withElements(of: value) { span in
            span.withUnsafeBufferPointer { Self.largestMagnitude(in: $0) }
        } ?? 0
    }

    @specialized(where Element == Float)
    @specialized(where Element == Double)
    private static func largestMagnitude(in elements: UnsafeBufferPointer<Element>) -> Double {
        var largest: Element = 0
        for element in elements where abs(element) > largest { largest = abs(element) }
        return Double(largest)
    }
}
