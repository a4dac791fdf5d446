/// Consecutive fields of one number, wire type and size, kept as one entry of the index.
///
/// This is what lets a tensor of a million unpacked floats be indexed in a few bytes. Offsets fit 32 bits because
/// protobuf ends before 2 GiB.
struct FieldRun: Sendable, Hashable {
    /// Position of the first field among all fields of the `WireFields` that the run belongs to.
    var firstPosition: UInt32
    private(set) var count: UInt32 = 1
    private let start: UInt32
    private let byteCountPerField: UInt32
    private let tag: UInt32
    private let tagByteCount: UInt8
    /// From the beginning of a field to its payload: tag and length.
    private let headerByteCount: UInt8
    /// From the end of the payload to the end of the field: the end tag of a group.
    private let trailerByteCount: UInt8

    init(_ field: WireField, firstPosition: Int) {
        self.firstPosition = UInt32(firstPosition)
        start = UInt32(field.range.lowerBound)
        byteCountPerField = UInt32(field.range.count)
        tag = UInt32(field.number) << 3 | UInt32(field.wireType.rawValue)
        tagByteCount = UInt8(field.tagByteCount)
        headerByteCount = UInt8(field.payload.lowerBound - field.range.lowerBound)
        trailerByteCount = UInt8(field.range.upperBound - field.payload.upperBound)
    }

    var number: Int { Int(tag >> 3) }
    var wireType: WireType { WireType(rawValue: UInt8(tag & 7)) ?? .varint }
    /// The distance from one field of the run to the next.
    var stride: Int { Int(byteCountPerField) }
    var range: Range<Int> { Int(start)..<Int(start) + Int(count) * stride }
    var payloadByteCount: Int { stride - Int(headerByteCount) - Int(trailerByteCount) }

    /// The run with one more field, or false when the field is not like the others or does not follow them.
    mutating func extend(with field: WireField) -> Bool {
        guard field.range.lowerBound == range.upperBound else { return false }
        let next = FieldRun(field, firstPosition: Int(firstPosition))
        guard next.byteCountPerField == byteCountPerField, next.tag == tag, next.tagByteCount == tagByteCount,
            next.headerByteCount == headerByteCount, next.trailerByteCount == trailerByteCount
        else { return false }
        count += 1
        return true
    }

    /// The field at an index within the run.
    func field(_ index: Int) -> WireField {
        let lowerBound = Int(start) + index * stride
        let upperBound = lowerBound + stride
        return WireField(
            number: number, wireType: wireType, range: lowerBound..<upperBound,
            payload: lowerBound + Int(headerByteCount)..<upperBound - Int(trailerByteCount),
            tagByteCount: Int(tagByteCount))
    }
}
