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
            return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
        } catch {
            throw BNFoldError(.internalFault, "the report cannot be written as JSON: \(error)")
        }
    }
}
