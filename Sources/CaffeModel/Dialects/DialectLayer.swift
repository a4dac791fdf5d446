import Frontend
import NetGraph
import Prototxt

/// What becomes of the layers of one name that are a batch normalisation.
struct DialectLayer {
    /// A blob of a layer as it is to be written.
    struct Blob {
        /// Where it was: tells the `param` entry that goes with it.
        enum Origin: Hashable {
            case normalization(Int)
            case scale(Int)
        }

        var shape: [Int]
        var values: [Double]
        var elementType: ElementType
        var origin: Origin?
        /// Whether training must not touch it: mean, variance, factor.
        var isStatistic = false
    }

    /// The Scale that gets gamma and beta.
    struct Scale {
        var name: String
        var blobs: [Blob]
        /// The layers of the text that it is already; none for a Scale that is new.
        var definitions: [LayerDefinition] = []
    }

    /// What the layer has to say of itself beside its type.
    enum Form: Hashable {
        /// `BatchNorm` of three blobs.
        case plain
        /// `BatchNorm` of five blobs.
        case withScaleAndBias
        /// `BN` with `bn_mode: INFERENCE`.
        case finished
        /// A `Scale`: the normalisation was finished already.
        case scale
    }

    var name: String
    var definitions: [LayerDefinition]
    var form: Form
    var blobs: [Blob]
    var scale: Scale?
    /// The Scale that is part of the layer now, and gone.
    var merged: [LayerDefinition] = []
    /// Whether NVCaffe's rules held for the layer: `use_global_stats` does not count in TEST, and a small eps is raised.
    var isOfNVCaffe = false
    /// What the layer was, as the report says it.
    var before: String
    /// Factor and term of each channel, before: y = factor x + term.
    var affine: ChannelFactors
    /// Of each channel, how large the numbers are whose sum the term is.
    var magnitudes: [Double]

    var type: String {
        switch form {
        case .plain, .withScaleAndBias: "BatchNorm"
        case .finished: "BN"
        case .scale: "Scale"
        }
    }

    /// What the layer is now, as the report says it.
    var after: String {
        switch form {
        case .plain:
            scale.map { "BatchNorm and \($0.definitions.isEmpty ? "the new Scale" : "Scale") '\($0.name)'" }
                ?? "BatchNorm"
        case .withScaleAndBias: "BatchNorm with scale_bias" + mergedText
        case .finished: "BN with bn_mode: INFERENCE" + mergedText
        case .scale: "Scale"
        }
    }

    private var mergedText: String { merged.first.map { ", which took in Scale '\($0.name)'" } ?? "" }
}

/// Factor and term of each channel.
struct ChannelFactors {
    var factors: [Double]
    var terms: [Double]

    /// The same, and another affine behind it.
    func followed(by gamma: [Double], _ beta: [Double]?) -> ChannelFactors {
        ChannelFactors(
            factors: zip(factors, gamma).map { $0 * $1 },
            terms: terms.indices.map { terms[$0] * gamma[$0] + (beta?[$0] ?? 0) })
    }
}
