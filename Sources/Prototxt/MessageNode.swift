/// A message: the fields between two delimiters, or those of the whole text.
public struct MessageNode: Sendable {
    /// In the order of the text.
    public let fields: [FieldNode]
    /// What lies between the delimiters; the whole text for the root.
    public let bodyRange: Range<Int>
    /// The `{` or `<`; nil for the root.
    public let openRange: Range<Int>?
    /// The `}` or `>`; nil for the root.
    public let closeRange: Range<Int>?

    /// The fields of a name, in order. `name: [a, b]` is one field, whose value is a list.
    public func fields(named name: String) -> [FieldNode] {
        fields.filter { $0.name == name }
    }

    /// The values of a name, in order and with lists taken apart: what protobuf sees in a repeated field.
    public func values(named name: String) -> [ValueNode] {
        fields.reduce(into: []) { values, field in
            guard field.name == name else { return }
            if case .list(let list) = field.value {
                values += list.elements
            } else {
                values.append(field.value)
            }
        }
    }

    /// The last value of a name: the one that counts in a field that is not repeated.
    ///
    /// Message fields are the exception, as protobuf merges all values of one; see `values(named:)`.
    public func value(named name: String) -> ValueNode? {
        values(named: name).last
    }
}
