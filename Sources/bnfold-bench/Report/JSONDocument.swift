import BNFoldKit

/// JSON of figures.
enum JSONDocument {
    /// Sorted keys, a final newline.
    static func text(_ value: some Encodable) throws(BenchmarkError) -> String {
        do throws(BNFoldError) {
            return String(decoding: try JSONText.encode(value), as: UTF8.self)
        } catch {
            throw BenchmarkError("the figures cannot be written as JSON: \(error)")
        }
    }
}
