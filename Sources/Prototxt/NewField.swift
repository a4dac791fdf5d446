/// A field to insert. How it is laid out is up to the document that it goes into.
///
///     NewField(name: "input_param", value: .message([
///         NewField(name: "shape", value: .inlineMessage([
///             NewField(name: "dim", value: .literal("1")), NewField(name: "dim", value: .literal("3")),
///         ])),
///     ]))
public struct NewField: Equatable, Sendable {
    /// An identifier or a name in brackets; the caller answers for it being one.
    public var name: String
    public var value: NewValue

    public init(name: String, value: NewValue) {
        self.name = name
        self.value = value
    }
}

/// The value of a field to insert.
public enum NewValue: Equatable, Sendable {
    /// A string, to be quoted and escaped.
    case string(String)
    /// A number or a word, as it is to be written; the caller answers for it being one.
    case literal(String)
    /// A message, laid out one field a line where the surroundings are.
    case message([NewField])
    /// A message that stays on one line, as in `shape { dim: 1 dim: 3 }`.
    case inlineMessage([NewField])
}
