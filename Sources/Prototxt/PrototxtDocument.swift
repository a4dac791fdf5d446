/// A text in protobuf's text format, as a tree that keeps every byte.
///
/// The tree holds byte ranges into `bytes`: printing an unedited document is writing `bytes` out again. Changes are
/// `SourceEdit` values, which `applying(_:)` turns into new bytes; all others are copied, comments and layout included.
///
///     let document = try PrototxtDocument(parsing: bytes, path: "deploy.prototxt")
///     let edits = document.root.fields(named: "layer").map { document.removal(of: $0) }
///     let edited = try document.applying(edits)
///
/// Edits are made from nodes of the document itself; those of another one mean nothing to it.
///
/// No schema is known: any message parses, field names and types are for the caller to judge. Accepted is what
/// protobuf's C++ parser takes, and beyond it a UTF-8 byte order mark and string literals over several lines.
///
/// Nothing in it changes; it is a class because whoever reads a field holds it.
public final class PrototxtDocument: Sendable {
    /// How deep messages may be nested. Bounds the stack that parsing takes.
    public static let maximumDepth = 100
    /// How large a text may be: 64 MiB.
    public static let maximumByteCount = 64 << 20

    /// The file as the caller named it; used in errors only.
    public let path: String
    public let bytes: [UInt8]
    /// The message that the whole text is the body of.
    public let root: MessageNode
    private let lines: LineTable

    /// Parses a text. Cost: linear in its size.
    ///
    /// - Throws: `PrototxtError` with the place of the first mistake, also when the text exceeds `maximumDepth` or
    ///   `maximumByteCount`, or is no text.
    public init(parsing bytes: [UInt8], path: String) throws(PrototxtError) {
        self.path = path
        self.bytes = bytes
        guard bytes.count <= Self.maximumByteCount else {
            let message = "the file has \(bytes.count) bytes, more than the \(Self.maximumByteCount) that are read"
            throw PrototxtError(path: path, line: 1, column: 1, message: message)
        }
        let lines = LineTable(bytes)
        self.lines = lines
        do {
            root = try Self.parse(bytes)
        } catch {
            let position = lines.position(at: error.offset, in: bytes)
            throw PrototxtError(path: path, line: position.line, column: position.column, message: error.message)
        }
    }

    private static func parse(_ bytes: [UInt8]) throws(SyntaxError) -> MessageNode {
        do {
            var parser = try Parser(bytes)
            return try parser.parseDocument()
        } catch {
            guard let kind = BinarySignature.describe(bytes) else { throw error }
            throw SyntaxError(offset: 0, message: "expected protobuf text, but this looks like \(kind)")
        }
    }

    /// The line and column of an offset; offsets outside the text count as its nearest end.
    public func position(at offset: Int) -> SourcePosition {
        lines.position(at: offset, in: bytes)
    }

    /// A stretch of the text, with invalid UTF-8 repaired. What lies outside the text counts as empty.
    public func text(in range: Range<Int>) -> String {
        String(decoding: bytes[range.clamped(to: bytes.indices)], as: UTF8.self)
    }

    /// An error about a place of this text, for what only the caller can judge: a wrong type, an unknown name.
    public func error(at offset: Int, _ message: String) -> PrototxtError {
        let position = position(at: offset)
        return PrototxtError(path: path, line: position.line, column: position.column, message: message)
    }
}
