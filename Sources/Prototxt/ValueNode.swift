/// What a field is set to.
public enum ValueNode: Sendable {
    case scalar(ScalarNode)
    case message(MessageNode)
    case list(ListNode)

    /// With the delimiters of a message and the brackets of a list.
    public var range: Range<Int> {
        switch self {
        case .scalar(let scalar): scalar.range
        case .list(let list): list.range
        case .message(let message):
            (message.openRange ?? message.bodyRange).lowerBound..<(message.closeRange ?? message.bodyRange).upperBound
        }
    }

    public var message: MessageNode? {
        if case .message(let message) = self { message } else { nil }
    }

    public var scalar: ScalarNode? {
        if case .scalar(let scalar) = self { scalar } else { nil }
    }
}
