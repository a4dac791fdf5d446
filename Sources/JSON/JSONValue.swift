import Files

/// A value of JSON (RFC 8259) that is to be written. Objects keep the order of their members.
public enum JSONValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    /// A number without fraction and exponent that `Int` holds.
    case integer(Int)
    /// Any other number. There is no JSON for infinities and NaN: they are written as `null`.
    case decimal(Double)
    /// A number with the very bytes that a text had.
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// One `"key": value` of an object.
    public struct Member: Equatable, Sendable {
        public var key: String
        public var value: JSONValue

        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// An object whose missing values are left out.
    public static func object(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(members.compactMap { key, value in value.map { Member(key: key, value: $0) } })
    }

    /// What was read, to be written again: numbers keep their bytes, blanks go.
    public init(_ node: JSONNode) {
        switch node.content {
        case .null: self = .null
        case .boolean(let value): self = .boolean(value)
        case .number(let number): self = .number(number)
        case .string(let string): self = .string(string)
        case .array(let nodes): self = .array(nodes.map { JSONValue($0) })
        case .object(let members):
            self = .object(members.map { Member(key: $0.key, value: JSONValue($0.value)) })
        }
    }

    /// The value as a text on one line, without blanks. The same value gives the same bytes.
    public var text: String {
        var text = ""
        append(to: &text)
        return text
    }

    private func append(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .decimal(let value): text += value.isFinite ? "\(value)" : "null"
        case .number(let number): text += number.lexeme
        case .string(let value): Self.append(value, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.append(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                Self.append(member.key, to: &text)
                text += ":"
                member.value.append(to: &text)
            }
            text += "}"
        }
    }

    private static func append(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            // JSON asks for it below the blank; the others would be obeyed by the terminal that shows the text.
            case _ where scalar.isInvisible: text += escape(of: scalar)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    /// A character as JSON escapes it: `\u001b`, or two of them beyond U+FFFF.
    public static func escape(of scalar: Unicode.Scalar) -> String {
        String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}
