extension PrototxtDocument {
    /// Inserts fields into a message, behind one of its fields or, without an anchor, before all of them.
    ///
    /// New text follows the style of the fields around it, or else of the document: line ends, indentation, `:` and
    /// `{` or `<` with or without blanks, quotes, separators. A message on one line stays on one line. A comment
    /// behind the anchor, or behind the opening delimiter, stays where it is. Before the first field of the document,
    /// comments stay above the new fields.
    ///
    /// The anchor, and any other field, may be removed by another edit that is applied together with this one.
    /// Without fields, the edit changes nothing.
    public func insertion(
        of fields: [NewField], into message: MessageNode, after anchor: FieldNode? = nil
    ) -> SourceEdit {
        guard !fields.isEmpty else { return .insertion([], at: message.bodyRange.lowerBound) }
        let renderer = renderer(for: message)
        let start = anchor?.rangeWithSeparator.upperBound ?? message.openRange?.upperBound
        guard let start else { return insertionAtStart(of: fields, renderer) }
        guard bytes.isLastOnLine(start) else {
            return inlineInsertion(of: fields, at: start, into: message, after: anchor, renderer)
        }
        let indentation = indentation(ofFieldsIn: message, near: anchor, unit: renderer.style.indentationUnit)
        return lineInsertion(of: fields, at: bytes.nextLineStart(after: start), indentation: indentation, renderer)
    }

    /// An insertion at the beginning of the document, but behind its header.
    private func insertionAtStart(of fields: [NewField], _ renderer: FieldRenderer) -> SourceEdit {
        let start = root.fields.first.map { bytes.lineStart(before: $0.range.lowerBound) } ?? bytes.count
        let indentation = indentation(ofFieldsIn: root, near: nil, unit: [])
        return lineInsertion(of: fields, at: start, indentation: indentation, renderer)
    }

    /// An insertion of whole lines at the beginning of a line, or at the end of the text.
    private func lineInsertion(
        of fields: [NewField], at offset: Int, indentation: [UInt8], _ renderer: FieldRenderer
    ) -> SourceEdit {
        let text = renderer.lines(fields, indentation: indentation)
        guard offset == bytes.count, bytes.lineStart(before: offset) < offset else {
            return .insertion(text, at: offset)
        }
        return .insertion(renderer.lineEnd + text.dropLast(renderer.lineEnd.count), at: offset)
    }

    /// An insertion into a line that goes on behind it.
    private func inlineInsertion(
        of fields: [NewField], at offset: Int, into message: MessageNode, after anchor: FieldNode?,
        _ renderer: FieldRenderer
    ) -> SourceEdit {
        let separator = renderer.style.inlineSeparator.map { [$0] } ?? []
        let isBeforeBlank = bytes.blanksEnd(from: offset) > offset
        let isBeforeField = message.fields.contains { $0.range.lowerBound >= offset }
        var text = renderer.inline(fields)
        if let anchor {
            text = (anchor.separatorRange == nil ? separator : []) + [.space] + text
        } else if isBeforeBlank {
            text.insert(.space, at: 0)
        } else if message.fields.isEmpty {
            text = renderer.style.padding + text + renderer.style.padding
        }
        if isBeforeField { text += separator + (isBeforeBlank ? [] : [.space]) }
        return .insertion(text, at: offset)
    }

    // MARK: Surroundings

    private func renderer(for message: MessageNode) -> FieldRenderer {
        let styles = LayoutStyle.styles(forFieldsIn: message, of: self)
        let lineEnd = lineEnd(near: message.openRange?.lowerBound ?? 0)
        return FieldRenderer(style: styles.own, nestedStyle: styles.nested, lineEnd: lineEnd)
    }

    /// The line end of the line that an offset lies in, LF when it has none.
    private func lineEnd(near offset: Int) -> [UInt8] {
        let next = bytes.nextLineStart(after: offset)
        let lineEnd = Array(bytes[bytes.lineEnd(after: offset)..<next])
        return lineEnd.isEmpty ? [.lineFeed] : lineEnd
    }

    /// The indentation of the fields of a message that begin a line: the anchor's, or else the first one's, or else
    /// a unit more than that of the line where the message opens.
    private func indentation(ofFieldsIn message: MessageNode, near anchor: FieldNode?, unit: [UInt8]) -> [UInt8] {
        let startsLine = { (field: FieldNode) in self.bytes.isFirstOnLine(field.range.lowerBound) }
        if let model = anchor.flatMap({ startsLine($0) ? $0 : nil }) ?? message.fields.first(where: startsLine) {
            return Array(bytes.indentation(ofLineAt: model.range.lowerBound))
        }
        guard let open = message.openRange else { return [] }
        return bytes.indentation(ofLineAt: open.lowerBound) + unit
    }
}
