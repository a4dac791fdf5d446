import Frontend
import Prototxt

/// The learning rates, decays and shared names of a V1 layer, which lie in a `param` for each blob today.
///
///     Before:  blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
///     After:   param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
///
/// The values of each field belong to the blobs in order (`UpgradeV1LayerParameter`). A `param` takes the place of the
/// first value that went into it, so that a comment above or behind that value tells about the right blob.
struct LegacyParameters {
    /// Fields that are always old; `param` is when it holds a string.
    static let oldFields: Set<String> = ["blobs_lr", "weight_decay", "blob_share_mode"]

    private let layer: LegacyLayer
    /// By blob.
    private var entries: [Entry] = []
    /// The fields that held the values, in the order of the text.
    private var fields: [FieldNode] = []

    private struct Entry {
        /// In the order in which they are written.
        var name: NewField?
        var shareMode: NewField?
        var learningRate: NewField?
        var decay: NewField?
        /// The offset of the first field that tells of the blob.
        var place = Int.max

        var field: NewField {
            NewField(name: "param", value: .inlineMessage([name, shareMode, learningRate, decay].compactMap(\.self)))
        }
    }

    init(of layer: LegacyLayer) throws(ModelError) {
        self.layer = layer
        var modernParameter: FieldNode?
        var counts: [String: Int] = [:]
        for field in layer.message.fields where field.name == "param" || Self.oldFields.contains(field.name) {
            if field.name == "param", field.values.allSatisfy({ $0.message != nil }) {
                modernParameter = field
                continue
            }
            fields.append(field)
            for value in field.values {
                try take(value, of: field, blob: counts[field.name, default: 0])
                counts[field.name, default: 0] += 1
            }
        }
        if let modernParameter, let old = fields.first {
            let line = layer.document.position(at: modernParameter.range.lowerBound).line
            throw layer.error(
                at: old.range.lowerBound,
                "has '\(old.name)' of Caffe's old format beside today's 'param { ... }' in line \(line), and it is not clear which counts; move all into 'param { ... }'"
            )
        }
    }

    private mutating func take(_ value: ValueNode, of field: FieldNode, blob: Int) throws(ModelError) {
        guard let scalar = value.scalar else { throw wrong(value, of: field, expected: "a single value") }
        while entries.count <= blob { entries.append(Entry()) }
        switch field.name {
        case "param":
            guard let text = scalar.stringValue else {
                throw wrong(value, of: field, expected: "a name in quotes, or '{'")
            }
            // Caffe shares what has a name that is not empty.
            entries[blob].name = NewField(name: "name", value: .string(text))
        case "blob_share_mode":
            guard let mode = scalar.identifier ?? scalar.integerValue.map(String.init),
                let literal = ["STRICT": "STRICT", "0": "STRICT", "PERMISSIVE": "PERMISSIVE", "1": "PERMISSIVE"][mode]
            else { throw wrong(value, of: field, expected: "STRICT or PERMISSIVE") }
            entries[blob].shareMode = NewField(name: "share_mode", value: .literal(literal))
        default:
            guard scalar.doubleValue != nil else { throw wrong(value, of: field, expected: "a number") }
            if field.name == "blobs_lr" {
                entries[blob].learningRate = NewField(name: "lr_mult", value: .literal(scalar.text))
            } else {
                entries[blob].decay = NewField(name: "decay_mult", value: .literal(scalar.text))
            }
        }
        entries[blob].place = min(entries[blob].place, field.range.lowerBound)
    }

    private func wrong(_ value: ValueNode, of field: FieldNode, expected: String) -> ModelError {
        let found = layer.document.quoted(value)
        return layer.error(at: value.range.lowerBound, "expected \(expected) after '\(field.name):', found \(found)")
    }

    func edits() -> [SourceEdit] {
        let parameters = Dictionary(grouping: entries, by: \.place)
        return fields.map { field in
            guard let own = parameters[field.range.lowerBound] else {
                return layer.document.removalKeepingComments(of: field)
            }
            return layer.document.replacement(of: field, with: own.map(\.field), in: layer.message)
        }
    }
}
