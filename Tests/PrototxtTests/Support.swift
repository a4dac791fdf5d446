import Prototxt
import Testing

func parse(_ text: String) throws -> PrototxtDocument {
    try PrototxtDocument(parsing: Array(text.utf8), path: "net.prototxt")
}

/// The scalar of `x: <text>`.
func scalar(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> ScalarNode {
    try #require(try parse("x: \(text)").root.value(named: "x")?.scalar, sourceLocation: sourceLocation)
}

/// What parsing a text complains about, as `line:column: message`; nil when it parses.
func complaint(_ text: String) -> String? {
    complaint(Array(text.utf8))
}

func complaint(_ bytes: [UInt8]) -> String? {
    do {
        _ = try PrototxtDocument(parsing: bytes, path: "net.prototxt")
        return nil
    } catch {
        return "\(error.line):\(error.column): \(error.message)"
    }
}

extension PrototxtDocument {
    /// The field of a path of names, the last of each.
    func field(_ path: String...) throws -> FieldNode {
        var message = root
        var found: FieldNode?
        for name in path {
            if let found { message = try #require(found.value.message) }
            found = message.fields(named: name).last
        }
        return try #require(found)
    }

    func message(_ path: String) throws -> MessageNode {
        try #require(field(path).value.message)
    }

    /// The text after some edits, which must parse again.
    func edited(_ edits: SourceEdit...) throws -> String {
        let bytes = try applying(edits)
        _ = try PrototxtDocument(parsing: bytes, path: path)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Some text after removing all fields of the given names, wherever they are.
func removing(_ names: Set<String>, from text: String) throws -> String {
    let document = try parse(text)
    var edits: [SourceEdit] = []
    func visit(_ message: MessageNode) {
        for field in message.fields {
            if names.contains(field.name) { edits.append(document.removal(of: field)) }
            if let message = field.value.message { visit(message) }
        }
    }
    visit(document.root)
    let bytes = try document.applying(edits)
    _ = try PrototxtDocument(parsing: bytes, path: "edited")
    return String(decoding: bytes, as: UTF8.self)
}

func literal(_ name: String, _ value: String) -> NewField {
    NewField(name: name, value: .literal(value))
}
