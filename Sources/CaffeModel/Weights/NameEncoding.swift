import Frontend
import Prototxt

/// Names are text: one whose bytes are not UTF-8 would be another one wherever it is written anew, and two of them could become one.
enum NameEncoding {
    /// The fields that name layers, blobs, parameters and types, at whatever depth they stand.
    private static let fields: Set<String> = ["name", "type", "top", "bottom", "input"]
    /// Names stand no deeper than those of a parameter in a layer in a layer of the oldest format.
    private static let depth = 4

    /// - Throws: `ModelError` with the place of the first such name.
    static func check(_ document: PrototxtDocument) throws(ModelError) {
        // Nearly every text is plain ASCII.
        let isUsual = document.bytes.withUnsafeBufferPointer { bytes in
            var found: UInt8 = 0
            for byte in bytes { found |= byte & 0x80 | (byte == UInt8(ascii: "\\") ? 1 : 0) }
            return found == 0
        }
        if isUsual { return }
        try check(document.root, in: document, depth: 0)
    }

    private static func check(
        _ message: MessageNode, in document: PrototxtDocument, depth: Int
    ) throws(ModelError) {
        for field in message.fields {
            for value in field.values {
                if let inner = value.message {
                    if depth < Self.depth { try check(inner, in: document, depth: depth + 1) }
                } else if fields.contains(field.name), let bytes = value.scalar?.stringBytes {
                    guard let escaped = escaped(bytes) else { continue }
                    throw ModelError(
                        document.error(
                            at: value.range.lowerBound,
                            "the text after '\(field.name):' is '\(escaped)', which is not UTF-8; write it in UTF-8, in the weights as well"
                        ))
                }
            }
        }
    }

    /// A name as messages show it when it is not UTF-8: printable ASCII as it is, every other byte as `\xff`; `nil` for one that is.
    static func escaped(_ name: [UInt8]) -> String? {
        guard String(validating: name, as: UTF8.self) == nil else { return nil }
        return name.prefix(200).map { byte in
            0x20..<0x7F ~= byte
                ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined() + (name.count > 200 ? "..." : "")
    }
}
