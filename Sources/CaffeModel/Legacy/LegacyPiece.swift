import Prototxt

/// A field on its way into another message, with the comments above it and the one behind it.
struct LegacyPiece {
    let document: PrototxtDocument
    let field: FieldNode
    /// From the end of the piece before, or of the opening delimiter, to the field.
    let leading: Range<Int>
    /// Behind the field and its separator, to the end of the line; empty when another field follows on it.
    let trailing: Range<Int>

    /// From the first comment above the field to the end of its line.
    var range: Range<Int> { leading.lowerBound..<trailing.upperBound }

    /// The fields of a message. Their pieces adjoin: together with what stands behind the last one, they are its body.
    static func all(in message: MessageNode, of document: PrototxtDocument) -> [LegacyPiece] {
        var start = message.bodyRange.lowerBound
        return message.fields.map { field in
            let fieldEnd = field.rangeWithSeparator.upperBound
            let end = document.endsLine(at: fieldEnd) ? document.endOfLine(at: fieldEnd) : fieldEnd
            defer { start = end }
            return LegacyPiece(
                document: document, field: field, leading: start..<field.range.lowerBound, trailing: fieldEnd..<end)
        }
    }

    /// Whether it fits into a line with others.
    var isPlain: Bool {
        let hasLineEnd = document.bytes[field.range].contains(UInt8(ascii: "\n"))
        return !hasLineEnd && LegacyTextMarks(document.bytes[range]).comments.isEmpty
    }

    /// Whether the field stands on a line of its own or begins one.
    var startsLine: Bool { document.startsLine(at: field.range.lowerBound) }

    /// The field under another name, perhaps with another value, without comments around it.
    func text(named name: String, value: [UInt8]? = nil) -> [UInt8] {
        let bytes = document.bytes
        let valueRange = field.value.range
        return Array(name.utf8) + bytes[field.nameRange.upperBound..<valueRange.lowerBound]
            + (value ?? Array(bytes[valueRange])) + bytes[valueRange.upperBound..<trailing.lowerBound]
    }

    /// The piece with a new indentation, on lines of its own: begins with a line end, and ends without one.
    func lines(of text: [UInt8], indentation: [UInt8]) -> [UInt8] {
        let old = document.indentation(at: field.range.lowerBound)
        let above = document.bytes[leading]
        // What does not begin with a line end stands behind something else, or is a comment behind the opening delimiter.
        let isBelow = above.first { !$0.isBlank } == UInt8(ascii: "\n")
        let before = isBelow ? Array(above) : document.lineBreak + old + above.drop(while: \.isBlank)
        return (before + text + document.bytes[trailing]).reindented(from: old, to: indentation)
    }
}
