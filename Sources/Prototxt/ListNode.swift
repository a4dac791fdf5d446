/// `[a, b]`: several values of one field. Holds scalars and messages, never lists.
public struct ListNode: Sendable {
    public let elements: [ValueNode]
    /// With the brackets.
    public let range: Range<Int>
}
