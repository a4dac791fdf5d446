/// The bytes of varints, tags and headers, in their shortest form.
public enum WireEncoding {
    public static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
        return bytes
    }

    /// The tag of a field whose number is within 1 ... 536870911.
    public static func tag(_ number: Int, _ wireType: WireType) -> [UInt8] {
        assert(number >= 1 && number < 1 << 29, "field number \(number) is not within 1 to 536870911")
        return varint(UInt64(UInt32(truncatingIfNeeded: number) << 3 | UInt32(wireType.rawValue)))
    }

    /// What precedes the payload of a length-delimited field. A negative count counts as 0.
    public static func lengthDelimitedHeader(_ number: Int, byteCount: Int) -> [UInt8] {
        tag(number, .lengthDelimited) + varint(UInt64(clamping: byteCount))
    }
}
