/// Finding one's way in lines and blanks. Lines end with LF; the CR before it belongs to the line end.
extension [UInt8] {
    /// Where the line begins that an offset lies in, behind a byte order mark.
    func lineStart(before offset: Int) -> Int {
        let lineFeed = self[..<offset].lastIndex(of: .lineFeed)
        return lineFeed.map { $0 + 1 } ?? Swift.min(byteOrderMarkLength, offset)
    }

    /// Where the line end of an offset's line begins: at LF, CRLF or the end of the text.
    func lineEnd(after offset: Int) -> Int {
        let lineFeed = self[offset...].firstIndex(of: .lineFeed) ?? count
        return lineFeed > offset && lineFeed < count && self[lineFeed - 1] == .carriageReturn ? lineFeed - 1 : lineFeed
    }

    /// Where the line after an offset's line begins; the end of the text when it is the last.
    func nextLineStart(after offset: Int) -> Int {
        self[offset...].firstIndex(of: .lineFeed).map { $0 + 1 } ?? count
    }

    /// The end of the blanks that begin at an offset, which may be none.
    func blanksEnd(from offset: Int) -> Int {
        let end = self[offset...].firstIndex { !$0.isBlank } ?? count
        return end > offset && end < count && self[end] == .lineFeed && self[end - 1] == .carriageReturn ? end - 1 : end
    }

    /// Whether nothing but blanks stands before an offset on its line. Looks at those blanks only.
    func isFirstOnLine(_ offset: Int) -> Bool {
        guard let last = self[byteOrderMarkLength..<offset].lastIndex(where: { !$0.isBlank }) else { return true }
        return self[last] == .lineFeed
    }

    /// Whether nothing but blanks and perhaps a comment stands after an offset on its line.
    func isLastOnLine(_ offset: Int) -> Bool {
        guard let next = self[offset...].first(where: { !$0.isBlank }) else { return true }
        return next == .lineFeed || next == .hash
    }

    /// The blanks at the beginning of an offset's line.
    func indentation(ofLineAt offset: Int) -> ArraySlice<UInt8> {
        let start = lineStart(before: offset)
        return self[start..<Swift.min(blanksEnd(from: start), Swift.max(start, offset))]
    }
}
