/// A text being put together from pieces of the old one and new ones, which closes the gaps that deletions leave.
///
/// Where something was taken away (`gapIsOpen`), what comes before and what comes after are fitted together:
///
///     a: 1 [b: 2] c: 3      a: 1 c: 3        blanks on both sides become those on the left
///     a: 1 [b: 2]           a: 1             blanks at the end of a line go
///     [a: 1] b: 2           b: 2             so do those that would add to an indentation
///     [a: 1]                                 a line of blanks goes, with its line end
///
/// Blank lines above and below a line that went are not both kept, but only the longer run of them; at the beginning
/// and at the end of the text none are kept. Looking at the text as it is when the gap closes, rather than at each
/// deletion alone, is what makes the removals of neighbours compose.
struct EditedText {
    private var bytes: [UInt8] = []
    private var origins = TextOrigins()
    /// Whether something was taken away just behind the end of the text.
    var gapIsOpen = false
    private let textStart: Int
    /// Where a whole line went, if nothing has been appended behind it.
    private var missingLineOffset: Int?

    init(capacity: Int, byteOrderMarkLength: Int) {
        bytes.reserveCapacity(capacity)
        textStart = byteOrderMarkLength
    }

    /// Appends a piece of the old text.
    mutating func append(_ piece: ArraySlice<UInt8>) {
        if gapIsOpen {
            closeGap(with: Array(piece), origin: piece.startIndex)
        } else {
            add(piece, origin: piece.startIndex)
        }
    }

    /// Appends new text. Where something was taken away, the new text takes its place: the separator and the blanks
    /// that it begins with were meant to follow what stood here, and go with it.
    mutating func append(inserted text: [UInt8]) {
        guard gapIsOpen, let first = text.first else { return add(text[...], origin: nil) }
        closeGap(with: Array(text[(first.isSeparator ? 1 : 0)...].drop { $0 == .space }), origin: nil)
    }

    /// The text, when nothing more follows, and where its parts come from.
    consuming func finished() -> (bytes: [UInt8], origins: TextOrigins) {
        if gapIsOpen {
            dropTrailingBlanks()
            if isAtLineStart { missingLineOffset = bytes.count }
        }
        if missingLineOffset == bytes.count { dropTrailingBlankLines() }
        return (bytes, origins)
    }

    /// - Parameter origin: where the piece begins in the old text; `nil` for new text.
    private mutating func add(_ piece: ArraySlice<UInt8>, origin: Int?) {
        origins.add(at: bytes.count, origin: origin)
        bytes += piece
    }

    // MARK: Closing gaps

    private mutating func closeGap(with piece: [UInt8], origin: Int?) {
        let place = { (offset: Int) in origin.map { $0 + offset } }
        let text = piece.blanksEnd(from: 0)
        guard text < piece.count else {
            // Only blanks: what comes next decides about the gap, and these are dropped if there are blanks already.
            if !isAtLineStart, bytes.last?.isBlank != true { add(piece[...], origin: origin) }
            return
        }
        gapIsOpen = false
        guard piece.lineEnd(after: text) == text else {
            let isSpaced = isAtLineStart || bytes.last?.isBlank == true
            let rest = piece[(isSpaced ? text : 0)...]
            if let last = bytes.last, last.isWord, let first = rest.first, first.isWord { add([.space], origin: nil) }
            add(rest, origin: place(rest.startIndex))
            return
        }
        dropTrailingBlanks()
        if isAtLineStart {
            let rest = mergingBlankLines(with: piece[piece.nextLineStart(after: text)...])
            missingLineOffset = bytes.count
            add(rest, origin: place(rest.startIndex))
        } else {
            add(piece[text...], origin: place(text))
        }
    }

    /// Drops the shorter run of blank lines, where those at the end of the text meet those that a piece begins with.
    private mutating func mergingBlankLines(with piece: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let lines = Array(piece)
        var below = 0
        var rest = 0
        while rest < lines.count {
            let next = lines.nextLineStart(after: rest)
            guard lines.blanksEnd(from: rest) == lines.lineEnd(after: rest), lines[next - 1] == .lineFeed else { break }
            rest = next
            below += 1
        }
        guard below > trailingBlankLineStarts().count, bytes.count > textStart else { return piece.dropFirst(rest) }
        dropTrailingBlankLines()
        return piece
    }

    private var isAtLineStart: Bool { bytes.count == textStart || bytes.last == .lineFeed }

    private mutating func dropTrailingBlanks() {
        while bytes.count > textStart, let last = bytes.last, last.isBlank { bytes.removeLast() }
    }

    private mutating func dropTrailingBlankLines() {
        if let start = trailingBlankLineStarts().last { bytes.removeSubrange(start...) }
    }

    /// Where the blank lines at the end of the text begin, the last one first. The text ends with a line end.
    private func trailingBlankLineStarts() -> [Int] {
        var starts: [Int] = []
        var end = bytes.count
        while end > textStart {
            var start = end - 1
            while start > textStart, bytes[start - 1].isBlank { start -= 1 }
            guard start == textStart || bytes[start - 1] == .lineFeed else { break }
            starts.append(start)
            end = start
        }
        return starts
    }
}
