/// `[a, b]`: several values of one field. Holds scalars and messages, never lists.
public struct ListNode: Sendable {
    public let elements: [ValueNode]
    private let place: TextRange

    init(elements: [ValueNode], range: Range<Int>) {
        self.elements = elements
        place = TextRange(range)
    }

    /// With the brackets.
    public var range: Range<Int> { place.range }
}
