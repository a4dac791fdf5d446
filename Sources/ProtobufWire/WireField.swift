/// One occurrence of a field: what its tag says, and where its bytes lie in the source.
///
/// Fields come from indexing a `WireMessage`, so the ranges are known to lie within the source.
public struct WireField: Sendable, Hashable {
    /// 1 ... 536870911.
    public let number: Int
    public let wireType: WireType
    /// The whole field, with its tag, and with the end tag of a group.
    public let range: Range<Int>
    /// The value alone: of a group or a length-delimited field what it encloses, else the number's own bytes.
    public let payload: Range<Int>
    /// How many bytes the tag takes. A length-delimited field's length follows it, up to the payload.
    let tagByteCount: Int
}
