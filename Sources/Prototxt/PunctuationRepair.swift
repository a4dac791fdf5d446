/// Puts right what removals do to the punctuation around them, so that the text reads as if it had been written that way.
///
///     a: 1 # one            a: 1 } # one         a brace that stood behind a field that is gone joins the field before
///     [b: 2] }
///
///     { a: 1, [b: 2] }      { a: 1 }             a separator with nothing behind it goes, unless fields end with one here
///
///     { [a: 1]              { b: 2 }             an opening brace that would stand alone takes up the field after it
///       b: 2 }
///
/// Braces that stood alone before do so afterwards.
struct PunctuationRepair {
    private let document: PrototxtDocument
    private let text: [UInt8]
    private let origins: TextOrigins
    private var tokens: [Token] = []
    /// Separators to drop, each with the blanks before it.
    private var dropped: [Range<Int>] = []
    private var output: [UInt8] = []
    private var copied = 0

    /// - Parameters:
    ///   - document: what was edited.
    ///   - text: what it became.
    ///   - origins: where the parts of `text` come from.
    init(of document: PrototxtDocument, text: [UInt8], origins: TextOrigins) {
        self.document = document
        self.text = text
        self.origins = origins
    }

    /// The text, put right. Cost: linear in its size. A text that is no prototxt comes back as it is.
    consuming func repaired() -> [UInt8] {
        guard readTokens() else { return text }
        findDroppedSeparators()
        var index = 0
        while index + 1 < tokens.count {
            if strayClosing(at: index) != nil {
                index = moveUp(from: index)
            } else {
                if let padding = strayOpening(at: index), strayClosing(at: index + 1) == nil {
                    takeUp(behind: index, padding: padding)
                }
                index += 1
            }
        }
        copy(to: text.count)
        return output
    }

    /// All tokens, the end of the text among them.
    private mutating func readTokens() -> Bool {
        var lexer = Lexer(text)
        do throws(SyntaxError) {
            repeat { tokens.append(try lexer.next()) } while tokens.last?.kind != .endOfFile
            return true
        } catch {
            return false
        }
    }

    // MARK: Separators

    private mutating func findDroppedSeparators() {
        for index in tokens.indices.dropFirst().dropLast() where tokens[index].isSeparator {
            let next = tokens[index + 1]
            let message = next.kind == .endOfFile ? document.root : closedMessage(next)
            guard let message, let last = message.fields.last, last.separatorRange == nil else { continue }
            dropped.append(tokens[index - 1].range.upperBound..<tokens[index].range.upperBound)
        }
    }

    // MARK: Braces

    /// The message of the old text that a delimiter closes.
    private func closedMessage(_ token: Token) -> MessageNode? {
        guard token.isSymbol("}") || token.isSymbol(">"), let origin = origins.origin(of: token.range.lowerBound) else {
            return nil
        }
        var fields = document.root.fields
        while let field = fields.last(before: origin) {
            guard let message = field.value.messages.last(where: { $0.bodyRange.lowerBound <= origin }) else { break }
            if message.closeRange?.lowerBound == origin { return message }
            fields = message.fields
        }
        return nil
    }

    /// For a closing delimiter that begins a line and did not do so before: the blanks that stood before it.
    private func strayClosing(at index: Int) -> ArraySlice<UInt8>? {
        let token = tokens[index]
        // What closes a message takes longest to find, and nearly every delimiter stands as it did.
        guard index > 0, token.isSymbol("}") || token.isSymbol(">"), text.isFirstOnLine(token.range.lowerBound),
            let origin = origins.origin(of: token.range.lowerBound), !document.bytes.isFirstOnLine(origin),
            closedMessage(token) != nil
        else { return nil }
        let before = document.bytes[..<origin]
        return before[(before.lastIndex { !$0.isBlank }.map { $0 + 1 } ?? before.startIndex)...]
    }

    /// For an opening delimiter that has a line to itself and did not have one before: the blanks that stood behind it.
    private func strayOpening(at index: Int) -> ArraySlice<UInt8>? {
        let token = tokens[index]
        guard token.isSymbol("{") || token.isSymbol("<"), Self.isAlone(token.range.lowerBound, in: text),
            let origin = origins.origin(of: token.range.lowerBound), !Self.isAlone(origin, in: document.bytes)
        else { return nil }
        return document.bytes[(origin + 1)...].prefix { $0.isBlank }
    }

    /// Whether a delimiter is all that its line holds.
    private static func isAlone(_ offset: Int, in bytes: [UInt8]) -> Bool {
        bytes.isFirstOnLine(offset) && bytes.blanksEnd(from: offset + 1) == bytes.lineEnd(after: offset)
    }

    /// Moves closing delimiters that begin lines, and what closes behind each on its line, up to the token before. Comments between go behind
    /// them.
    ///
    /// - Returns: the index of the token that follows.
    private mutating func moveUp(from index: Int) -> Int {
        copy(to: tokens[index - 1].range.upperBound)
        var comments: [UInt8] = []
        var lineBreak: ArraySlice<UInt8> = []
        var next = index
        while next < tokens.count, let padding = strayClosing(at: next) {
            let start = tokens[next].range.lowerBound
            let gap = text[tokens[next - 1].range.upperBound..<start]
            let gapEnd = gap.lastIndex { !$0.isWhiteSpace }.map { $0 + 1 } ?? gap.startIndex
            comments += gap[..<gapEnd]
            lineBreak = gap[gapEnd...]
            next = endOfRun(from: next)
            output += padding
            copied = start
            copy(to: tokens[next - 1].range.upperBound)
        }
        guard !comments.isEmpty else { return next }
        output += comments
        // What stands behind the delimiters keeps its line, below the comments.
        let rest = text.blanksEnd(from: copied)
        if rest < text.lineEnd(after: copied) { output += lineBreak }
        copied = rest
        return next
    }

    /// The index behind a closing delimiter and the delimiters and separators that follow it on its line.
    private func endOfRun(from index: Int) -> Int {
        var next = index + 1
        while next < tokens.count, tokens[next].isSeparator || closedMessage(tokens[next]) != nil,
            text[tokens[next - 1].range.upperBound..<tokens[next].range.lowerBound].allSatisfy(\.isBlank)
        {
            next += 1
        }
        return next
    }

    /// Moves what follows an opening delimiter up to it.
    private mutating func takeUp(behind index: Int, padding: ArraySlice<UInt8>) {
        let end = tokens[index].range.upperBound
        guard let next = text[end...].firstIndex(where: { !$0.isWhiteSpace }) else { return }
        copy(to: end)
        output += padding
        copied = next
    }

    /// Copies what lies before an offset, without the separators that are dropped.
    private mutating func copy(to end: Int) {
        while let next = dropped.first, next.upperBound <= end {
            dropped.removeFirst()
            guard next.lowerBound >= copied else { continue }
            output += text[copied..<next.lowerBound]
            copied = next.upperBound
        }
        guard copied < end else { return }
        output += text[copied..<end]
        copied = end
    }
}

extension Token {
    fileprivate var isSeparator: Bool { isSymbol(",") || isSymbol(";") }
}
