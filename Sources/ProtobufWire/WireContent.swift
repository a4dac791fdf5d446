/// Fields to be written, in order, with their total size known although large values are not at hand yet.
///
///     var inner = WireContent()
///     inner.appendPackedVarints([64, 3, 3, 3], field: 1)
///     var outer = WireContent()
///     outer.appendProduced(byteCount: 6912, id: 0, field: 2)
///     outer.appendMessage(inner, field: 3)
///
/// Field numbers must be within 1 ... 536870911.
public struct WireContent: Sendable, Hashable {
    /// Neighbouring copies and neighbouring bytes are joined; there are no empty segments.
    public private(set) var segments: [WireSegment] = []

    /// The size of all segments. Stays at `Int.max` where the sum is larger: `WirePlan` refuses that.
    public private(set) var byteCount = 0

    public init() {}

    public init(_ bytes: [UInt8]) {
        append(.bytes(bytes))
    }

    /// Appends bytes from anywhere, unframed: whole fields, or a part of a value whose header was appended before.
    public mutating func append(_ segment: WireSegment) {
        let added = segment.byteCount
        guard added != 0 else { return }
        byteCount = byteCount.addingSaturating(added)
        switch (segments.last, segment) {
        case (.copy(let last)?, .copy(let next)) where last.upperBound == next.lowerBound:
            segments[segments.count - 1] = .copy(last.lowerBound..<next.upperBound)
        case (.bytes(var joined)?, .bytes(let next)):
            segments.removeLast()
            joined += next
            segments.append(.bytes(joined))
        default:
            segments.append(segment)
        }
    }

    public mutating func append(_ content: WireContent) {
        for segment in content.segments { append(segment) }
    }

    /// An integer, boolean or enum. A negative int32 or int64 is `UInt64(bitPattern: Int64(value))`.
    public mutating func appendVarint(_ value: UInt64, field number: Int) {
        append(.bytes(WireEncoding.tag(number, .varint) + WireEncoding.varint(value)))
    }

    public mutating func appendScalar<Element: FixedWidthScalar>(_ value: Element, field number: Int) {
        let bytes = withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
        append(.bytes(WireEncoding.tag(number, Element.wireType) + bytes))
    }

    public mutating func appendBytes(_ bytes: [UInt8], field number: Int) {
        append(.bytes(WireEncoding.lengthDelimitedHeader(number, byteCount: bytes.count) + bytes))
    }

    public mutating func appendString(_ text: String, field number: Int) {
        appendBytes(Array(text.utf8), field: number)
    }

    public mutating func appendPackedVarints(_ values: [UInt64], field number: Int) {
        appendBytes(values.flatMap(WireEncoding.varint), field: number)
    }

    public mutating func appendMessage(_ content: WireContent, field number: Int) {
        append(.bytes(WireEncoding.lengthDelimitedHeader(number, byteCount: content.byteCount)))
        append(content)
    }

    /// A length-delimited field, such as packed numbers, whose value the caller supplies while the file is written.
    public mutating func appendProduced(byteCount: Int, id: Int, field number: Int) {
        append(.bytes(WireEncoding.lengthDelimitedHeader(number, byteCount: byteCount)))
        append(.produced(byteCount: byteCount, id: id))
    }
}
