/// The way between string literals and the bytes they stand for.
enum StringLiteral {
    /// The escapes of one letter, and what each stands for.
    static let simpleEscapes: [UInt8: UInt8] = [
        UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A,
        UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09, UInt8(ascii: "v"): 0x0B, UInt8(ascii: "\\"): .backslash,
        UInt8(ascii: "'"): .singleQuote, UInt8(ascii: "\""): .doubleQuote, UInt8(ascii: "?"): UInt8(ascii: "?"),
    ]

    /// The bytes of adjacent literals, joined. The text has been through the lexer, so every escape is whole.
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8] {
        if let body = plainBody(text) { return Array(body) }
        var decoder = Decoder(rest: text)
        decoder.decodeAll()
        return decoder.output
    }

    /// What stands between the quotes of a single literal without escapes, as nearly all are; `nil` for any other text.
    static func plainBody(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard text.count >= 2, let quote = text.first, quote.isQuote, text.last == quote else { return nil }
        let body = text.dropFirst().dropLast()
        return body.contains { $0 == quote || $0 == .backslash } ? nil : body
    }

    /// A literal for a text. Only what must be escaped is: the quote, backslashes and control characters.
    static func encode(_ text: String, quote: UInt8) -> [UInt8] {
        var literal = [quote]
        for byte in text.utf8 {
            switch byte {
            case quote, .backslash: literal += [.backslash, byte]
            case .lineFeed: literal += [.backslash, UInt8(ascii: "n")]
            case .carriageReturn: literal += [.backslash, UInt8(ascii: "r")]
            case 0x09: literal += [.backslash, UInt8(ascii: "t")]
            case 0..<0x20, 0x7F:
                // Always three digits: a shorter escape would take in a digit that follows.
                literal += [.backslash] + [byte >> 6, byte >> 3 & 7, byte & 7].map { $0 + UInt8(ascii: "0") }
            default: literal.append(byte)
            }
        }
        return literal + [quote]
    }

    private struct Decoder {
        var rest: ArraySlice<UInt8>
        var output: [UInt8] = []

        mutating func decodeAll() {
            while let byte = rest.popFirst() {
                if byte == .hash {
                    rest = rest.drop { $0 != .lineFeed }
                } else if byte.isQuote {
                    decodeLiteral(quote: byte)
                }
            }
        }

        private mutating func decodeLiteral(quote: UInt8) {
            while let byte = rest.popFirst(), byte != quote {
                if byte == .backslash {
                    decodeEscape()
                } else {
                    output.append(byte)
                }
            }
        }

        private mutating func decodeEscape() {
            guard let kind = rest.popFirst() else { return }
            if let byte = StringLiteral.simpleEscapes[kind] {
                output.append(byte)
            } else if kind.isOctalDigit {
                var value = UInt32(kind - UInt8(ascii: "0"))
                for _ in 0..<2 where rest.first?.isOctalDigit == true { value = value << 3 | takeHexDigits(1) }
                output.append(UInt8(truncatingIfNeeded: value))
            } else if kind == UInt8(ascii: "u") || kind == UInt8(ascii: "U") {
                append(codePoint: decodeCodePoint(digits: kind == UInt8(ascii: "u") ? 4 : 8))
            } else {
                output.append(UInt8(truncatingIfNeeded: takeHexDigits(2)))
            }
        }

        /// Reads up to so many hexadecimal digits.
        private mutating func takeHexDigits(_ count: Int) -> UInt32 {
            var value: UInt32 = 0
            for _ in 0..<count {
                guard let digit = rest.first?.hexDigitValue else { break }
                value = value << 4 | UInt32(digit)
                rest.removeFirst()
            }
            return value
        }

        /// Joins the two escapes of a surrogate pair, as protobuf does; a lone surrogate stays one.
        private mutating func decodeCodePoint(digits: Int) -> UInt32 {
            let first = takeHexDigits(digits)
            guard 0xD800..<0xDC00 ~= first, rest.starts(with: [.backslash, UInt8(ascii: "u")]) else { return first }
            var ahead = self
            ahead.rest.removeFirst(2)
            let second = ahead.takeHexDigits(4)
            guard 0xDC00..<0xE000 ~= second else { return first }
            rest = ahead.rest
            return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
        }

        /// Appends UTF-8, also for lone surrogates, which make it invalid: that is what protobuf stores.
        ///
        /// The tokenizer lets numbers up to 1FFFFF pass; those beyond Unicode are kept as escapes.
        private mutating func append(codePoint: UInt32) {
            func tail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: codePoint >> shift & 0x3F | 0x80) }
            func head(_ mark: UInt8, _ shift: UInt32) -> UInt8 { mark | UInt8(truncatingIfNeeded: codePoint >> shift) }
            switch codePoint {
            case 0..<0x80: output.append(head(0, 0))
            case 0x80..<0x800: output += [head(0xC0, 6), tail(0)]
            case 0x800..<0x10000: output += [head(0xE0, 12), tail(6), tail(0)]
            case 0x10000..<0x11_0000: output += [head(0xF0, 18), tail(12), tail(6), tail(0)]
            default: output += Array("\\U00\(String(codePoint, radix: 16))".utf8)
            }
        }
    }
}
