/// A number that protobuf stores in a fixed count of bytes, little endian: `float` or `double`.
public protocol FixedWidthScalar: BitwiseCopyable, Sendable {
    associatedtype BitPattern: FixedWidthInteger & UnsignedInteger & BitwiseCopyable

    /// The wire type of a single, or unpacked, value.
    static var wireType: WireType { get }

    init(bitPattern: BitPattern)
    var bitPattern: BitPattern { get }
}

extension Float: FixedWidthScalar {
    public static var wireType: WireType { .fixed32 }
}

extension Double: FixedWidthScalar {
    public static var wireType: WireType { .fixed64 }
}
