/// What the parser says about a token that does not fit.
extension Parser {
    /// The error for the current token, which stands where something else was expected.
    ///
    /// The token is often only where a mistake shows, not where it was made, so two such mistakes are looked for
    /// first: a merge that was not finished, and a string that swallowed the text up to the next quote.
    func unexpected(_ expectation: String) -> SyntaxError {
        if let marker = conflictMarkerOffset() {
            return SyntaxError(
                offset: marker,
                message: "\(bytes.quoted(marker..<marker + 7)) is a merge conflict marker; finish the merge first")
        }
        let found = token.kind == .endOfFile ? "the end of the file" : bytes.quoted(token.range)
        if let start = lexer.runawayStringStart {
            return SyntaxError(
                offset: start,
                message: "the string that begins here runs over the end of its line; is its closing quote missing? "
                    + "(after it: expected \(expectation), found \(found))")
        }
        return SyntaxError(offset: token.range.lowerBound, message: "expected \(expectation), found \(found)")
    }

    func unclosedError(_ opening: Opening) -> SyntaxError {
        SyntaxError(
            offset: opening.range.lowerBound,
            message: "'\(opening.title)' opened here is not closed before the end of the file")
    }

    /// The error for a `}` or `>` that closes nothing, or the wrong thing.
    func closerError(_ opening: Opening?) -> SyntaxError {
        guard let opening else { return unexpected("a field or the end of the file, as no message is open here") }
        let position = LineTable(bytes).position(at: opening.range.lowerBound, in: bytes)
        return unexpected("'\(opening.closer)' for '\(opening.title)' opened at \(position)")
    }

    /// Where the line of the current token begins, if seven equal characters of a version control system stand there.
    private func conflictMarkerOffset() -> Int? {
        let start = bytes.lineStart(before: token.range.lowerBound)
        guard start + 7 <= bytes.count, let first = bytes[start...].first else { return nil }
        let isMarker = "<=>|".utf8.contains(first) && bytes[start..<start + 7].allSatisfy { $0 == first }
        return isMarker ? start : nil
    }
}
