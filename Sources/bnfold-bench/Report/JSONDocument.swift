#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// JSON of figures.
enum JSONDocument {
    /// Sorted keys, a final newline.
    static func text(_ value: some Encodable) throws(BenchmarkError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
        } catch {
            throw BenchmarkError("the figures cannot be written as JSON: \(error)")
        }
    }
}
