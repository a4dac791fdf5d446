#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A regular file that is open for reading with `pread`: no shared position, so any number of threads may read.
///
/// It stays open as long as an array of it lives; replacing it by renaming another over it does no harm.
final class OpenFile: Sendable {
    let path: String
    /// The size when the file was opened.
    let byteCount: Int
    private let descriptor: Int32

    /// Throws, without waiting, when the file cannot be opened or is no regular file.
    init(path: String) throws(NumPyError) {
        let origin = Origin(path: path)
        // Without O_NONBLOCK, opening a named pipe would wait for a writer before it could be refused.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw origin.unreadable(attempt: "opened", errno: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw origin.ioFailed(attempt: "examined", errno: code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "a device, pipe or socket"
            throw origin.unreadable("is \(kind), but a regular file is needed")
        }
        self.path = path
        self.byteCount = Int(status.st_size)
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Fills the whole buffer with the bytes from `offset` on, which the caller knows to lie within the file.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer, for origin: Origin) throws(NumPyError) {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...].prefix(Self.largestRequest))
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            if count > 0 {
                done += count
            } else if count == 0 {
                throw origin.ioFailed(
                    "ends at byte \(offset + done) of the file, which had \(byteCount) bytes when it was opened; "
                        + "is another program writing to it?")
            } else if errno != EINTR {
                throw origin.ioFailed(attempt: "read at byte \(offset + done) of the file", errno: errno)
            }
        }
    }

    /// Some systems refuse one request of 2 GiB or more, others cut it short.
    private static let largestRequest = 1 << 30
}
