/// Bytes in memory as a `ByteSource`.
public struct MemoryByteSource: ByteSource {
    public let path: String
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8], path: String = "<memory>") {
        self.bytes = bytes
        self.path = path
    }

    public var byteCount: Int { bytes.count }

    public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(WireError) {
        try requireBytes(buffer.count, at: offset)
        buffer.copyBytes(from: bytes[offset..<offset + buffer.count])
    }
}
