import Frontend
import JSON

/// What a field of a layer's `config` has to hold where it changes what the layer computes.
///
/// Keras itself refuses other values, or means something by them that is not known here. To take a default in their place would be a guess.
enum KerasFieldKind {
    case boolean
    /// A number, whole or not.
    case number
    /// A whole number from 1 on.
    case count
    /// A whole number, or a list of them.
    case axes
    case word([String])

    var expected: String {
        switch self {
        case .boolean: "true or false"
        case .number: "a number"
        case .count: "a whole number from 1 on"
        case .axes: "a whole number, or a list of them"
        case .word(let words): words.map { "\"\($0)\"" }.joined(separator: ", ")
        }
    }

    func admits(_ value: JSONNode) -> Bool {
        switch self {
        case .boolean: value.boolean != nil
        case .number: value.number != nil
        case .count: value.wholeNumber.map { $0 >= 1 } ?? false
        case .axes: value.wholeNumber != nil || value.lengths?.allSatisfy { $0 != nil } ?? false
        case .word(let words): value.string.map(words.contains) ?? false
        }
    }

    /// The fields of Keras's own classes; none for a class that none of them is known of.
    static func fields(of className: String) -> [(key: String, kind: KerasFieldKind)] {
        let format = (key: "data_format", kind: word(["channels_first", "channels_last"]))
        let padding = (key: "padding", kind: word(["valid", "same"]))
        switch className {
        case _ where className.holds("Conv") && !className.holds("LSTM"):
            return [
                format, ("padding", word(["valid", "same", "causal"])), ("use_bias", .boolean), ("filters", .count),
                ("groups", .count),
                ("depth_multiplier", .count),
            ]
        case _ where className.holds("Pool"): return [format, padding, ("keepdims", .boolean)]
        case "Dense": return [("use_bias", .boolean), ("units", .count)]
        case _ where className.hasPrefix("BatchNormalization") || className == "SyncBatchNormalization":
            return [
                ("center", .boolean), ("scale", .boolean), ("renorm", .boolean), ("epsilon", .number),
                ("momentum", .number), ("axis", .axes),
            ]
        case "LayerNormalization", "GroupNormalization":
            return [("center", .boolean), ("scale", .boolean), ("epsilon", .number), ("axis", .axes)]
        case "Concatenate", "Softmax": return [("axis", .axes)]
        case "LeakyReLU", "ELU": return [("alpha", .number), ("negative_slope", .number)]
        case "ReLU": return [("max_value", .number), ("negative_slope", .number), ("threshold", .number)]
        case "ThresholdedReLU": return [("theta", .number)]
        case "Flatten", "UpSampling2D", "UpSampling3D", "ZeroPadding2D", "ZeroPadding3D", "Cropping2D", "Cropping3D":
            return [format]
        default: return []
        }
    }
}

extension KerasConfigReader {
    /// Makes sure that the fields that change what a layer computes hold what Keras writes.
    ///
    /// - Throws: `ModelError` with place, layer, field, what was found and what was expected.
    func checkFields(of layer: KerasLayer) throws(ModelError) {
        for (key, kind) in KerasFieldKind.fields(of: layer.className) {
            guard let value = KerasFields(layer.config)[key], !kind.admits(value) else { continue }
            throw error(
                layer.config[key] ?? layer.node,
                "layer '\(layer.name)' (\(layer.className)) has \(value.found) as \"\(key)\", expected \(kind.expected); was the JSON edited by hand?"
            )
        }
    }
}

extension JSONNode {
    /// The value for messages: itself where it is short, else what it is.
    fileprivate var found: String {
        if let string { return "\"\(String(string.prefix(40)))\"" }
        if let number { return "\(number.integer.map(String.init) ?? "\(number.double)")" }
        if let boolean { return "\(boolean)" }
        return "\(kind)"
    }
}
