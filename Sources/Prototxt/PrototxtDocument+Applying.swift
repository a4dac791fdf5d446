extension PrototxtDocument {
    /// The text with all edits made. Bytes that no edit touches are copied.
    ///
    /// Edits may come in any order. Deletions that overlap or adjoin merge. Insertions at one offset keep their order.
    /// An insertion at either end of a deletion or replacement is fine and stays, one inside is not.
    ///
    /// Cost: linear in the size of the text, plus sorting the edits.
    ///
    /// - Throws: `SourceEditConflict` when an insertion lies inside a deletion or replacement, when a replacement
    ///   overlaps another edit, or when an edit reaches beyond the text.
    public func applying(_ edits: [SourceEdit]) throws(SourceEditConflict) -> [UInt8] {
        var result = EditedText(capacity: bytes.count, byteOrderMarkLength: bytes.byteOrderMarkLength)
        var copied = 0
        var latest: SourceEdit?  // the deletion or replacement that reaches furthest so far
        for edit in Self.inOrder(edits) where !(edit.range.isEmpty && edit.replacement.isEmpty) {
            guard edit.range.lowerBound >= 0, edit.range.upperBound <= bytes.count else {
                throw .outOfBounds(edit, byteCount: bytes.count)
            }
            if let latest, edit.range.lowerBound < copied {
                guard edit.isDeletion, latest.isDeletion else { throw .overlap(latest, edit) }
            } else {
                result.append(bytes[copied..<edit.range.lowerBound])
                copied = edit.range.lowerBound
            }
            if edit.isDeletion {
                guard edit.range.upperBound > copied else { continue }
                result.gapIsOpen = edit.closesGap
            } else {
                result.append(inserted: edit.replacement)
            }
            guard !edit.range.isEmpty else { continue }
            copied = edit.range.upperBound
            latest = edit
        }
        result.append(bytes[copied...])
        let edited = result.finished()
        guard edits.contains(where: \.closesGap) else { return edited.bytes }
        return PunctuationRepair(of: self, text: edited.bytes, origins: edited.origins).repaired()
    }

    /// By offset. Insertions come before what takes away the text behind them, and otherwise edits keep their order.
    private static func inOrder(_ edits: [SourceEdit]) -> [SourceEdit] {
        edits.enumerated().sorted { left, right in
            let leftKey = (left.element.range.lowerBound, left.element.range.isEmpty ? 0 : 1, left.offset)
            let rightKey = (right.element.range.lowerBound, right.element.range.isEmpty ? 0 : 1, right.offset)
            return leftKey < rightKey
        }.map(\.element)
    }
}

extension SourceEdit {
    fileprivate var isDeletion: Bool { replacement.isEmpty && !range.isEmpty }
}
