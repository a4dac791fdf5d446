/// A value of a JSON text (RFC 8259) as it was read: what it is, and where its bytes lie.
public struct JSONNode: Sendable {
    /// Objects and lists keep the order of the text.
    public enum Content: Sendable {
        case null
        case boolean(Bool)
        case number(JSONNumber)
        case string(String)
        case array([JSONNode])
        case object([JSONMember])
    }

    public let content: Content
    /// The bytes of the value in its text, without the blanks around it.
    public let range: Range<Int>

    /// What an error calls this kind of value.
    public var kind: String {
        switch content {
        case .null: "null"
        case .boolean: "true or false"
        case .number(let number): number.integer == nil ? "a number" : "a whole number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// The value of a key of an object; `nil` for other kinds of value and for keys that are not there.
    ///
    /// Goes through the members: for many look-ups in one object use `JSONFields`.
    public subscript(key: String) -> JSONNode? {
        guard case .object(let members) = content else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The values of a list; `nil` for other kinds of value.
    public var elements: [JSONNode]? {
        if case .array(let nodes) = content { nodes } else { nil }
    }

    /// The members of an object; `nil` for other kinds of value.
    public var members: [JSONMember]? {
        if case .object(let members) = content { members } else { nil }
    }

    public var string: String? {
        if case .string(let string) = content { string } else { nil }
    }

    public var number: JSONNumber? {
        if case .number(let number) = content { number } else { nil }
    }

    public var boolean: Bool? {
        if case .boolean(let boolean) = content { boolean } else { nil }
    }

    public var isNull: Bool {
        if case .null = content { true } else { false }
    }
}

/// One `"key": value` of an object.
public struct JSONMember: Sendable {
    public let key: String
    /// The key's bytes, quotation marks included.
    public let keyRange: Range<Int>
    public let value: JSONNode

    /// From the key to the end of the value.
    public var range: Range<Int> { keyRange.lowerBound..<value.range.upperBound }
}

/// A number as it stands in a text. Its lexeme tells `1`, `1.0` and `1e0` apart, which readers of other languages take for different types.
public struct JSONNumber: Sendable, Hashable {
    /// The bytes of the number: `-0.50e+3`. With `JSONParser.Options.acceptsNonFinite` also `NaN`, `Infinity`, `-Infinity`.
    public let lexeme: String

    /// The value where the lexeme has neither fraction nor exponent, and `Int` holds it.
    public var integer: Int? { Int(lexeme) }

    /// The nearest `Double`.
    public var double: Double {
        switch lexeme {
        case "NaN": .nan
        case "Infinity": .infinity
        case "-Infinity": -.infinity
        // The parser lets only numbers through.
        default: Double(lexeme) ?? .nan
        }
    }
}
