/// The classes of bytes that protobuf's tokenizer knows (`io/tokenizer.cc`).
extension UInt8 {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let hash = UInt8(ascii: "#")
    static let backslash = UInt8(ascii: "\\")
    static let doubleQuote = UInt8(ascii: "\"")
    static let singleQuote = UInt8(ascii: "'")

    /// White space that does not end a line: blank, tab, vertical tab, form feed, and a carriage return.
    var isBlank: Bool { self == .space || (self != .lineFeed && 0x09...0x0D ~= self) }
    var isWhiteSpace: Bool { isBlank || self == .lineFeed }
    var isControl: Bool { self < .space && !isWhiteSpace || self == 0x7F }

    var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
    var isOctalDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "7") ~= self }
    /// The value of a hexadecimal digit of either case.
    var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    var isLetter: Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= self || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self
            || self == UInt8(ascii: "_")
    }
    /// What identifiers are made of.
    var isWord: Bool { isLetter || isDigit }
    var isQuote: Bool { self == .doubleQuote || self == .singleQuote }
    /// What may separate two fields; both are optional.
    var isSeparator: Bool { self == UInt8(ascii: ",") || self == UInt8(ascii: ";") }

    /// A byte that continues a UTF-8 sequence, and so starts no scalar.
    var isContinuation: Bool { self & 0xC0 == 0x80 }
}

extension [UInt8] {
    /// 3 when the text begins with the UTF-8 byte order mark, else 0.
    var byteOrderMarkLength: Int { starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }
}
