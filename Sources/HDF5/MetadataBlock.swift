/// A piece of a file's metadata: numbers at given bytes, little-endian. Beyond its end there are none.
struct MetadataBlock {
    private let bytes: ArraySlice<UInt8>

    var byteCount: Int { bytes.count }

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    func number<Number: FixedWidthInteger & UnsignedInteger>(
        at offset: Int, as type: Number.Type = Number.self
    ) -> Number? {
        guard offset >= 0, offset <= bytes.count - Number.bitWidth / 8 else { return nil }
        return Number(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) })
    }

    /// A part of the block; `nil` when it is not all there.
    func part(at offset: Int, count: Int) -> MetadataBlock? {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
        return MetadataBlock(bytes[(bytes.startIndex + offset)..<(bytes.startIndex + offset + count)])
    }

    /// The bytes from an offset up to the next zero byte; `nil` when there is none.
    func zeroTerminated(at offset: UInt64) -> [UInt8]? {
        guard let offset = Int(exactly: offset), offset < bytes.count else { return nil }
        let rest = bytes[(bytes.startIndex + offset)...]
        return rest.firstIndex(of: 0).map { Array(rest[..<$0]) }
    }

    func begins(with signature: StaticString, version: UInt8) -> Bool {
        bytes.count > signature.utf8CodeUnitCount
            && signature.withUTF8Buffer { bytes.starts(with: $0) }
            && bytes[bytes.startIndex + signature.utf8CodeUnitCount] == version
    }

    /// All bytes of the block.
    var array: [UInt8] { Array(bytes) }

    func equals(_ other: [UInt8]) -> Bool { bytes.elementsEqual(other) }
}
