extension PrototxtDocument {
    /// Removes a field with its separator.
    ///
    /// A field that has its lines to itself goes with them, indentation and a trailing comment on its last line
    /// included. From a line that it shares, only the field goes, and the blanks that would be left over:
    ///
    ///     layer { name: "a" phase: TEST top: "b" }
    ///     layer { name: "a" top: "b" }
    ///
    /// Where blank lines above and below a removed line would meet, only the longer run stays.
    public func removal(of field: FieldNode) -> SourceEdit {
        let range = field.rangeWithSeparator
        guard hasLinesToItself(range) else { return .removal(range) }
        return .removal(range.lowerBound..<bytes.lineEnd(after: range.upperBound))
    }

    /// Removes a block, such as a `layer { ... }`, and if asked the comment lines that lead up to it.
    ///
    /// Those are the lines directly above the block, with nothing but a comment on each and no blank line between.
    /// Two kinds of comments are about more than the block, and stay: what stands above the first field of the
    /// document, a file header; and a line with a run of three or more of `-=#*~/+`, a section header, with all lines
    /// above it.
    public func removal(ofBlock field: FieldNode, withLeadingComments: Bool) -> [SourceEdit] {
        let block = removal(of: field)
        guard withLeadingComments, let comments = leadingComments(of: field) else { return [block] }
        return [.removal(comments), block]
    }

    private func hasLinesToItself(_ range: Range<Int>) -> Bool {
        bytes.isFirstOnLine(range.lowerBound) && bytes.isLastOnLine(range.upperBound)
    }

    // MARK: Leading comments

    /// The comment lines that belong to a field, from the first `#` to the end of the last one.
    private func leadingComments(of field: FieldNode) -> Range<Int>? {
        let start = field.range.lowerBound
        guard bytes.isFirstOnLine(start), let previousEnd = endOfText(before: start) else { return nil }
        let lastLine = bytes.lineStart(before: start)
        var first: Int?
        var line = lastLine
        while line > previousEnd {
            let lineAbove = bytes.lineStart(before: line - 1)
            let comment = bytes.blanksEnd(from: lineAbove)
            guard lineAbove >= previousEnd, bytes[comment] == .hash, !isSectionHeader(commentAt: comment) else { break }
            first = comment
            line = lineAbove
        }
        return first.map { $0..<bytes.lineEnd(after: bytes.lineStart(before: lastLine - 1)) }
    }

    /// Where the last token before a field ends; nil when it is the first field of the document.
    private func endOfText(before start: Int) -> Int? {
        guard let first = root.fields.first, first.range.lowerBound < start else { return nil }
        var end = 0
        var fields = root.fields
        while let previous = fields.last(before: start) {
            guard previous.range.upperBound > start else { return previous.rangeWithSeparator.upperBound }
            guard let parent = previous.value.messages.last(where: { $0.bodyRange.lowerBound <= start }) else { break }
            end = parent.bodyRange.lowerBound
            fields = parent.fields
        }
        return end
    }

    private func isSectionHeader(commentAt start: Int) -> Bool {
        let text = bytes[start..<bytes.lineEnd(after: start)].dropFirst()
        return zip(text, zip(text.dropFirst(), text.dropFirst(2))).contains { first, others in
            "-=#*~/+".utf8.contains(first) && first == others.0 && first == others.1
        }
    }
}

extension ValueNode {
    /// The messages directly in this value.
    var messages: [MessageNode] {
        switch self {
        case .scalar: []
        case .message(let message): [message]
        case .list(let list): list.elements.compactMap(\.message)
        }
    }
}

extension [FieldNode] {
    /// The last field that begins before an offset, by binary search.
    func last(before offset: Int) -> FieldNode? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].range.lowerBound < offset { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? self[low - 1] : nil
    }
}
