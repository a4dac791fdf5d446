/// A file that one process at a time may hold, with a few bytes in it. It is removed when the lock is given up, unless it holds something.
///
/// `flock` ends with the process, however it ends: a file without a holder was left by one that was killed.
package final class FileLock {
    package let path: String
    /// The file that it is for, as messages name it.
    private let output: String
    private let descriptor: Int32

    /// Opens or makes the file and locks it; looks again when another process removed it in between.
    ///
    /// - Parameters:
    ///   - output: the file that the lock is for, as messages name it.
    ///   - patience: how long to wait for another process that holds it.
    ///   - advice: what to do when another process goes on holding it.
    /// - Throws: `FileError` of the kind `cannotCreate` or `inputOutput`.
    package init(
        _ path: String, for output: String, patience: Duration = .zero,
        advice: String = "another bnfold is writing it; wait for it or name another output"
    ) throws(FileError) {
        self.path = path
        self.output = output
        let deadline = ContinuousClock.now + patience
        var attempts = 0
        while attempts < Self.attempts {
            let descriptor: Int32
            do throws(SystemError) {
                descriptor = try SystemCall.open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK)
            } catch {
                throw FileError(
                    error.isAboutTheFile ? .cannotCreate : .inputOutput,
                    "\(output): cannot be created in '\(FileBytes.folder(of: path))': \(error)")
            }
            // A file system without locks is no reason to refuse the work.
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
                close(descriptor)
                guard ContinuousClock.now < deadline else { throw FileError(.cannotCreate, "\(output): \(advice)") }
                usleep(10_000)
                continue
            }
            attempts += 1
            var opened = stat()
            var named = stat()
            if fstat(descriptor, &opened) == 0, lstat(path, &named) == 0,
                FileIdentity(opened) == FileIdentity(named)
            {
                guard opened.st_mode & S_IFMT == S_IFREG else {
                    close(descriptor)
                    throw FileError(
                        .cannotCreate,
                        "\(output): cannot be created: '\(path)' is \(FileBytes.kind(of: opened)); remove it")
                }
                self.descriptor = descriptor
                OpenOutputs.shared.add(self)
                return
            }
            close(descriptor)
        }
        throw FileError(.cannotCreate, "\(output): other runs of bnfold keep taking it; name another output")
    }

    deinit {
        OpenOutputs.shared.remove(self)
        // First the name, then the lock: who takes the lock looks whether the name still leads to it.
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_size == 0 { try? SystemCall.remove(path) }
        close(descriptor)
    }

    /// What the file holds, left by whoever held it before.
    package func contents() throws(FileError) -> [UInt8] { try Self.contents(of: descriptor, at: path, for: output) }

    /// What the file of a lock holds that may be another's; `nil` when there is no file.
    package static func contents(of path: String, for output: String) throws(FileError) -> [UInt8]? {
        let descriptor: Int32
        do throws(SystemError) {
            descriptor = try SystemCall.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        } catch {
            if error.code == ENOENT || error.code == ENOTDIR || error.code == ELOOP { return nil }
            throw unreadable(path, for: output, error)
        }
        defer { close(descriptor) }
        return try contents(of: descriptor, at: path, for: output)
    }

    private static func unreadable(_ path: String, for output: String, _ error: SystemError) -> FileError {
        FileError(
            error.isAboutTheFile ? .cannotCreate : .inputOutput,
            "\(output): what an interrupted run left in '\(path)' cannot be read: \(error)")
    }

    private static func contents(
        of descriptor: Int32, at path: String, for output: String
    ) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: largestContents)
        do throws(SystemError) {
            let count = try bytes.withUnsafeMutableBufferPointer { buffer throws(SystemError) in
                try SystemCall.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer), at: 0)
            }
            return Array(bytes[..<count])
        } catch {
            throw unreadable(path, for: output, error)
        }
    }

    /// Fills the file, which is empty, and brings it to the disk.
    package func write(_ bytes: [UInt8]) throws(FileError) {
        do throws(SystemError) {
            guard bytes.count < Self.largestContents else { throw SystemError(code: EFBIG) }
            _ = try SystemCall.retrying { lseek(descriptor, 0, SEEK_SET) }
            try SystemCall.write(bytes, to: descriptor)
            try SystemCall.synchronize(descriptor)
        } catch {
            throw FileError(.inputOutput, "\(output): cannot be put in place: '\(path)' cannot be written: \(error)")
        }
    }

    /// Empties the file. Where the system does not let us, it stays as it is.
    package func clear() { _ = try? SystemCall.retrying { ftruncate(descriptor, 0) } }

    /// More than any journal of ours takes.
    private static let largestContents = 1 << 16
    private static let attempts = 100
}
