import Files
import JSON

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// JSON as this library writes it: sorted keys, two blanks of indentation, a final newline. The same value gives the same bytes.
package enum JSONText {
    package static func encode(_ value: some Encodable) throws(BNFoldError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return escaped(Array(try encoder.encode(value))) + [UInt8(ascii: "\n")]
        } catch {
            throw BNFoldError(.internalFault, "the report cannot be written as JSON: \(error)")
        }
    }

    /// The encoder escapes what JSON has to, which leaves characters that a terminal obeys. They stand in strings only, and mean the same there.
    private static func escaped(_ json: [UInt8]) -> [UInt8] {
        guard json.contains(where: { $0 >= 0x7F }) else { return json }
        var text = ""
        for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
            if scalar.value >= 0x7F, scalar.isInvisible {
                text += JSONValue.escape(of: scalar)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return Array(text.utf8)
    }
}
