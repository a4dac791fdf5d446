/// One token of the text; what lies between tokens is white space and comments.
struct Token {
    enum Kind: Equatable {
        case identifier
        case integer
        case float
        case string
        /// Any other ASCII character, also one that text format has no use for: the parser says what it expected.
        case symbol(UInt8)
        case endOfFile
    }

    let kind: Kind
    let range: Range<Int>

    func isSymbol(_ character: Unicode.Scalar) -> Bool { kind == .symbol(UInt8(ascii: character)) }
}
