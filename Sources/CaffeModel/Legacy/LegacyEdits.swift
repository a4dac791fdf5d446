import Prototxt

/// What the steps of the upgrade share: edits of single fields that lose no comment, and the layout that these need to know.
extension PrototxtDocument {
    /// Removes a field, but neither the comment behind it on its line nor those inside it.
    func removalKeepingComments(of field: FieldNode) -> SourceEdit {
        let range = field.rangeWithSeparator
        let comments = commentLines(in: range)
        guard !comments.isEmpty else { return SourceEdit(range: range, replacement: [], closesGap: true) }
        // What follows on the line must not become part of the last comment.
        let lineEnd = lineBreak + indentation(at: range.lowerBound)
        let needsLineEnd = isFollowed(at: range.upperBound)
        return SourceEdit(
            range: range, replacement: needsLineEnd ? comments : Array(comments.dropLast(lineEnd.count)))
    }

    /// Puts other fields in the place of one, in the style of the document. Comments inside the field stay above them.
    func replacement(of field: FieldNode, with fields: [NewField], in message: MessageNode) -> SourceEdit {
        // An insertion behind the field is those fields as the document would write them, and what joins them to their
        // neighbours, which are joined already.
        let inserted = insertion(of: fields, into: message, after: field).replacement
        let isJoint = { (byte: UInt8) in byte.isWhiteSpace || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") }
        return SourceEdit(
            range: field.range, replacement: commentLines(in: field.range) + inserted[...].trimmed(where: isJoint))
    }

    /// The comments in a range, each followed by a line end and the indentation of the range.
    private func commentLines(in range: Range<Int>) -> [UInt8] {
        let lineEnd = lineBreak + indentation(at: range.lowerBound)
        return LegacyTextMarks(bytes[range]).comments.flatMap { bytes[$0] + lineEnd }
    }

    /// A value as errors show it.
    func quoted(_ value: ValueNode) -> String {
        switch value {
        case .message: "'{'"
        case .list: "'['"
        case .scalar(let scalar): "'\(scalar.text.prefix(40))'"
        }
    }

    // MARK: Layout

    /// What ends the lines of the document: that of its first line.
    var lineBreak: [UInt8] {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), end > 0, bytes[end - 1] == UInt8(ascii: "\r") else {
            return [UInt8(ascii: "\n")]
        }
        return Array("\r\n".utf8)
    }

    /// Whether nothing but blanks stands before an offset on its line.
    func startsLine(at offset: Int) -> Bool {
        bytes[..<offset].last { !$0.isBlank } ?? UInt8(ascii: "\n") == UInt8(ascii: "\n")
    }

    /// Whether nothing but blanks and perhaps a comment stands behind an offset on its line.
    func endsLine(at offset: Int) -> Bool {
        let next = bytes[offset...].first { !$0.isBlank }
        return next == nil || next == UInt8(ascii: "\n") || next == UInt8(ascii: "#")
    }

    /// Whether anything but blanks, perhaps a comment, stands behind an offset on its line.
    func isFollowed(at offset: Int) -> Bool {
        let next = bytes[offset...].first { !$0.isBlank }
        return next != nil && next != UInt8(ascii: "\n")
    }

    /// A blank where a name stands directly at an offset, for text that comes to stand before it.
    ///
    /// Names begin with a letter, `_` or `[`, all of which lie between `A` and `z`.
    func blank(before offset: Int) -> [UInt8] {
        bytes[offset...].first.map { UInt8(ascii: "A")...UInt8(ascii: "z") ~= $0 } == true ? [UInt8(ascii: " ")] : []
    }

    /// The end of the line of an offset, without the line end itself.
    func endOfLine(at offset: Int) -> Int {
        let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
        return end > offset && end < bytes.endIndex && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
    }

    /// The blanks that the line of an offset begins with.
    func indentation(at offset: Int) -> [UInt8] {
        let start = bytes[..<offset].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return Array(bytes[start..<offset].prefix(while: \.isBlank))
    }

    /// What stands between the name of a message and its fields, as in ` {`, without line ends and comments.
    func opening(of field: FieldNode, _ message: MessageNode) -> [UInt8] {
        let joint = bytes[field.nameRange.upperBound..<(message.openRange?.upperBound ?? field.nameRange.upperBound)]
        return joint.contains(UInt8(ascii: "\n")) ? Array(" {".utf8) : Array(joint)
    }

    /// What closes a message that begins with `opening(of:_:)`.
    func closing(of field: FieldNode, _ message: MessageNode) -> UInt8 {
        opening(of: field, message).last == UInt8(ascii: "<") ? UInt8(ascii: ">") : UInt8(ascii: "}")
    }
}

extension FieldNode {
    /// The values of the field, a list taken apart.
    var values: [ValueNode] {
        if case .list(let list) = value { list.elements } else { [value] }
    }
}
