import CaffeModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The results file of a batch that is running: one line a job, written as the job ends.
///
/// Each line is one write and is brought to the disk. A run that is killed leaves at worst a last line without an end, which readers drop.
/// The file is locked for as long as it is open.
final class ResultsFile {
    let path: String
    private let descriptor: Int32

    /// Opens or makes the file.
    ///
    /// - Parameter keepsRecords: go on behind the lines that are there instead of beginning anew.
    /// - Throws: also when another process has it open.
    init(_ path: String, keepsRecords: Bool) throws(BNFoldError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw BNFoldError(.cannotCreate, "\(path): cannot be created: \(FileBytes.describe(errno))")
        }
        do throws(BNFoldError) {
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
                throw BNFoldError(
                    .cannotCreate,
                    "\(path): another batch is writing it; wait for it or name another file with --report")
            }
            let length = keepsRecords ? try ResultsReader(path).wholeByteCount : 0
            guard ftruncate(descriptor, off_t(length)) == 0 else {
                throw BNFoldError(.inputOutput, "\(path): cannot be written: \(FileBytes.describe(errno))")
            }
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Adds a record.
    ///
    /// - Throws: `BNFoldError` of the kind `inputOutput`; the file then ends with the line before.
    func append(_ record: JobRecord) throws(BNFoldError) {
        let line = Array((record.line + "\n").utf8)
        let length = lseek(descriptor, 0, SEEK_END)
        let count = line.withUnsafeBytes { write(descriptor, $0) }
        guard count == line.count, fsync(descriptor) == 0 || errno == EINVAL else {
            let code = count >= 0 && count < line.count ? ENOSPC : errno
            if length >= 0 { ftruncate(descriptor, length) }
            throw BNFoldError(.inputOutput, "\(path): cannot be written: \(FileBytes.describe(code))")
        }
    }

    private func write(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.write(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
            Musl.write(descriptor, buffer.baseAddress, buffer.count)
        #else
            Glibc.write(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }
}
