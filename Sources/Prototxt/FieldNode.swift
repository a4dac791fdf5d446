/// One field: a name, a value, and the punctuation about them.
public struct FieldNode: Sendable {
    /// An identifier, or a name in brackets (`[a.b]`, without the blanks and comments it may hold).
    public let name: String
    public let nameRange: Range<Int>
    /// The colon, which may be missing before messages.
    public let colonRange: Range<Int>?
    public let value: ValueNode
    /// The `,` or `;` after the value.
    public let separatorRange: Range<Int>?

    /// From the name to the end of the value, without the separator.
    public var range: Range<Int> { nameRange.lowerBound..<value.range.upperBound }

    /// From the name to the end of the separator, or of the value when there is none.
    public var rangeWithSeparator: Range<Int> {
        nameRange.lowerBound..<(separatorRange ?? value.range).upperBound
    }
}
