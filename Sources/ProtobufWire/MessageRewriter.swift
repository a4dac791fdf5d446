/// Turns edits into the content of a message: copies between them, replacements, and enclosing messages with their
/// new lengths.
struct MessageRewriter {
    let path: String

    /// Rewrites the message in `range`, which `depth` fields enclose. Every edit has at least that many.
    func rewrite(_ range: Range<Int>, applying edits: [WireEdit], depth: Int) throws(WireError) -> WireContent {
        var content = WireContent()
        var copied = range.lowerBound
        for change in changes(of: edits, depth: depth) {
            guard change.range.lowerBound >= range.lowerBound, change.range.upperBound <= range.upperBound else {
                throw error(change, "does not lie within the message at \(range.lowerBound)..<\(range.upperBound)")
            }
            guard change.range.lowerBound >= copied else {
                throw error(change, "overlaps another edit, which ends at byte \(copied)")
            }
            content.append(.copy(copied..<change.range.lowerBound))
            switch change {
            case .edit(let edit):
                content.append(edit.replacement)
            case .field(let field, let edits):
                content.append(try rewrite(field, applying: edits, depth: depth + 1))
            }
            copied = change.range.upperBound
        }
        content.append(.copy(copied..<range.upperBound))
        return content
    }

    /// Rewrites a field that is a message or group, with its tag.
    private func rewrite(_ field: WireField, applying edits: [WireEdit], depth: Int) throws(WireError) -> WireContent {
        let payload = try rewrite(field.payload, applying: edits, depth: depth)
        let tagEnd = field.range.lowerBound + field.tagByteCount
        var content = WireContent()
        content.append(.copy(field.range.lowerBound..<tagEnd))
        switch field.wireType {
        case .lengthDelimited where payload.byteCount != field.payload.count:
            content.append(.bytes(WireEncoding.varint(UInt64(clamping: payload.byteCount))))
        case .lengthDelimited, .startGroup:
            // The same length stays as it was written; a group has none.
            content.append(.copy(tagEnd..<field.payload.lowerBound))
        case .varint, .fixed32, .fixed64, .endGroup:
            throw error(
                .field(field, edits), "is said to lie inside field \(field.number), but that is a \(field.wireType)")
        }
        content.append(payload)
        content.append(.copy(field.payload.upperBound..<field.range.upperBound))
        return content
    }

    /// What happens at one level: edits of it, and enclosed messages with the edits inside them.
    private enum Change {
        case edit(WireEdit)
        case field(WireField, [WireEdit])

        var range: Range<Int> {
            switch self {
            case .edit(let edit): edit.range
            case .field(let field, _): field.range
            }
        }
    }

    /// The changes of one level in the order of the file; insertions come before what begins at the same place.
    private func changes(of edits: [WireEdit], depth: Int) -> [Change] {
        var changes: [Change] = []
        var inner: [WireField: [WireEdit]] = [:]
        for edit in edits {
            if edit.enclosing.count > depth {
                inner[edit.enclosing[depth], default: []].append(edit)
            } else {
                changes.append(.edit(edit))
            }
        }
        changes += inner.map { .field($0.key, $0.value) }
        // The sort is stable, which keeps insertions at one place in their order.
        return changes.sorted {
            ($0.range.lowerBound, $0.range.isEmpty ? 0 : 1) < ($1.range.lowerBound, $1.range.isEmpty ? 0 : 1)
        }
    }

    private func error(_ change: Change, _ complaint: String) -> WireError {
        WireError(
            path: path, offset: change.range.lowerBound,
            message: "the edit of bytes \(change.range.lowerBound)..<\(change.range.upperBound) \(complaint)")
    }
}
