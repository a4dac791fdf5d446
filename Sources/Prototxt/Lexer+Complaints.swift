/// What the lexer says about bytes that no token can begin with.
extension Lexer {
    func rejectUnprintable(_ byte: UInt8) throws(SyntaxError) {
        if byte.isControl { throw controlByteError(byte) }
        if byte >= 0x80 { throw nonASCIIError() }
    }

    func controlByteError(_ byte: UInt8) -> SyntaxError {
        let name = byte == 0 ? "NUL byte" : "control byte 0x\(String(byte, radix: 16))"
        return SyntaxError(offset: offset, message: "\(name) in the text; is this a text file?")
    }

    /// Names the scalar by its number: no-break spaces and typographic quotes look too much like what they replace.
    private func nonASCIIError() -> SyntaxError {
        let scalar = String(decoding: bytes[offset..<min(offset + 4, bytes.count)], as: UTF8.self).unicodeScalars.first
        guard let scalar, scalar != "\u{FFFD}" else {
            let byte = String(bytes[offset], radix: 16)
            return SyntaxError(
                offset: offset, message: "byte 0x\(byte) is no UTF-8 text; is the file in another encoding?")
        }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let number = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return SyntaxError(
            offset: offset,
            message:
                "U+\(number) is allowed in strings and comments only; does it come from a word processor or web page?")
    }
}

extension [UInt8] {
    /// A stretch of the text in quotes for an error message: its first line, and no more than fits.
    func quoted(_ range: Range<Int>) -> String {
        let limit = 32
        let line = self[range].prefix(4 * limit).prefix { $0 != .lineFeed && $0 != .carriageReturn }
        let text = String(decoding: line, as: UTF8.self)
        let isCut = text.count > limit || line.count < range.count
        return "'\(text.prefix(limit))\(isCut ? "..." : "")'"
    }
}
