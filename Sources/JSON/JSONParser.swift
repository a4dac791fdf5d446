/// Reads JSON strictly (RFC 8259): no comments, no trailing commas, no key twice in an object, nothing behind the value.
///
/// Depth is bounded, so that no text exhausts the stack.
public struct JSONParser {
    /// What is read beside strict JSON, and how much of it.
    public struct Options: Sendable {
        /// How deep lists and objects may be nested. Each level takes some of the stack: with some hundred levels a thread of
        /// 512 KiB is still safe.
        public var maximumDepth = 32
        /// Whether `NaN`, `Infinity` and `-Infinity` are numbers, as Python's `json` writes and reads them.
        public var acceptsNonFinite = false

        public init() {}
    }

    private static let digitBytes = UInt8(ascii: "0")...UInt8(ascii: "9")

    private let bytes: [UInt8]
    private let options: Options
    private var position = 0

    /// Reads a text that holds one value.
    ///
    /// - Throws: `JSONError` at the first mistake.
    public static func parse(_ bytes: [UInt8], options: Options = Options()) throws(JSONError) -> JSONNode {
        var parser = JSONParser(bytes: bytes, options: options)
        parser.skipBlanks()
        let value = try parser.value(depth: 0)
        parser.skipBlanks()
        guard parser.position == bytes.count else { throw parser.unexpected("the end") }
        return value
    }

    private init(bytes: [UInt8], options: Options) {
        self.bytes = bytes
        self.options = options
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func value(depth: Int) throws(JSONError) -> JSONNode {
        let start = position
        let content = try content(depth: depth)
        return JSONNode(content: content, range: start..<position)
    }

    private mutating func content(depth: Int) throws(JSONError) -> JSONNode.Content {
        switch next {
        case UInt8(ascii: "{"): return try object(depth: try deeper(depth))
        case UInt8(ascii: "["): return try array(depth: try deeper(depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "N") where options.acceptsNonFinite:
            return try word("NaN", .number(JSONNumber(lexeme: "NaN")))
        case UInt8(ascii: "I") where options.acceptsNonFinite:
            return try word("Infinity", .number(JSONNumber(lexeme: "Infinity")))
        case UInt8(ascii: "-") where options.acceptsNonFinite && bytes[position...].starts(with: "-I".utf8):
            return try word("-Infinity", .number(JSONNumber(lexeme: "-Infinity")))
        case let byte? where byte == UInt8(ascii: "-") || Self.digitBytes ~= byte: return .number(try number())
        default: throw unexpected("a value")
        }
    }

    private func deeper(_ depth: Int) throws(JSONError) -> Int {
        guard depth < options.maximumDepth else {
            throw JSONError(
                offset: position, message: "lists and objects are nested deeper than \(options.maximumDepth)")
        }
        return depth + 1
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONNode.Content {
        position += 1
        var members: [JSONMember] = []
        var keys = JSONKeys()
        skipBlanks()
        if take("}") { return .object([]) }
        while true {
            let offset = position
            guard next == UInt8(ascii: "\"") else { throw unexpected("a key in quotation marks") }
            let key = try string()
            guard keys.insert(key, behind: members) else {
                throw JSONError(offset: offset, message: "'\(key)' is given twice")
            }
            let keyRange = offset..<position
            skipBlanks()
            guard take(":") else { throw unexpected("':'") }
            skipBlanks()
            members.append(JSONMember(key: key, keyRange: keyRange, value: try value(depth: depth)))
            skipBlanks()
            if take("}") { return .object(members) }
            guard take(",") else { throw unexpected("',' or '}'") }
            skipBlanks()
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONNode.Content {
        position += 1
        var values: [JSONNode] = []
        skipBlanks()
        if take("]") { return .array([]) }
        while true {
            values.append(try value(depth: depth))
            skipBlanks()
            if take("]") { return .array(values) }
            guard take(",") else { throw unexpected("',' or ']'") }
            skipBlanks()
        }
    }

    private mutating func word(
        _ word: String, _ content: JSONNode.Content
    ) throws(JSONError) -> JSONNode.Content {
        guard bytes[position...].starts(with: word.utf8) else { throw unexpected("a value") }
        position += word.utf8.count
        return content
    }

    private mutating func number() throws(JSONError) -> JSONNumber {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        let number = JSONNumber(lexeme: String(decoding: bytes[start..<position], as: UTF8.self))
        guard number.double.isFinite else {
            throw JSONError(offset: start, message: "the number \(number.lexeme) is out of range")
        }
        return number
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = next, Self.digitBytes ~= byte { position += 1 }
        guard position > start else { throw unexpected("a digit") }
    }

    private mutating func string() throws(JSONError) -> String {
        let start = position
        position += 1
        // Most strings have nothing in them that stands for something else.
        var end = position
        while end < bytes.count, bytes[end] >= 0x20, bytes[end] != UInt8(ascii: "\""),
            bytes[end] != UInt8(ascii: "\\")
        {
            end += 1
        }
        if end < bytes.count, bytes[end] == UInt8(ascii: "\""),
            let text = String(validating: bytes[position..<end], as: UTF8.self)
        {
            position = end + 1
            return text
        }
        var content = Array(bytes[position..<end])
        position = end
        while true {
            guard let byte = next else { throw JSONError(offset: start, message: "the string has no end") }
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw JSONError(offset: start, message: "the string is not valid UTF-8")
                }
                return text
            case UInt8(ascii: "\\"):
                content += Array(String(Character(try escape())).utf8)
            case ..<0x20:
                throw JSONError(offset: position, message: "a control character in a string; write it as \\u00..")
            default:
                content.append(byte)
                position += 1
            }
        }
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        let start = position
        position += 1
        defer { if position < bytes.count { position += 1 } }
        switch next {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw JSONError(offset: start, message: "an unknown escape in a string")
        }
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // Scalars beyond U+FFFF are written as two halves.
        let lone = JSONError(offset: start, message: "half of a surrogate pair in a string")
        guard 0xD800..<0xDC00 ~= first, position + 2 < bytes.count, bytes[position + 1] == UInt8(ascii: "\\"),
            bytes[position + 2] == UInt8(ascii: "u")
        else { throw lone }
        position += 2
        let second = try codeUnit()
        guard 0xDC00..<0xE000 ~= second,
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw lone }
        return scalar
    }

    /// The four digits behind the 'u' that comes next; ends at the last of them.
    private mutating func codeUnit() throws(JSONError) -> UInt16 {
        let digits = bytes[min(position + 1, bytes.count)...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw JSONError(offset: position, message: "expected four hexadecimal digits after '\\u'") }
        position += 4
        return unit
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private func unexpected(_ expected: String) -> JSONError {
        let found =
            switch next {
            case nil: "the end"
            case let byte? where 0x21..<0x7F ~= byte: "'\(Character(Unicode.Scalar(byte)))'"
            case let byte?: "byte \(byte)"
            }
        return JSONError(offset: position, message: "expected \(expected), found \(found)")
    }
}

/// The keys of an object so far: looked at one by one while they are few, as in most objects.
private struct JSONKeys {
    private static let few = 12
    private var many: Set<String> = []

    /// Whether a key is new.
    ///
    /// - Parameter members: those before it, each of which was inserted.
    mutating func insert(_ key: String, behind members: [JSONMember]) -> Bool {
        if members.count < Self.few { return !members.contains { $0.key == key } }
        if members.count == Self.few { many = Set(members.map(\.key)) }
        return many.insert(key).inserted
    }
}
