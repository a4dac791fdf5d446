/// An output file before it is written: every byte of it accounted for, and its size known.
///
/// What no edit touches is copied byte for byte: unknown fields, the order of fields, and varints in unusual forms.
/// Only the lengths of messages whose size changes are encoded anew. Without edits the output equals the source.
public struct WirePlan: Sendable, Hashable {
    /// The output in order; neighbouring copies are joined.
    public let segments: [WireSegment]
    public let byteCount: Int

    /// Applies edits to the message that is the whole source.
    ///
    /// Throws when edits overlap, when one lies outside the messages that it claims to be enclosed by, when a
    /// replacement copies what the source does not hold, or when the output would be larger than protobuf allows.
    public init(applying edits: [WireEdit], to source: some ByteSource) throws(WireError) {
        try source.requireMessageSize()
        for edit in edits {
            try Self.check(edit.replacement, at: edit.range.lowerBound, of: source)
        }
        let rewriter = MessageRewriter(path: source.path)
        let content = try rewriter.rewrite(0..<source.byteCount, applying: edits, depth: 0)
        guard content.byteCount <= WireLimits.messageByteCount else {
            throw WireError(
                path: source.path,
                message: "the output would have \(content.byteCount) bytes, but protobuf ends at "
                    + "\(WireLimits.messageByteCount) (2 GiB - 1)")
        }
        segments = content.segments
        byteCount = content.byteCount
    }

    private static func check(
        _ content: WireContent, at offset: Int, of source: some ByteSource
    ) throws(WireError) {
        for segment in content.segments {
            switch segment {
            case .copy(let range):
                try source.requireRange(range)
            case .bytes:
                break
            case .produced(let byteCount, let id):
                guard byteCount >= 0 else {
                    throw WireError(
                        path: source.path, offset: offset,
                        message: "the value with id \(id) that is to be written here has a size of \(byteCount) bytes")
                }
            }
        }
    }
}
