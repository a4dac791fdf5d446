import CaffeModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that one process at a time may hold, with a few bytes in it. It is removed when the lock is given up.
///
/// `flock` ends with the process, however it ends: a file without a holder was left by one that was killed.
final class FileLock {
    private let path: String
    private let descriptor: Int32
    private var removesFile = true

    /// Opens or makes the file and locks it; looks again when another process removed it in between.
    ///
    /// - Parameters:
    ///   - output: the file that the lock is for, as messages name it.
    ///   - patience: how long to wait for another process that holds it.
    ///   - advice: what to do when another process goes on holding it.
    init(
        _ path: String, for output: String, patience: Duration = .zero,
        advice: String = "another bnfold is writing it; wait for it or name another output"
    ) throws(BNFoldError) {
        self.path = path
        let deadline = ContinuousClock.now + patience
        var attempts = 0
        while attempts < Self.attempts {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
            guard descriptor >= 0 else {
                throw BNFoldError(
                    .cannotCreate,
                    "\(output): cannot be created in '\(FileBytes.folder(of: output))': \(FileBytes.describe(errno))")
            }
            // A file system without locks is no reason to refuse the work.
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
                close(descriptor)
                guard ContinuousClock.now < deadline else { throw BNFoldError(.cannotCreate, "\(output): \(advice)") }
                usleep(10_000)
                continue
            }
            attempts += 1
            var opened = stat()
            var named = stat()
            if fstat(descriptor, &opened) == 0, stat(path, &named) == 0, opened.st_ino == named.st_ino,
                opened.st_dev == named.st_dev
            {
                self.descriptor = descriptor
                return
            }
            close(descriptor)
        }
        throw BNFoldError(.cannotCreate, "\(output): other runs of bnfold keep taking it; name another output")
    }

    deinit {
        // First the name, then the lock: who takes the lock looks whether the name still leads to it.
        if removesFile { unlink(path) }
        close(descriptor)
    }

    /// What the file holds, left by whoever held it before.
    func contents() -> [UInt8] { (try? FileBytes.read(path, limit: 1 << 16)) ?? [] }

    /// Fills the file and brings it to the disk.
    func write(_ bytes: [UInt8]) throws(BNFoldError) {
        let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        guard written == bytes.count, fsync(descriptor) == 0 else {
            throw BNFoldError(.inputOutput, "\(path): cannot be written: \(FileBytes.describe(errno))")
        }
    }

    func clear() { ftruncate(descriptor, 0) }

    /// Leaves the file where it is when the lock is given up.
    func keepFile() { removesFile = false }

    private static let attempts = 100
}
