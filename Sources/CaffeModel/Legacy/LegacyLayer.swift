import Frontend
import Prototxt

/// A `layers { ... }` of a net in Caffe's V1 format, or in V0, where most of it lies in a nested `layer { ... }`.
///
///     Before:  layers { name: "a" type: CONVOLUTION blobs_lr: 1 weight_decay: 0 }
///     After:   layer { name: "a" type: "Convolution" param { lr_mult: 1 decay_mult: 0 } }
struct LegacyLayer {
    let document: PrototxtDocument
    let field: FieldNode
    let message: MessageNode
    /// The `layer { ... }` of V0.
    let nested: (field: FieldNode, message: MessageNode)?

    static func all(in document: PrototxtDocument) throws(ModelError) -> [LegacyLayer] {
        var layers: [LegacyLayer] = []
        for field in document.root.fields where field.name == "layers" {
            guard let message = field.value.message else {
                let found = "expected '{' after 'layers'; each layer needs a 'layers { ... }' of its own"
                throw ModelError(document.error(at: field.value.range.lowerBound, found))
            }
            layers.append(
                LegacyLayer(
                    document: document, field: field, message: message, nested: try nestedLayer(in: message, document)))
        }
        return layers
    }

    private static func nestedLayer(
        in message: MessageNode, _ document: PrototxtDocument
    ) throws(ModelError) -> (field: FieldNode, message: MessageNode)? {
        let fields = message.fields.filter { $0.name == "layer" }
        guard let field = fields.first else { return nil }
        guard fields.count == 1, let message = field.value.message else {
            let wrong = fields.count == 1 ? field.value.range : fields[1].range
            let expected = "expected one 'layer { ... }' in each 'layers { ... }', as in Caffe's oldest format"
            throw ModelError(document.error(at: wrong.lowerBound, expected))
        }
        return (field, message)
    }

    /// What `layers` become today, but for the transformations of data layers.
    static func edits(in document: PrototxtDocument) throws(ModelError) -> [SourceEdit] {
        var edits: [SourceEdit] = []
        for layer in try all(in: document) {
            edits.append(SourceEdit(range: layer.field.nameRange, replacement: Array("layer".utf8)))
            edits += try layer.typeEdits()
            edits += try LegacyParameters(of: layer).edits()
        }
        return edits
    }

    // MARK: Names

    /// For errors.
    var name: String { (nested?.message ?? message).value(named: "name")?.scalar?.stringValue ?? "" }

    /// The type of a V0 layer: `conv`, `pool` and so on.
    var v0Type: String? {
        let type = nested?.message.value(named: "type")?.scalar
        return type?.stringValue ?? type?.identifier
    }

    func texts(of field: String) -> [String] {
        message.values(named: field).compactMap { $0.scalar?.stringValue }
    }

    func error(at offset: Int, _ text: String) -> ModelError {
        ModelError(document.error(at: offset, "layer '\(name)': \(text)"))
    }

    // MARK: The type

    /// Today's name of the type, also where the file gives it already; nil for a layer without a type.
    func modernType() throws(ModelError) -> String? {
        guard let value = message.value(named: "type") else { return nil }
        if let text = value.scalar?.stringValue { return LegacyLayerTypes.modernName(ofQuoted: text) }
        if let word = value.scalar?.identifier, word != "NONE" { return LegacyLayerTypes.modernName(ofV1: word) }
        if let number = value.scalar?.integerValue, let name = LegacyLayerTypes.modernName(ofV1: number) { return name }
        throw error(
            at: value.range.lowerBound,
            "found \(document.quoted(value)), expected a layer type: a word such as CONVOLUTION, its number from 1 to \(LegacyLayerTypes.largestV1Number), or today's name in quotes"
        )
    }

    private func typeEdits() throws(ModelError) -> [SourceEdit] {
        guard let scalar = message.value(named: "type")?.scalar, let type = try modernType(),
            type != scalar.stringValue
        else { return [] }
        return [document.replacement(of: scalar, withString: type)]
    }

    // MARK: Today's format already

    /// Whether it reads like a layer of today but for the name of its field.
    var isOldInNameOnly: Bool {
        nested == nil && message.value(named: "type")?.scalar?.kind == .string
            && message.fields.allSatisfy { field in
                !LegacyParameters.oldFields.contains(field.name)
                    && (field.name != "param" || field.value.scalar == nil)
            }
    }
}
