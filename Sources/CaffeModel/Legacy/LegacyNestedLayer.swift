import Frontend
import Prototxt

/// Dissolves the nested `layer` of V0: its parameters move into the message of their type.
///
///     Before:  layers { layer { name: "a" type: "conv" kernelsize: 5 } bottom: "x" top: "y" }
///     After:   layers { name: "a" type: "Convolution" convolution_param { kernel_size: 5 } bottom: "x" top: "y" }
///
/// Learning rates stay as V1 has them. Fields keep their order, each message standing where its first field stood; as that
/// costs the lines that `layer {` and `}` took, a layer with one message keeps its lines.
struct LegacyNestedLayer {
    private let document: PrototxtDocument
    private let layer: LegacyLayer
    private let field: FieldNode
    private let message: MessageNode
    private let type: String

    private init(_ layer: LegacyLayer, field: FieldNode, message: MessageNode) {
        document = layer.document
        self.layer = layer
        self.field = field
        self.message = message
        type = layer.v0Type ?? ""
    }

    static func edits(in document: PrototxtDocument) throws(ModelError) -> [SourceEdit] {
        try LegacyLayer.all(in: document).compactMap { layer in
            layer.nested.map { LegacyNestedLayer(layer, field: $0.field, message: $0.message).edit() }
        }
    }

    // MARK: Sorting

    /// What the nested layer leaves, in order.
    private enum Part {
        case field(LegacyPiece, text: [UInt8])
        case message(name: String, fields: [(piece: LegacyPiece, text: [UInt8])])
        /// A field that Caffe drops; its comments stay.
        case dropped(LegacyPiece)
    }

    private func parts() -> [Part] {
        var parts: [Part] = []
        var messages: [String: Int] = [:]
        for piece in LegacyPiece.all(in: message, of: document) {
            let name = piece.field.name
            switch LegacyFlatFields.destination(of: name, layerType: type) {
            case .layer:
                parts.append(.field(piece, text: piece.text(named: name, value: modernTypeValue(of: piece.field))))
            case .nowhere: parts.append(.dropped(piece))
            case .parameters(let message, let newName):
                let text = piece.text(named: newName)
                if let index = messages[message], case .message(_, let fields) = parts[index] {
                    parts[index] = .message(name: message, fields: fields + [(piece, text)])
                } else {
                    messages[message] = parts.count
                    parts.append(.message(name: message, fields: [(piece, text)]))
                }
            }
        }
        return parts
    }

    private func modernTypeValue(of field: FieldNode) -> [UInt8]? {
        guard field.name == "type", let scalar = field.value.scalar else { return nil }
        return document.replacement(of: scalar, withString: LegacyLayerTypes.modernName(ofV0: type)).replacement
    }

    // MARK: Laying out

    private func edit() -> SourceEdit {
        let range = field.rangeWithSeparator
        guard document.bytes[range].contains(UInt8(ascii: "\n")) else {
            return SourceEdit(range: range, replacement: inlineText() + document.blank(before: range.upperBound))
        }
        var text = lines()
        var end = range.upperBound
        let comments = LegacyTextMarks(text[...]).comments
        if let last = comments.last, !text[last.upperBound...].contains(where: { !$0.isBlank }),
            document.isFollowed(at: end)
        {
            // What follows on the line must not become part of the comment that the text ends with.
            end += document.bytes[end...].prefix(while: \.isBlank).count
            text += document.lineBreak + outerIndentation
        } else {
            text += document.blank(before: end)
        }
        guard document.startsLine(at: range.lowerBound) else {
            let blanks = document.bytes[..<range.lowerBound].reversed().prefix(while: \.isBlank).count
            return SourceEdit(range: range.lowerBound - blanks..<end, replacement: text)
        }
        return SourceEdit(range: range.lowerBound..<end, replacement: Array(text.drop(while: \.isWhiteSpace)))
    }

    private func inlineText() -> [UInt8] {
        let texts = parts().compactMap { part -> [UInt8]? in
            switch part {
            case .field(_, let text): text
            case .message(let name, let fields):
                opening(name) + [UInt8(ascii: " ")] + fields.map(\.text).joined(separator: " ".utf8)
                    + [UInt8(ascii: " "), closing]
            case .dropped: nil
            }
        }
        return Array(texts.joined(separator: " ".utf8))
    }

    /// Everything on lines of its own: begins with a line end, and ends without one.
    private func lines() -> [UInt8] {
        let outer = outerIndentation
        let inner = innerIndentation(of: outer)
        var text = commentLines(in: field.nameRange.upperBound..<message.bodyRange.lowerBound, indentation: outer)
        for part in parts() {
            switch part {
            case .field(let piece, let field): text += piece.lines(of: field, indentation: outer)
            case .dropped(let piece): text += commentLines(in: piece.range, indentation: outer)
            case .message(let name, let fields):
                text += document.lineBreak + outer + opening(name)
                text += fields.flatMap { $0.piece.lines(of: $0.text, indentation: inner) }
                text += document.lineBreak + outer + [closing]
            }
        }
        let last = LegacyPiece.all(in: message, of: document).last?.range.upperBound ?? message.bodyRange.lowerBound
        return text + commentLines(in: last..<field.rangeWithSeparator.upperBound, indentation: outer)
    }

    /// The comments of a range alone, on lines of their own.
    private func commentLines(in range: Range<Int>, indentation: [UInt8]) -> [UInt8] {
        LegacyTextMarks(document.bytes[range]).comments.flatMap {
            document.lineBreak + indentation + document.bytes[$0]
        }
    }

    private func opening(_ name: String) -> [UInt8] { Array(name.utf8) + document.opening(of: field, message) }

    private var closing: UInt8 { document.closing(of: field, message) }

    /// The indentation of the fields beside the nested layer.
    private var outerIndentation: [UInt8] {
        let siblings = [field] + layer.message.fields + message.fields
        let model = siblings.first { document.startsLine(at: $0.range.lowerBound) } ?? field
        return document.indentation(at: model.range.lowerBound)
    }

    /// The indentation of the fields in the nested layer, when it is deeper than that of the fields beside it.
    private func innerIndentation(of outer: [UInt8]) -> [UInt8] {
        let model = message.fields.first { document.startsLine(at: $0.range.lowerBound) }
        let inner = model.map { document.indentation(at: $0.range.lowerBound) } ?? []
        return inner.count > outer.count && inner.starts(with: outer) ? inner : outer + Array("  ".utf8)
    }
}
