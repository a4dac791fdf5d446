/// Where something stands in a text, in half the room of a `Range<Int>`: a tree has several for each of its fields.
///
/// No text is longer than `PrototxtDocument.maximumByteCount`, so 32 bits are enough.
struct TextRange: Sendable {
    private let lower: UInt32
    private let upper: UInt32

    /// Stands for no range at all, which no text has.
    private static let none = TextRange(lower: UInt32.max, upper: UInt32.max)

    private init(lower: UInt32, upper: UInt32) {
        self.lower = lower
        self.upper = upper
    }

    init(_ range: Range<Int>) {
        self.init(lower: UInt32(clamping: range.lowerBound), upper: UInt32(clamping: range.upperBound))
    }

    init(_ range: Range<Int>?) {
        self = range.map { TextRange($0) } ?? .none
    }

    var range: Range<Int> { Int(lower)..<Int(upper) }

    /// `nil` where there is no range.
    var optional: Range<Int>? { lower == UInt32.max ? nil : range }
}
