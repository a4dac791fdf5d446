/// Why a text is not protobuf text format, and where.
///
/// Printed in the form that compilers use, so that editors can jump to the place:
/// `nets/a.prototxt:41:17: expected a value after 'eps:', found '}'`.
public struct PrototxtError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file as the caller named it.
    public let path: String
    /// Counted from 1. A line ends with LF or CRLF.
    public let line: Int
    /// Counted from 1, in Unicode scalars. A tab is one.
    public let column: Int
    /// What was found, what was expected and, where it helps, what to try: lower case, no full stop.
    public let message: String

    public init(path: String, line: Int, column: Int, message: String) {
        self.path = path
        self.line = line
        self.column = column
        self.message = message
    }

    public var description: String { "\(path):\(line):\(column): \(message)" }
}
