/// Writes new fields in the style of a document.
struct FieldRenderer {
    /// How the new fields themselves are written: like their siblings.
    let style: LayoutStyle
    /// How what lies in them is written: like the nested fields of the document.
    let nestedStyle: LayoutStyle
    let lineEnd: [UInt8]

    /// The fields on lines of their own, each with its line end.
    func lines(_ fields: [NewField], indentation: [UInt8]) -> [UInt8] {
        lines(fields, indentation: indentation, style: style)
    }

    /// The fields on one line, with nothing before the first one and behind the last one.
    func inline(_ fields: [NewField]) -> [UInt8] {
        inline(fields, style: style)
    }

    private func lines(_ fields: [NewField], indentation: [UInt8], style: LayoutStyle) -> [UInt8] {
        var text: [UInt8] = []
        for field in fields {
            text += indentation
            var separator = style.messageSeparator
            if case .message(let children) = field.value {
                text += Array(field.name.utf8) + style.opening + lineEnd
                text += lines(children, indentation: indentation + nestedStyle.indentationUnit, style: nestedStyle)
                text += indentation + [style.closing]
            } else {
                text += inline([field], style: style)
                if field.value.isScalar { separator = style.scalarSeparator }
            }
            if let separator { text.append(separator) }
            text += lineEnd
        }
        return text
    }

    private func inline(_ fields: [NewField], style: LayoutStyle) -> [UInt8] {
        let texts = fields.map { field -> [UInt8] in
            let name = Array(field.name.utf8)
            return switch field.value {
            case .string(let text): name + style.colon + StringLiteral.encode(text, quote: style.quote)
            case .literal(let literal): name + style.colon + Array(literal.utf8)
            case .message(let children), .inlineMessage(let children):
                name + style.opening + body(children, padding: style.padding) + [style.closing]
            }
        }
        return Array(texts.joined(separator: (style.inlineSeparator.map { [$0] } ?? []) + [.space]))
    }

    private func body(_ fields: [NewField], padding: [UInt8]) -> [UInt8] {
        fields.isEmpty ? [] : padding + inline(fields, style: nestedStyle) + padding
    }
}

extension NewValue {
    fileprivate var isScalar: Bool {
        switch self {
        case .string, .literal: true
        case .message, .inlineMessage: false
        }
    }
}
