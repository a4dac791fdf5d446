/// A message: the fields between two delimiters, or those of the whole text.
public struct MessageNode: Sendable {
    /// In the order of the text.
    public let fields: [FieldNode]
    private let placeOfBody: TextRange
    private let placeOfOpening: TextRange
    private let placeOfEnd: TextRange

    init(fields: [FieldNode], bodyRange: Range<Int>, openRange: Range<Int>?, closeRange: Range<Int>?) {
        self.fields = fields
        placeOfBody = TextRange(bodyRange)
        placeOfOpening = TextRange(openRange)
        placeOfEnd = TextRange(closeRange)
    }

    /// What lies between the delimiters; the whole text for the root.
    public var bodyRange: Range<Int> { placeOfBody.range }

    /// The `{` or `<`; nil for the root.
    public var openRange: Range<Int>? { placeOfOpening.optional }

    /// The `}` or `>`; nil for the root.
    public var closeRange: Range<Int>? { placeOfEnd.optional }

    /// The fields of a name, in order. `name: [a, b]` is one field, whose value is a list.
    public func fields(named name: String) -> [FieldNode] {
        var named: [FieldNode] = []
        for index in fields.indices where fields[index].name == name { named.append(fields[index]) }
        return named
    }

    /// The values of a name, in order and with lists taken apart: what protobuf sees in a repeated field.
    public func values(named name: String) -> [ValueNode] {
        var values: [ValueNode] = []
        // By index, for most fields are of another name, and a field is costly to copy.
        for index in fields.indices where fields[index].name == name {
            if case .list(let list) = fields[index].value {
                values += list.elements
            } else {
                values.append(fields[index].value)
            }
        }
        return values
    }

    /// The first value of a name, and whether there are more: as `values(named:)` tells, without a list of them.
    public func firstValue(named name: String) -> (value: ValueNode?, isOnly: Bool) {
        var first: ValueNode?
        for index in fields.indices where fields[index].name == name {
            if case .list(let list) = fields[index].value {
                guard let element = list.elements.first else { continue }
                if first != nil || list.elements.count > 1 { return (first ?? element, false) }
                first = element
            } else {
                if first != nil { return (first, false) }
                first = fields[index].value
            }
        }
        return (first, true)
    }

    /// The last value of a name: the one that counts in a field that is not repeated.
    ///
    /// Message fields are the exception, as protobuf merges all values of one; see `values(named:)`.
    public func value(named name: String) -> ValueNode? {
        values(named: name).last
    }
}
