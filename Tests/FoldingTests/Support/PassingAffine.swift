import Folding
import NetGraph
import Testing

/// Affine layers over four channels that differ in what of them may pass.
enum PassingAffine: String, CaseIterable, CustomTestStringConvertible, Sendable {
    /// Positive factors and shifts.
    case batchNorm
    /// Shifts, and factors of which one is negative.
    case batchNormScale
    /// Positive factors alone.
    case factors
    case negativeFactor
    /// Shifts, and factors of which one is 0.
    case zeroFactor
    /// Shifts alone.
    case bias

    var testDescription: String { rawValue }

    var hasNegativeFactor: Bool { self == .batchNormScale || self == .negativeFactor }

    /// Adds the layers and returns the last value.
    func add(to sketch: inout NetworkSketch, reading value: ValueID, named name: String = "affine") -> ValueID {
        let mean = [0.5, -1, 0, 2]
        let variance = [4, 0.25, 1, 2]
        let last: ValueID
        switch self {
        case .batchNorm:
            last = sketch.batchNorm(name, of: value, mean: mean, variance: variance)
        case .batchNormScale:
            let normalized = sketch.batchNorm(name, of: value, mean: mean, variance: variance)
            last = sketch.scale("\(name) scale", of: normalized, [0.5, -2, 1.5, 0.75], [1, -0.5, 0.25, 2])
        case .factors: last = sketch.scale(name, of: value, [0.5, 2, 1.5, 0.75])
        case .negativeFactor: last = sketch.scale(name, of: value, [0.5, -2, 1.5, 0.75])
        case .zeroFactor: last = sketch.scale(name, of: value, [0.5, 0, 1.5, 0.75], [1, -0.5, 0.25, 2])
        case .bias: last = sketch.bias(name, of: value, [1, -0.5, 0.25, 2])
        }
        sketch.network.values[last.index].shape = sketch.network[value].shape
        return last
    }
}

/// What of an affine per channel passes an operation exactly.
enum PassageRule: Sendable {
    case everything
    /// Factors of any sign; no shift.
    case factors
    /// Shifts, and factors that are not negative.
    case positive
    /// Factors that are not negative; no shift.
    case positiveFactors
    case nothing

    /// The types of the layers that have to stay of an affine with a linear layer on the far side.
    func left(of affine: PassingAffine, _ direction: FoldDirection) -> [String] {
        switch (self, affine) {
        case (.everything, _): []
        case (.nothing, .bias), (.factors, .bias), (.positiveFactors, .bias): ["Bias"]
        case (.nothing, _): ["Scale"]
        case (.positive, .batchNormScale), (.positive, .negativeFactor): ["Scale"]
        case (.positive, _): []
        case (_, .factors), (.factors, .negativeFactor): []
        case (.positiveFactors, .batchNormScale), (.positiveFactors, .negativeFactor): ["Scale"]
        // Forward 0 x + t is no 0 (x + t / 0), so that channel keeps both.
        case (_, .zeroFactor): direction == .backward ? ["Bias"] : ["Scale"]
        case (_, .batchNorm), (_, .batchNormScale): ["Bias"]
        }
    }

    /// The name of the reason for what stays.
    ///
    /// - Parameter other: the name of the one for which a shift, or anything, does not pass.
    func reason(for affine: PassingAffine, other: String) -> String {
        switch self {
        case .positive, .positiveFactors: affine.hasNegativeFactor ? "negative-factor" : other
        default: other
        }
    }
}
