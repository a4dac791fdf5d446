import CZlib

/// Inflates a bare deflate stream (RFC 1951) from a file, as far as it is asked to.
///
/// Owns the state of zlib. That state points back to its `z_stream`, which must therefore stay at one address.
struct Inflater: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutableRawBufferPointer
    private let compressed: FileRegion
    /// How much of `compressed` has been handed to zlib.
    private var taken = 0
    private var hasEnded = false

    /// Throws when zlib has no memory for its state.
    init(_ compressed: FileRegion) throws(ZipError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard czlib_begin_raw_inflate(stream) == Z_OK else {
            stream.deallocate()
            throw compressed.origin.unreadable("cannot be inflated: zlib does not start; is there memory left?")
        }
        self.stream = stream
        self.input = .allocate(byteCount: max(1, min(compressed.byteCount, 256 << 10)), alignment: 16)
        self.compressed = compressed
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    /// Writes the next bytes of the stream to the buffer, never beyond it.
    ///
    /// - Returns: how many there were; fewer than fit only when the stream has ended.
    mutating func fill(_ output: UnsafeMutableRawBufferPointer) throws(ZipError) -> Int {
        var filled = 0
        while filled < output.count, !hasEnded {
            if stream.pointee.avail_in == 0, taken < compressed.byteCount { try takeInput() }
            // zlib counts with 32 bits.
            let piece = UnsafeMutableRawBufferPointer(rebasing: output[filled...].prefix(1 << 30))
            stream.pointee.next_out = piece.baseAddress?.assumingMemoryBound(to: Bytef.self)
            stream.pointee.avail_out = uInt(piece.count)
            let status = inflate(stream, Z_NO_FLUSH)
            filled += piece.count - Int(stream.pointee.avail_out)
            switch status {
            case Z_OK: continue
            case Z_STREAM_END: hasEnded = true
            // There was room for output, so it is input that is wanting.
            case Z_BUF_ERROR:
                throw compressed.origin.malformed("is cut short: its compressed bytes end before their end mark")
            default: throw failure(status)
            }
        }
        return filled
    }

    /// Whether the stream ends where `fill` has come to, and the compressed bytes with it.
    mutating func isAtEnd() throws(ZipError) -> Bool {
        // The mark of the end may not have been read yet: there must be room for a byte before zlib goes on.
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { room.deallocate() }
        let isEmpty = try fill(room) == 0
        return isEmpty && stream.pointee.avail_in == 0 && taken == compressed.byteCount
    }

    private mutating func takeInput() throws(ZipError) {
        let piece = UnsafeMutableRawBufferPointer(rebasing: input.prefix(compressed.byteCount - taken))
        try compressed.read(at: taken, into: piece)
        taken += piece.count
        stream.pointee.next_in = piece.baseAddress?.assumingMemoryBound(to: Bytef.self)
        stream.pointee.avail_in = uInt(piece.count)
    }

    private func failure(_ status: Int32) -> ZipError {
        if status == Z_MEM_ERROR {
            return compressed.origin.unreadable("cannot be inflated: zlib finds no memory")
        }
        let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
        return compressed.origin.malformed("cannot be inflated: \(reason); is the archive damaged?")
    }
}
