import ProtobufWire
import Prototxt

/// A text that parses prints as it was, and stays a text when any of its fields goes.
func fuzzPrototxt(_ bytes: [UInt8]) {
    guard let document = try? PrototxtDocument(parsing: bytes, path: "fuzz.prototxt") else { return }
    require((try? document.applying([])) == bytes, "a text without edits was changed")
    for field in document.root.fields.prefix(20) {
        for edits in [[document.removal(of: field)], document.removal(ofBlock: field, withLeadingComments: true)] {
            guard let edited = try? document.applying(edits) else {
                require(false, "a removal could not be applied")
                return
            }
            require(
                (try? PrototxtDocument(parsing: edited, path: "edited.prototxt")) != nil,
                "a text without one of its fields does not parse")
        }
    }
}

/// Every message of a binary that can be indexed is indexed.
func fuzzWire(_ bytes: [UInt8]) {
    let source = MemoryByteSource(bytes)
    guard let message = try? WireMessage(indexing: source) else { return }
    index(message, of: source, depth: 0)
}

private func index(_ message: WireMessage, of source: MemoryByteSource, depth: Int) {
    guard depth < 8 else { return }
    for field in message.fields.prefix(200) where field.wireType == .lengthDelimited {
        guard let inner = try? WireMessage(indexing: field, of: source) else { continue }
        index(inner, of: source, depth: depth + 1)
    }
}
