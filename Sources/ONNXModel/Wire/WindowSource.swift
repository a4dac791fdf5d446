import ProtobufWire

/// A part of a file that was read at once, under the offsets that it has in the file: for messages of many small fields.
struct WindowSource: ByteSource {
    let path: String
    let start: Int
    let bytes: [UInt8]

    var byteCount: Int { start + bytes.count }

    /// The largest part that is read at once; larger messages hold tensors, which are stepped over.
    static let largest = 64 << 10

    init(_ range: Range<Int>, of source: some ByteSource) throws(WireError) {
        path = source.path
        start = range.lowerBound
        bytes = try source.bytes(in: range)
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(WireError) {
        guard offset >= start, buffer.count <= byteCount - offset else {
            throw WireError(
                path: path, offset: offset, message: "\(buffer.count) bytes beyond a message were asked for")
        }
        buffer.copyBytes(from: bytes[(offset - start)..<(offset - start + buffer.count)])
    }
}

extension WireField {
    /// Where the message in this field is read from: memory when it is small.
    func source(in file: any ByteSource) throws(WireError) -> any ByteSource {
        payload.count <= WindowSource.largest ? try WindowSource(payload, of: file) : file
    }
}
