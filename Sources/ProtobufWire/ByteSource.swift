/// Bytes that can be read in slices from any place: a file, or an array in memory.
///
/// Everything in this module reads through it, so a model is never whole in memory.
public protocol ByteSource: Sendable {
    /// The name under which errors speak of these bytes.
    var path: String { get }

    var byteCount: Int { get }

    /// Fills the whole buffer with the bytes from `offset` on.
    ///
    /// Throws when the source does not hold that many bytes there, or cannot deliver them.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(WireError)
}

extension ByteSource {
    /// The bytes of a range, in an array of their own.
    ///
    /// Meant for small values. Nothing is allocated before the range is known to lie within the source.
    public func bytes(in range: Range<Int>) throws(WireError) -> [UInt8] {
        try requireRange(range)
        var bytes = [UInt8](repeating: 0, count: range.count)
        try bytes.withUnsafeMutableBufferPointer { (buffer) throws(WireError) in
            try read(at: range.lowerBound, into: UnsafeMutableRawBufferPointer(buffer))
        }
        return bytes
    }

    /// Throws unless the range lies within the source.
    func requireRange(_ range: Range<Int>) throws(WireError) {
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            throw WireError(
                path: path, offset: range.lowerBound,
                message: "bytes \(range.lowerBound)..<\(range.upperBound) were asked for, but there are \(byteCount)")
        }
    }

    /// Throws unless the source holds as many bytes as the buffer from `offset` on; for implementations of `read`.
    func requireBytes(_ count: Int, at offset: Int) throws(WireError) {
        guard offset >= 0, offset <= byteCount, count <= byteCount - offset else {
            throw WireError(
                path: path, offset: offset,
                message: "\(count) bytes were asked for from here on, but there are \(byteCount) bytes in all")
        }
    }

    /// Throws when these are more bytes than protobuf allows in one message.
    func requireMessageSize() throws(WireError) {
        guard byteCount <= WireLimits.messageByteCount else {
            throw WireError(
                path: path,
                message: "has \(byteCount) bytes, but protobuf ends at \(WireLimits.messageByteCount) (2 GiB - 1)")
        }
    }
}
