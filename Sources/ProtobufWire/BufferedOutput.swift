import CSystem

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Collects bytes and hands them to a file descriptor in large pieces. Owns its buffer, not the descriptor.
struct BufferedOutput: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private let buffer: UnsafeMutableRawBufferPointer
    private var used = 0
    /// How much the descriptor has taken so far; tells where an error happened.
    private var written = 0
    /// Where in the file the first byte went; `nil` for what is no file.
    private let start: Int64?

    /// 256 KiB stay in the nearest caches from reading to writing.
    static let bufferByteCount = 1 << 18

    /// - Parameter expected: about how many bytes will be written.
    init(descriptor: Int32, path: String, expected: Int) {
        self.descriptor = descriptor
        self.path = path
        let position = lseek(descriptor, 0, SEEK_CUR)
        start = position < 0 ? nil : Int64(position)
        if let start, expected >= Self.bufferByteCount { csystem_reserve(descriptor, start, Int64(expected)) }
        // A cache line: more than any number needs.
        buffer = .allocate(byteCount: Self.bufferByteCount, alignment: 64)
    }

    deinit {
        buffer.deallocate()
    }

    mutating func append(_ bytes: [UInt8]) throws(WireError) {
        var done = 0
        while done < bytes.count {
            let slice = try freeSlice(atMost: bytes.count - done)
            slice.copyBytes(from: bytes[done..<done + slice.count])
            used += slice.count
            done += slice.count
        }
    }

    /// Appends bytes of a source, block by block.
    mutating func copy(_ range: Range<Int>, of source: some ByteSource) throws(WireError) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let slice = try freeSlice(atMost: range.upperBound - offset)
            try source.read(at: offset, into: slice)
            used += slice.count
            offset += slice.count
        }
    }

    /// Room at the very beginning of the buffer, to be filled and then committed.
    mutating func alignedSlice(atMost count: Int) throws(WireError) -> UnsafeMutableRawBufferPointer {
        try flush()
        return try freeSlice(atMost: count)
    }

    /// Takes over the bytes of a slice that has just been handed out.
    mutating func commit(_ slice: UnsafeMutableRawBufferPointer) {
        used += slice.count
    }

    /// Writes what is in the buffer.
    mutating func flush() throws(WireError) {
        var done = 0
        while done < used {
            let count = writeOnce(descriptor, UnsafeRawBufferPointer(rebasing: buffer[done..<used]))
            if count > 0 {
                done += count
            } else if count == 0 {
                throw WireError(path: path, offset: written + done, message: "the system takes no more bytes")
            } else if errno != EINTR {
                throw WireError(path: path, offset: written + done, cannot: "write", errno: errno)
            }
        }
        if used == buffer.count, let start {
            // On its way to the disk while the next piece is made.
            csystem_begin_writing_back(descriptor, start + Int64(written), Int64(used))
        }
        written += used
        used = 0
    }

    /// Room for at least one byte, after what the buffer holds; a full buffer is written first.
    private mutating func freeSlice(atMost count: Int) throws(WireError) -> UnsafeMutableRawBufferPointer {
        if used == buffer.count { try flush() }
        return UnsafeMutableRawBufferPointer(rebasing: buffer[used...].prefix(count))
    }
}

/// The system's `write`, under a name that a method cannot hide.
private func writeOnce(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
