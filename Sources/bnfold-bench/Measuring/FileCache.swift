#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The system's cache of files.
enum FileCache {
    /// Reads a file through, so that whoever reads it next need not wait for the disk.
    static func warm(_ path: String) throws(BenchmarkError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BenchmarkError("\(path): cannot be opened: \(SystemMessage.last)") }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var count = 0
        repeat {
            count = read(descriptor, buffer.baseAddress, buffer.count)
        } while count > 0 || count < 0 && errno == EINTR
        guard count == 0 else { throw BenchmarkError("\(path): cannot be read: \(SystemMessage.last)") }
    }
}
