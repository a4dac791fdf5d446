/// How a text is laid out, as far as new fields have to follow it.
///
/// Each trait is what most of the fields that were looked at have; where they show nothing of a trait, the next best
/// fields are asked, and in the end the way in which protobuf prints.
struct LayoutStyle {
    /// What stands between a name and its value, as in `: `.
    let colon: [UInt8]
    /// What stands between a name and the body of a message, as in ` {`.
    let opening: [UInt8]
    let quote: UInt8
    let indentationUnit: [UInt8]
    /// What stands inside the delimiters of a message on one line: a blank or nothing.
    let padding: [UInt8]
    /// The separator after a scalar that ends a line, if any.
    let scalarSeparator: UInt8?
    /// The separator after a message that ends a line, if any.
    let messageSeparator: UInt8?
    /// The separator between fields on one line, if any.
    let inlineSeparator: UInt8?

    /// The delimiter that `opening` calls for.
    var closing: UInt8 { opening.last == UInt8(ascii: "<") ? UInt8(ascii: ">") : UInt8(ascii: "}") }

    /// The style of most nested fields of a document.
    init(of document: PrototxtDocument) {
        self.init(evidence: LayoutEvidence.ofDocument(document))
    }

    /// The style of the fields of a message, and that of what is nested in them.
    static func styles(
        forFieldsIn message: MessageNode, of document: PrototxtDocument
    ) -> (own: LayoutStyle, nested: LayoutStyle) {
        let evidence = LayoutEvidence.ofDocument(document)
        let siblings = LayoutEvidence.ofFields(in: message, document.bytes)
        return (LayoutStyle(evidence: [siblings] + evidence), LayoutStyle(evidence: evidence))
    }

    private init(evidence: [LayoutEvidence]) {
        func most<Value>(_ trait: KeyPath<LayoutEvidence, Tally<Value>>, orElse standard: Value) -> Value {
            for source in evidence {
                if let winner = source[keyPath: trait].winner { return winner }
            }
            return standard
        }
        colon = most(\.colons, orElse: Array(": ".utf8))
        opening = most(\.openings, orElse: Array(" {".utf8))
        quote = most(\.quotes, orElse: .doubleQuote)
        indentationUnit = most(\.indentationUnits, orElse: Array("  ".utf8))
        padding = most(\.paddings, orElse: [.space])
        scalarSeparator = most(\.scalarSeparators, orElse: nil)
        messageSeparator = most(\.messageSeparators, orElse: nil)
        inlineSeparator = most(\.inlineSeparators, orElse: nil)
    }
}
