/// One field: a name, a value, and the punctuation about them.
public struct FieldNode: Sendable {
    /// An identifier, or a name in brackets (`[a.b]`, without the blanks and comments it may hold).
    public let name: String
    public let value: ValueNode
    private let placeOfName: TextRange
    private let placeOfColon: TextRange
    private let placeOfSeparator: TextRange

    init(
        name: String, nameRange: Range<Int>, colonRange: Range<Int>?, value: ValueNode, separatorRange: Range<Int>?
    ) {
        self.name = name
        self.value = value
        placeOfName = TextRange(nameRange)
        placeOfColon = TextRange(colonRange)
        placeOfSeparator = TextRange(separatorRange)
    }

    public var nameRange: Range<Int> { placeOfName.range }

    /// The colon, which may be missing before messages.
    public var colonRange: Range<Int>? { placeOfColon.optional }

    /// The `,` or `;` after the value.
    public var separatorRange: Range<Int>? { placeOfSeparator.optional }

    /// From the name to the end of the value, without the separator.
    public var range: Range<Int> { nameRange.lowerBound..<value.range.upperBound }

    /// From the name to the end of the separator, or of the value when there is none.
    public var rangeWithSeparator: Range<Int> {
        nameRange.lowerBound..<(separatorRange ?? value.range).upperBound
    }
}
