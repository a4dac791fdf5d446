/// A place in a text, as people count: both numbers start at 1.
public struct SourcePosition: Equatable, Sendable, CustomStringConvertible {
    public let line: Int
    /// In Unicode scalars, not bytes. A tab is one; a byte order mark is none.
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public var description: String { "\(line):\(column)" }
}
