import Frontend
import Prototxt

/// The padding layers of V0, which were layers of their own before convolution and pooling could pad.
///
///     Before:  x - padding(2) - y - conv(5) - z
///     After:   x - conv(5, pad: 2) - z
///
/// Every reader of y takes the padding over, in place of its own if it has any, as in `UpgradeV0PaddingLayers`. Refused,
/// as there, when a reader is neither convolution nor pooling, or has another bottom.
enum LegacyPadding {
    static func edits(in document: PrototxtDocument) throws(ModelError) -> [SourceEdit] {
        var edits: [SourceEdit] = []
        /// The latest layer that wrote each blob.
        var writers: [String: LegacyLayer] = [:]
        for layer in try LegacyLayer.all(in: document) {
            for bottom in layer.message.values(named: "bottom").compactMap(\.scalar) {
                guard let blob = bottom.stringValue, let padding = writers[blob], padding.v0Type == "padding" else {
                    continue
                }
                edits += try layer.takeOver(padding, readAs: bottom)
            }
            for top in layer.texts(of: "top") { writers[top] = layer }
            if layer.v0Type == "padding" { edits.append(document.removalKeepingComments(of: layer.field)) }
        }
        return edits
    }
}

extension LegacyLayer {
    /// The edits that make a layer pad by itself.
    fileprivate func takeOver(_ padding: LegacyLayer, readAs bottom: ScalarNode) throws(ModelError) -> [SourceEdit] {
        let line = document.position(at: padding.field.range.lowerBound).line
        let source = "the padding layer '\(padding.name)' in line \(line)"
        guard let nested, let type = v0Type, type == "conv" || type == "pool" else {
            throw error(
                at: bottom.range.lowerBound,
                "reads \(source), but only layers of type 'conv' and 'pool' can pad by themselves; give each of those 'pad:' and remove the padding layer"
            )
        }
        guard message.values(named: "bottom").count == 1 else {
            throw error(at: bottom.range.lowerBound, "reads \(source) beside other bottoms; expected one bottom")
        }
        let inputs = padding.texts(of: "bottom")
        guard inputs.count == 1, padding.texts(of: "top").count == 1 else {
            throw padding.error(
                at: padding.field.range.lowerBound, "a padding layer needs one bottom and one top")
        }
        let pad = padding.nested?.message.value(named: "pad")
        guard pad == nil || pad?.scalar?.integerValue != nil else {
            throw padding.error(at: padding.field.range.lowerBound, "expected a whole number after 'pad:'")
        }
        let literal = pad?.scalar?.text ?? "0"
        let padEdit =
            if let own = nested.message.value(named: "pad")?.scalar {
                document.replacement(of: own, withLiteral: literal)
            } else {
                document.insertion(
                    of: [NewField(name: "pad", value: .literal(literal))], into: nested.message,
                    after: nested.message.fields.last { $0.name == "kernelsize" } ?? nested.message.fields.last)
            }
        return [document.replacement(of: bottom, withString: inputs[0]), padEdit]
    }
}
