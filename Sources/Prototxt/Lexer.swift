/// Cuts a text into tokens as protobuf's tokenizer does, and remembers byte ranges only.
///
/// Follows `io/tokenizer.cc` as `text_format.cc` sets it up: `#` starts a comment, numbers may end in `f`, a number
/// and the word after it need a blank between them. String literals may run over several lines, which protobuf
/// allows only in its relaxed mode.
struct Lexer {
    let bytes: [UInt8]
    /// Where the next token is looked for.
    var offset: Int
    /// Where a string began that ran over a line end, while nothing after it proves that it was meant to.
    ///
    /// A forgotten quote turns the text inside out: what was outside strings is inside, up to the next quote. The
    /// parser stumbles later; this is where the mistake is.
    private(set) var runawayStringStart: Int?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        offset = bytes.byteOrderMarkLength
    }

    func byte(at offset: Int) -> UInt8? {
        offset < bytes.count ? bytes[offset] : nil
    }

    // MARK: Tokens

    mutating func next() throws(SyntaxError) -> Token {
        try skipTrivia()
        let start = offset
        guard let first = byte(at: start) else { return Token(kind: .endOfFile, range: start..<start) }
        let kind: Token.Kind
        if first.isLetter {
            advance { $0.isWord }
            kind = .identifier
        } else if first.isDigit || first == UInt8(ascii: ".") && byte(at: start + 1)?.isDigit == true {
            kind = try scanNumber()
        } else if first.isQuote {
            try scanString(quote: first)
            kind = .string
        } else {
            try rejectUnprintable(first)
            offset += 1
            kind = .symbol(first)
        }
        return Token(kind: kind, range: start..<offset)
    }

    /// Moves over white space and comments. A comment ends with LF only.
    mutating func skipTrivia() throws(SyntaxError) {
        while let byte = byte(at: offset) {
            if byte == .hash {
                advance { $0 != .lineFeed && $0 != 0 }
                if self.byte(at: offset) == 0 { throw controlByteError(0) }
            } else if byte.isWhiteSpace {
                if byte == .lineFeed { runawayStringStart = nil }
                offset += 1
            } else {
                return
            }
        }
    }

    private mutating func advance(while condition: (UInt8) -> Bool) {
        while let byte = byte(at: offset), condition(byte) { offset += 1 }
    }

    private mutating func advance(over character: Unicode.Scalar, or other: Unicode.Scalar) -> Bool {
        let found = byte(at: offset)
        guard found == UInt8(ascii: character) || found == UInt8(ascii: other) else { return false }
        offset += 1
        return true
    }

    // MARK: Numbers

    private mutating func scanNumber() throws(SyntaxError) -> Token.Kind {
        let start = offset
        var isFloat = false
        var allowsFraction = false
        let startsWithZero = bytes[start] == UInt8(ascii: "0")
        if startsWithZero, let mark = byte(at: start + 1), mark | 0x20 == UInt8(ascii: "x") {
            offset += 2
            let digits = offset
            advance { $0.hexDigitValue != nil }
            if offset == digits { throw numberError(from: start, "needs hexadecimal digits after '0x'") }
        } else if startsWithZero, byte(at: start + 1)?.isDigit == true {
            advance { $0.isOctalDigit }
            if byte(at: offset)?.isDigit == true {
                throw numberError(from: start, "starts with 0 and so is octal, but has a digit above 7")
            }
        } else {
            allowsFraction = true
            advance { $0.isDigit }
            if byte(at: offset) == UInt8(ascii: ".") {
                isFloat = true
                offset += 1
                advance { $0.isDigit }
            }
            if advance(over: "e", or: "E") {
                isFloat = true
                _ = advance(over: "-", or: "+")
                let digits = offset
                advance { $0.isDigit }
                if offset == digits { throw numberError(from: start, "needs digits in its exponent") }
            }
            if advance(over: "f", or: "F") { isFloat = true }
        }
        if let after = byte(at: offset) {
            if after.isLetter {
                throw numberError(from: start, "is neither a number nor a name; is a blank missing?")
            }
            if after == UInt8(ascii: ".") {
                let reason =
                    allowsFraction ? "has a second decimal point" : "is hexadecimal or octal and cannot have a fraction"
                throw numberError(from: start, reason)
            }
        }
        return isFloat ? .float : .integer
    }

    /// An error that shows the whole word that begins like a number.
    private mutating func numberError(from start: Int, _ reason: String) -> SyntaxError {
        advance { $0.isWord || $0 == UInt8(ascii: ".") }
        return SyntaxError(offset: start, message: "\(bytes.quoted(start..<offset)) \(reason)")
    }

    // MARK: Strings

    private mutating func scanString(quote: UInt8) throws(SyntaxError) {
        let start = offset
        offset += 1
        while let byte = byte(at: offset) {
            if byte == quote {
                offset += 1
                return
            }
            switch byte {
            case 0: throw controlByteError(0)
            case .backslash: try scanEscape()
            default:
                if byte == .lineFeed, runawayStringStart == nil { runawayStringStart = start }
                offset += 1
            }
        }
        throw SyntaxError(
            offset: runawayStringStart ?? start,
            message: "the string that begins here is not closed before the end of the file")
    }

    /// Checks an escape sequence as protobuf does; decoding comes later, and only where somebody asks.
    private mutating func scanEscape() throws(SyntaxError) {
        let start = offset
        offset += 1
        guard let kind = byte(at: offset) else { return }
        offset += 1
        switch kind {
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            guard byte(at: offset)?.hexDigitValue != nil else {
                throw SyntaxError(offset: start, message: "expected a hexadecimal digit after '\\x'")
            }
        case UInt8(ascii: "u"):
            try scanHexDigits(4, ofEscapeAt: start, "expected four hexadecimal digits after '\\u'")
        case UInt8(ascii: "U"):
            let complaint = "expected eight hexadecimal digits up to 0010FFFF after '\\U'"
            guard byte(at: offset) == UInt8(ascii: "0"), byte(at: offset + 1) == UInt8(ascii: "0"),
                let third = byte(at: offset + 2), third == UInt8(ascii: "0") || third == UInt8(ascii: "1")
            else { throw SyntaxError(offset: start, message: complaint) }
            try scanHexDigits(8, ofEscapeAt: start, complaint)
        default:
            guard kind.isOctalDigit || StringLiteral.simpleEscapes[kind] != nil else {
                throw SyntaxError(
                    offset: start,
                    message:
                        "unknown escape \(bytes.quoted(start..<start + 2)) in a string; write '\\\\' for a backslash")
            }
        }
    }

    private mutating func scanHexDigits(
        _ count: Int, ofEscapeAt start: Int, _ complaint: String
    ) throws(SyntaxError) {
        for _ in 0..<count {
            guard byte(at: offset)?.hexDigitValue != nil else { throw SyntaxError(offset: start, message: complaint) }
            offset += 1
        }
    }
}
