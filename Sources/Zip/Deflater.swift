import CZlib
import Files

/// Compresses bytes that come piece by piece to a bare deflate stream (RFC 1951).
///
/// Owns the state of zlib. That state points back to its `z_stream`, which must therefore stay at one address.
struct Deflater: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

    /// Throws when zlib has no memory for its state.
    init(for path: String) throws(FileError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard czlib_begin_raw_deflate(stream) == Z_OK else {
            stream.deallocate()
            output.deallocate()
            throw FileError(.inputOutput, "\(path): cannot be compressed: zlib does not start; is there memory left?")
        }
        self.stream = stream
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    /// Compresses the next bytes.
    ///
    /// - Parameters:
    ///   - isEnd: whether they are the last ones.
    ///   - take: gets what there is of compressed bytes.
    mutating func append(
        _ bytes: UnsafeRawBufferPointer, isEnd: Bool, take: (UnsafeRawBufferPointer) throws(FileError) -> Void
    ) throws(FileError) {
        var rest = bytes[...]
        repeat {
            // zlib counts with 32 bits.
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            rest = rest.dropFirst(piece.count)
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: piece.baseAddress?.assumingMemoryBound(to: Bytef.self))
            stream.pointee.avail_in = uInt(piece.count)
            repeat {
                stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: Bytef.self)
                stream.pointee.avail_out = uInt(output.count)
                // With output room left it takes all input, and never fails.
                _ = deflate(stream, isEnd && rest.isEmpty ? Z_FINISH : Z_NO_FLUSH)
                let count = output.count - Int(stream.pointee.avail_out)
                try take(UnsafeRawBufferPointer(rebasing: output[..<count]))
            } while stream.pointee.avail_out == 0
        } while !rest.isEmpty
    }
}
