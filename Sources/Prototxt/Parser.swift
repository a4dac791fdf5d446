/// Builds the tree of a text by recursive descent, with one token of lookahead.
///
/// Grammar, as `text_format.cc` accepts it without knowing the schema:
///
///     body      = field*
///     field     = name (":" value | ":"? (message | messages)) ("," | ";")?
///     name      = identifier | "[" type name or URL "]"
///     value     = scalar | "[" ((scalar | message) ("," (scalar | message))*)? "]"
///     message   = "{" body "}" | "<" body ">"
///     messages  = "[" (message ("," message)*)? "]"
///     scalar    = string+ | "-"? number | "-"? identifier
///
/// The recursion is as deep as the messages are nested, which `PrototxtDocument.maximumDepth` bounds.
struct Parser {
    var lexer: Lexer
    private(set) var token: Token
    private var depth = 0
    /// The fields of all messages that are open, those of the innermost last. So each list of fields gets just the room that it needs.
    private var pending: [FieldNode] = []

    var bytes: [UInt8] { lexer.bytes }

    init(_ bytes: [UInt8]) throws(SyntaxError) {
        lexer = Lexer(bytes)
        token = try lexer.next()
    }

    /// Parses the whole text as the body of one message.
    mutating func parseDocument() throws(SyntaxError) -> MessageNode {
        let fields = try parseFields(until: nil)
        return MessageNode(fields: fields, bodyRange: 0..<bytes.count, openRange: nil, closeRange: nil)
    }

    /// A message that has been opened: what closes it, and what to say when nothing does.
    struct Opening {
        var range: Range<Int>
        var name: String
        var closer: Unicode.Scalar

        /// The field's name and the delimiter, as in `layer {`.
        var title: String { "\(name) \(closer == ">" ? "<" : "{")" }
    }

    // MARK: Fields

    private mutating func parseFields(until opening: Opening?) throws(SyntaxError) -> [FieldNode] {
        let start = pending.count
        while true {
            if token.kind == .endOfFile {
                guard let opening else { return takeFields(from: start) }
                throw unclosedError(opening)
            }
            if token.isSymbol("}") || token.isSymbol(">") {
                guard let opening, token.isSymbol(opening.closer) else { throw closerError(opening) }
                return takeFields(from: start)
            }
            pending.append(try parseField())
        }
    }

    /// The fields of the innermost message, which is complete.
    private mutating func takeFields(from start: Int) -> [FieldNode] {
        // Copied from memory, because an array made of a whole array shares all of its room.
        let fields = pending[start...].withUnsafeBufferPointer { Array($0) }
        pending.removeSubrange(start...)
        return fields
    }

    private mutating func parseField() throws(SyntaxError) -> FieldNode {
        let (name, nameRange) = try parseName()
        var colonRange: Range<Int>?
        if token.isSymbol(":") {
            colonRange = token.range
            try advance()
        }
        let value: ValueNode
        if let closer = closerOfMessageHere {
            value = .message(try parseMessage(of: name, closedBy: closer))
        } else if token.isSymbol("[") {
            value = .list(try parseList(of: name, allowsScalars: colonRange != nil))
        } else if colonRange != nil {
            value = .scalar(try parseScalar(after: "'\(name):'"))
        } else {
            throw unexpected("':' or '{' after '\(name)'")
        }
        var separatorRange: Range<Int>?
        if token.isSymbol(",") || token.isSymbol(";") {
            separatorRange = token.range
            try advance()
        }
        return FieldNode(
            name: name, nameRange: nameRange, colonRange: colonRange, value: value, separatorRange: separatorRange)
    }

    private mutating func parseName() throws(SyntaxError) -> (String, Range<Int>) {
        let start = token.range.lowerBound
        if token.isSymbol("[") {
            let name = try lexer.scanBracketedName(openedAt: start)
            let range = start..<lexer.offset
            try advance()
            return (name, range)
        }
        guard token.kind == .identifier else { throw unexpected("a field name") }
        let range = token.range
        try advance()
        return (String(decoding: bytes[range], as: UTF8.self), range)
    }

    // MARK: Values

    /// What closes the message that opens with the current token; nil when none opens.
    private var closerOfMessageHere: Unicode.Scalar? {
        if token.isSymbol("{") { return "}" }
        return token.isSymbol("<") ? ">" : nil
    }

    private mutating func parseMessage(
        of name: String, closedBy closer: Unicode.Scalar
    ) throws(SyntaxError) -> MessageNode {
        let opening = Opening(range: token.range, name: name, closer: closer)
        guard depth < PrototxtDocument.maximumDepth else {
            throw SyntaxError(
                offset: token.range.lowerBound,
                message: "messages are nested more than \(PrototxtDocument.maximumDepth) deep")
        }
        depth += 1
        defer { depth -= 1 }
        try advance()
        let fields = try parseFields(until: opening)
        let closeRange = token.range
        try advance()
        return MessageNode(
            fields: fields, bodyRange: opening.range.upperBound..<closeRange.lowerBound,
            openRange: opening.range, closeRange: closeRange)
    }

    private mutating func parseList(of name: String, allowsScalars: Bool) throws(SyntaxError) -> ListNode {
        let start = token.range.lowerBound
        try advance()
        var elements: [ValueNode] = []
        while !token.isSymbol("]") {
            if !elements.isEmpty {
                guard token.isSymbol(",") else { throw unexpected("',' or ']' in the list of '\(name)'") }
                try advance()
            }
            if let closer = closerOfMessageHere {
                elements.append(.message(try parseMessage(of: name, closedBy: closer)))
            } else if allowsScalars {
                elements.append(.scalar(try parseScalar(after: "'[' or ',' in the list of '\(name)'")))
            } else {
                throw unexpected("a message in the list of '\(name)'; a list of anything else needs ':' before it")
            }
        }
        let range = start..<token.range.upperBound
        try advance()
        return ListNode(elements: elements, range: range)
    }

    private mutating func parseScalar(after place: @autoclosure () -> String) throws(SyntaxError) -> ScalarNode {
        let start = token.range.lowerBound
        let isNegative = token.isSymbol("-")
        if isNegative { try advance() }
        var range = start..<token.range.upperBound
        let valueStart = token.range.lowerBound
        let kind: ScalarNode.Kind
        switch token.kind {
        case .integer: kind = .integer
        case .float: kind = .float
        case .identifier where !isNegative || isFloatWord(token.range): kind = .identifier
        case .string where !isNegative: kind = .string
        default:
            throw unexpected(isNegative ? "a number after '-'" : "a value after \(place())")
        }
        try advance()
        while kind == .string, token.kind == .string {
            range = start..<token.range.upperBound
            try advance()
        }
        return ScalarNode(kind: kind, range: range, valueStart: valueStart, source: bytes)
    }

    /// Whether an identifier is one of the three that may follow a minus.
    private func isFloatWord(_ range: Range<Int>) -> Bool {
        ScalarNode.floatWord(bytes[range]) != nil
    }

    private mutating func advance() throws(SyntaxError) {
        token = try lexer.next()
    }
}
