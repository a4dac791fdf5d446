/// How a field's payload is laid out: the low three bits of its tag (protobuf encoding guide, "Message Structure").
public enum WireType: UInt8, Sendable, Hashable, CustomStringConvertible {
    /// Integers, booleans and enums: 1 to 10 bytes of seven bits each, least significant first.
    case varint = 0
    /// Eight bytes, little endian.
    case fixed64 = 1
    /// A length as varint, then as many bytes: strings, messages, packed numbers.
    case lengthDelimited = 2
    /// Fields up to the matching `endGroup`. The deprecated way to nest messages.
    case startGroup = 3
    /// Closes a group; never the type of a `WireField`.
    case endGroup = 4
    /// Four bytes, little endian.
    case fixed32 = 5

    public var description: String {
        switch self {
        case .varint: "varint"
        case .fixed64: "fixed64"
        case .lengthDelimited: "length-delimited"
        case .startGroup: "group"
        case .endGroup: "end of group"
        case .fixed32: "fixed32"
        }
    }
}
