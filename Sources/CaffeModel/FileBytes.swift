#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Whole small files as bytes.
public enum FileBytes {
    /// Whether a path leads to a regular file that may be read.
    public static func isReadableFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, R_OK) == 0
    }

    /// Makes sure that a path leads to a regular file that may be read.
    ///
    /// - Throws: `CaffeModelError` of the kind `unreadable`.
    public static func requireReadable(_ path: String) throws(CaffeModelError) {
        guard !isReadableFile(path) else { return }
        var status = stat()
        guard stat(path, &status) == 0 else {
            let code = errno
            throw CaffeModelError(
                .unreadable,
                "\(path): cannot be opened: \(describe(code))" + (code == ENOENT ? "; is the path right?" : ""))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "no regular file"
            throw CaffeModelError(.unreadable, "\(path): is \(kind), where a file is expected")
        }
        throw CaffeModelError(.unreadable, "\(path): cannot be opened: \(describe(EACCES))")
    }

    /// The first bytes of a file, as many as there are.
    static func head(of path: String, count: Int) throws(CaffeModelError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CaffeModelError(.unreadable, "\(path): cannot be opened: \(describe(errno))")
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        let found = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard found >= 0 else { throw CaffeModelError(.unreadable, "\(path): cannot be read: \(describe(errno))") }
        return Array(bytes[..<found])
    }

    /// Whether a path leads to a folder.
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether a path leads to something that exists and is no regular file.
    public static func isNoFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    }

    /// The bytes of a file.
    ///
    /// - Parameter limit: the largest size, in bytes.
    /// - Throws: `CaffeModelError` of the kind `unreadable` for a path that is missing, no regular file, not readable, or too large.
    public static func read(_ path: String, limit: Int) throws(CaffeModelError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code = errno
            throw CaffeModelError(
                .unreadable,
                "\(path): cannot be opened: \(describe(code))" + (code == ENOENT ? "; is the path right?" : ""))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw CaffeModelError(.unreadable, "\(path): cannot be examined: \(describe(errno))")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw CaffeModelError(.unreadable, "\(path): is a folder, not a file")
        }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = block.withUnsafeMutableBytes { read(descriptor, $0) }
            if count < 0 {
                if errno == EINTR { continue }
                throw CaffeModelError(.unreadable, "\(path): cannot be read: \(describe(errno))")
            }
            if count == 0 { return bytes }
            bytes += block[..<count]
            guard bytes.count <= limit else {
                throw CaffeModelError(
                    .unreadable, "\(path): is larger than \(limit) bytes, the most that is read of such a file")
            }
        }
    }

    /// The size of a file in bytes; `nil` when there is none.
    public static func size(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// Writes a whole file and brings it to the disk.
    ///
    /// - Throws: `CaffeModelError` of the kind `cannotCreate` or `inputOutput`.
    public static func write(_ bytes: [UInt8], to path: String) throws(CaffeModelError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw CaffeModelError(.cannotCreate, "\(path): cannot be created: \(describe(errno))")
        }
        var position = 0
        var failure: Int32?
        while position < bytes.count, failure == nil {
            let count = bytes.withUnsafeBytes { write(descriptor, UnsafeRawBufferPointer(rebasing: $0[position...])) }
            if count > 0 { position += count } else if errno != EINTR { failure = errno }
        }
        // Devices and pipes cannot be synchronised, which is no failure of theirs.
        if failure == nil, fsync(descriptor) != 0, errno != EINVAL, errno != EROFS, errno != ENOTSUP { failure = errno }
        if close(descriptor) != 0, failure == nil { failure = errno }
        if let failure {
            throw CaffeModelError(.inputOutput, "\(path): cannot be written: \(describe(failure))")
        }
    }

    /// The folder that a path lies in.
    public static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last component of a path.
    public static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// The system's words for an error number.
    public static func describe(_ code: Int32) -> String { String(cString: strerror(code)) }

    // The system calls, whose names this type uses for its own functions.

    private static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.read(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
            Musl.read(descriptor, buffer.baseAddress, buffer.count)
        #else
            Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }

    private static func write(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.write(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
            Musl.write(descriptor, buffer.baseAddress, buffer.count)
        #else
            Glibc.write(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }
}
