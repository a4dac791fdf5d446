import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A regular file as a `ByteSource`, read with `pread`: no shared position, so any number of threads may read.
///
/// The file stays open as long as the object lives; replacing it by renaming another over it does no harm.
public final class FileByteSource: ByteSource {
    public let path: String
    /// The size when the file was opened.
    public let byteCount: Int
    private let descriptor: Int32
    /// The bytes around the last small read: fields are read one by one, and lie side by side.
    private let window = Mutex<(start: Int, bytes: [UInt8])>((0, []))

    /// Opens a file for reading. Throws when it cannot be opened or is no regular file.
    public init(path: String) throws(WireError) {
        // Without O_NONBLOCK, opening a named pipe would wait for a writer before it could be refused.
        var descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        while descriptor < 0, errno == EINTR { descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0 else { throw WireError(path: path, cannot: "open for reading", errno: errno) }
        var status = stat()
        var result = fstat(descriptor, &status)
        while result < 0, errno == EINTR { result = fstat(descriptor, &status) }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw WireError(path: path, cannot: "tell the size", errno: code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "a device, pipe or socket"
            throw WireError(path: path, message: "is \(kind), but a regular file is needed")
        }
        self.path = path
        self.byteCount = Int(status.st_size)
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(WireError) {
        try requireBytes(buffer.count, at: offset)
        if buffer.count <= Self.smallRead, try readThroughWindow(at: offset, into: buffer) { return }
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...].prefix(Self.largestRequest))
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            if count > 0 {
                done += count
            } else if count == 0 {
                throw WireError(
                    path: path, offset: offset + done,
                    message: "the file ends here, but had \(byteCount) bytes when it was opened; "
                        + "is another program writing to it?",
                    systemError: EIO)
            } else if errno != EINTR {
                throw WireError(path: path, offset: offset + done, cannot: "read", errno: errno)
            }
        }
    }

    /// - Returns: whether all bytes are there; a file that has become shorter is told by reading them alone.
    private func readThroughWindow(
        at offset: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Bool {
        try window.withLock { (window) throws(WireError) in
            if offset < window.start || offset + buffer.count > window.start + window.bytes.count {
                var code: Int32 = 0
                window.bytes = [UInt8](unsafeUninitializedCapacity: min(Self.windowSize, byteCount - offset)) {
                    var count = pread(descriptor, $0.baseAddress, $0.count, off_t(offset))
                    while count < 0, errno == EINTR {
                        count = pread(descriptor, $0.baseAddress, $0.count, off_t(offset))
                    }
                    if count < 0 { code = errno }
                    $1 = max(count, 0)
                }
                window.start = offset
                guard code == 0 else { throw WireError(path: path, offset: offset, cannot: "read", errno: code) }
            }
            let first = offset - window.start
            guard first + buffer.count <= window.bytes.count else { return false }
            buffer.copyBytes(from: window.bytes[first..<first + buffer.count])
            return true
        }
    }

    /// Reads up to so many bytes come from the window.
    private static let smallRead = 1 << 9
    private static let windowSize = 1 << 12

    /// Some systems refuse one request of 2 GiB or more, others cut it short.
    private static let largestRequest = 1 << 30
}
