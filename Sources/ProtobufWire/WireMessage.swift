/// The index of one message: which fields it has, in which order, and where their bytes lie.
///
/// Nothing is decoded. Length-delimited payloads are stepped over unread, and only the caller knows which of them are
/// messages: those are indexed in turn with `init(indexing:of:)`. A field that the caller does not know costs nothing
/// and is kept by every edit.
///
/// Protobuf merges a singular message field that occurs several times; here each occurrence is a message of its own.
public struct WireMessage: Sendable, Hashable {
    /// The bytes of the message, without the tag and length that enclose it.
    public let range: Range<Int>
    public let fields: WireFields

    /// Indexes the message that a byte range of a source holds.
    ///
    /// Throws when the bytes are no well-formed message, when it has too many unlike fields, or when the source is
    /// larger than protobuf allows.
    public init(indexing range: Range<Int>, of source: some ByteSource) throws(WireError) {
        try self.init(indexing: range, of: source, runLimit: WireLimits.runCount)
    }

    /// Indexes the message that is the whole source.
    public init(indexing source: some ByteSource) throws(WireError) {
        try source.requireMessageSize()
        try self.init(indexing: 0..<source.byteCount, of: source)
    }

    /// Indexes the message in a length-delimited field or a group.
    public init(indexing field: WireField, of source: some ByteSource) throws(WireError) {
        guard field.wireType == .lengthDelimited || field.wireType == .startGroup else {
            throw WireError(
                path: source.path, offset: field.range.lowerBound,
                message: "field \(field.number) is a \(field.wireType), but a message was expected")
        }
        try self.init(indexing: field.payload, of: source)
    }

    init(indexing range: Range<Int>, of source: some ByteSource, runLimit: Int) throws(WireError) {
        try source.requireMessageSize()
        var scanner = try ByteScanner(range, of: source)
        var fields = WireFields()
        while !scanner.isAtEnd {
            fields.append(try scanner.nextField())
            guard fields.runs.count <= runLimit else {
                throw WireError(
                    path: source.path, offset: scanner.position,
                    message: "the message has too many unlike fields (more than \(runLimit)); "
                        + "is this a protobuf binary file?")
            }
        }
        self.range = range
        self.fields = fields
    }

    /// The fields of a number, in order.
    ///
    /// A field of another wire type than the schema's is an unknown field to protobuf: name the type to leave it out.
    public func fields(_ number: Int, _ wireType: WireType? = nil) -> WireFields {
        fields.filteringRuns { $0.number == number && (wireType == nil || $0.wireType == wireType) }
    }

    /// The last field of a number: the one that counts where the schema allows only one value.
    public func lastField(_ number: Int, _ wireType: WireType? = nil) -> WireField? {
        let run = fields.runs.last { $0.number == number && (wireType == nil || $0.wireType == wireType) }
        return run.map { $0.field(Int($0.count) - 1) }
    }
}
