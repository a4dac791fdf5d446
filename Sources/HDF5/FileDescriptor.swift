import CSystem
import Files

/// An open file, read and written at given places; closed when the last owner lets it go.
///
/// Reads and writes of contiguous data go through it, past libhdf5 and its lock, so several threads may use it at once.
final class FileDescriptor: Sendable {
    /// What a file is, as far as we need to know it.
    struct Status: Equatable {
        var size: UInt64
        var isRegularFile: Bool
        var isDirectory: Bool
        /// What no other file of the system has.
        var device: UInt64
        var number: UInt64
        /// When its contents changed last, in seconds and billionths.
        var changed: [Int]
    }

    /// No system takes more in one call than fits into 31 bits; more is moved in several calls.
    private static let largestTransfer = 1 << 30

    /// As the system knows it; open as long as this lives.
    let number: CInt
    /// Where the bytes that are read begin in the file: an HDF5 file may lie within another one.
    private let start: UInt64

    private init(_ number: CInt, start: UInt64 = 0) {
        self.number = number
        self.start = start
    }

    deinit {
        _ = close(number)
    }

    /// Opens a file for reading. Never waits, not even for the writer of a named pipe.
    ///
    /// - Parameter start: the byte of the file that is read as the first one.
    convenience init(readingPath path: String, from start: UInt64 = 0) throws(SystemError) {
        self.init(try SystemCall.open(path, O_RDONLY | O_NONBLOCK), start: start)
    }

    /// A second descriptor of an open file, which outlives the first.
    convenience init(duplicating number: CInt) throws(SystemError) {
        self.init(try SystemCall.retrying { fcntl(number, F_DUPFD_CLOEXEC, 0) })
    }

    func status() throws(SystemError) -> Status {
        let status = try SystemCall.status(of: number)
        let format = status.st_mode & S_IFMT
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        return Status(
            size: UInt64(clamping: status.st_size), isRegularFile: format == S_IFREG, isDirectory: format == S_IFDIR,
            device: UInt64(truncatingIfNeeded: status.st_dev), number: UInt64(truncatingIfNeeded: status.st_ino),
            changed: [Int(time.tv_sec), Int(time.tv_nsec)])
    }

    /// Fills the buffer from `offset` on and returns the number of bytes read: fewer only where the file ends.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) -> Int {
        var done = 0
        let (offset, overflow) = offset.addingReportingOverflow(start)
        guard !overflow else { throw SystemError(code: EOVERFLOW) }
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            guard let position = Self.position(offset, done) else { throw SystemError(code: EOVERFLOW) }
            let count = try SystemCall.retrying {
                pread(number, rest.baseAddress, min(rest.count, Self.largestTransfer), position)
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Writes all bytes at `offset`, growing the file where it must.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            guard let position = Self.position(offset, done) else { throw SystemError(code: EFBIG) }
            let count = try SystemCall.retrying {
                pwrite(number, rest.baseAddress, min(rest.count, Self.largestTransfer), position)
            }
            // A regular file never takes zero bytes; stopping here keeps an odd device from holding us for ever.
            guard count > 0 else { throw SystemError(code: EIO) }
            done += count
        }
    }

    /// Asks the file system to find room for a part of the file at once instead of with each write.
    func reserve(_ count: Int, at offset: UInt64) {
        guard let offset = Int64(exactly: offset) else { return }
        csystem_reserve(number, offset, Int64(count))
    }

    /// Asks the system to begin bringing a part of the file to the disk, so that less is left to wait for in the end.
    func beginWritingBack(_ count: Int, at offset: UInt64) {
        guard let offset = Int64(exactly: offset) else { return }
        csystem_begin_writing_back(number, offset, Int64(count))
    }

    /// Waits until the file's bytes are on the disk.
    func synchronize() throws(SystemError) {
        #if canImport(Darwin)
            // fsync alone stops at the disk's own cache there; not every file system knows the stronger request.
            if fcntl(number, F_FULLFSYNC) == 0 { return }
        #endif
        _ = try SystemCall.retrying { fsync(number) }
    }

    /// Gives back the space that the file takes, as far as the system lets us: the file is being abandoned.
    func discardContents() {
        _ = ftruncate(number, 0)
    }

    private static func position(_ offset: UInt64, _ done: Int) -> off_t? {
        let (sum, overflow) = offset.addingReportingOverflow(UInt64(done))
        return overflow ? nil : off_t(exactly: sum)
    }
}
