/// A change to a text, as data: these bytes are replaced by those.
///
/// An edit with an empty range is an insertion, one with an empty replacement a deletion. Edits refer to offsets of
/// the unedited text, so any number of them can be made from one document and applied at once, in any order.
public struct SourceEdit: Equatable, Sendable {
    public var range: Range<Int>
    public var replacement: [UInt8]
    /// Whether the gap that a deletion leaves is closed as well: the blanks that would be left twice or at the end of
    /// a line, the line if nothing else is left on it, and the shorter of two runs of blank lines that then meet; and what
    /// `PunctuationRepair` tells about braces and separators.
    ///
    /// How wide the gap is depends on what else goes; only `PrototxtDocument.applying(_:)` knows.
    public var closesGap: Bool

    public init(range: Range<Int>, replacement: [UInt8], closesGap: Bool = false) {
        self.range = range
        self.replacement = replacement
        self.closesGap = closesGap
    }

    /// An edit that takes away a range and what would be left over around it.
    static func removal(_ range: Range<Int>) -> SourceEdit {
        SourceEdit(range: range, replacement: [], closesGap: true)
    }

    static func insertion(_ text: [UInt8], at offset: Int) -> SourceEdit {
        SourceEdit(range: offset..<offset, replacement: text)
    }
}
