/// A value that is no message: a string, a number or a word.
///
/// What it means depends on the type of its field, which only the schema knows. So the text is kept, and each
/// property below answers "what is this to a field of that type?" as protobuf's C++ parser would, with nil where that
/// parser reports an error.
public struct ScalarNode: Sendable {
    public enum Kind: Sendable {
        /// One string literal, or several with nothing but blanks and comments between them.
        case string
        /// Decimal, hexadecimal or octal.
        case integer
        /// A number with a point, an exponent or the suffix `f`.
        case float
        /// A word: the name of an enum value, a bool, or one of `inf`, `infinity`, `nan`.
        case identifier
    }

    public let kind: Kind
    private let placeOfValue: UInt32
    private let place: TextRange
    private let source: [UInt8]

    init(kind: Kind, range: Range<Int>, valueStart: Int, source: [UInt8]) {
        self.kind = kind
        placeOfValue = UInt32(clamping: valueStart)
        place = TextRange(range)
        self.source = source
    }

    /// With the minus, which blanks and comments may separate from the number.
    public var range: Range<Int> { place.range }

    /// Where the number begins after the minus.
    private var valueStart: Int { Int(placeOfValue) }

    /// The text as it stands, quotes and escapes included.
    public var text: String { String(decoding: source[range], as: UTF8.self) }

    private var isNegative: Bool { valueStart > range.lowerBound }
    private var magnitude: ArraySlice<UInt8> { source[valueStart..<range.upperBound] }

    // MARK: As a string

    /// The bytes that a string or bytes field gets: literals joined and escapes decoded.
    public var stringBytes: [UInt8]? {
        kind == .string ? StringLiteral.decode(source[range]) : nil
    }

    /// The text that a string field gets. Bytes that are not UTF-8 become U+FFFD.
    public var stringValue: String? {
        guard kind == .string else { return nil }
        let text = source[range]
        return String(decoding: StringLiteral.plainBody(text) ?? StringLiteral.decode(text)[...], as: UTF8.self)
    }

    // MARK: As a word

    /// The word, for an enum field.
    public var identifier: String? {
        kind == .identifier && !isNegative ? text : nil
    }

    /// `true`, `True`, `t` or 1, and `false`, `False`, `f` or 0.
    public var boolValue: Bool? {
        switch kind {
        case .integer where !isNegative:
            switch NumberLiteral.integer(magnitude) {
            case 0: false
            case 1: true
            default: nil
            }
        case .identifier:
            switch text {
            case "true", "True", "t": true
            case "false", "False", "f": false
            default: nil
            }
        default: nil
        }
    }

    // MARK: As a number

    /// The value of an integer; nil beyond 64 bits, and for numbers with a point, an exponent or a suffix.
    public var integerValue: Int? {
        guard kind == .integer, let magnitude = NumberLiteral.integer(magnitude) else { return nil }
        if isNegative {
            return magnitude <= Int.min.magnitude ? Int(truncatingIfNeeded: 0 &- magnitude) : nil
        }
        return Int(exactly: magnitude)
    }

    /// The value of any number but a hexadecimal or octal one, which protobuf refuses for floating point fields.
    public var doubleValue: Double? {
        let value: Double? =
            switch kind {
            case .string: nil
            case .identifier: Self.floatWord(magnitude)
            case .integer, .float: NumberLiteral.double(magnitude)
            }
        return isNegative ? value.map(-) : value
    }

    /// The value in a `float` field: rounded to double first, as protobuf does, then to single precision.
    public var floatValue: Float? { doubleValue.map(Float.init) }

    /// The value of `inf`, `infinity` or `nan`, in any case.
    static func floatWord(_ word: ArraySlice<UInt8>) -> Double? {
        guard (3...8).contains(word.count) else { return nil }
        return switch String(decoding: word, as: UTF8.self).lowercased() {
        case "inf", "infinity": .infinity
        case "nan": .nan
        default: nil
        }
    }
}
