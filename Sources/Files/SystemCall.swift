/// Calls of the operating system that throw their error, are repeated where a signal interrupted them, and have names that no method hides.
package enum SystemCall {
    /// Opens a file that programs started from here do not inherit.
    package static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o666) throws(SystemError) -> Int32 {
        // The system would take what stands before the zero byte for the name.
        guard !path.utf8.contains(0) else { throw SystemError(code: ENOENT) }
        return try retrying { openFile(path, flags | O_CLOEXEC, mode) }
    }

    /// What is at a path; `nil` when there is nothing.
    package static func status(of path: String, followingLinks: Bool = true) throws(SystemError) -> stat? {
        guard !path.utf8.contains(0) else { return nil }
        var status = stat()
        do throws(SystemError) {
            _ = try retrying { followingLinks ? stat(path, &status) : lstat(path, &status) }
            return status
        } catch {
            if error.code == ENOENT || error.code == ENOTDIR { return nil }
            throw error
        }
    }

    package static func status(of descriptor: Int32) throws(SystemError) -> stat {
        var status = stat()
        _ = try retrying { fstat(descriptor, &status) }
        return status
    }

    /// Throws unless this user may read what is at a path.
    package static func requireReadable(_ path: String) throws(SystemError) {
        _ = try retrying { access(path, R_OK) }
    }

    /// Reads at most as many bytes as the buffer has; 0 at the end.
    package static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int
    {
        try retrying { readFile(descriptor, buffer.baseAddress, min(buffer.count, largestTransfer)) }
    }

    /// Fills the buffer from a place on; fewer bytes only where the file ends.
    package static func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(SystemError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try retrying {
                pread(descriptor, rest.baseAddress, min(rest.count, largestTransfer), off_t(offset + done))
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Writes all bytes, in as many calls as it takes.
    package static func write(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = try retrying {
                bytes.withUnsafeBytes {
                    writeFile(descriptor, $0.baseAddress.map { $0 + done }, min($0.count - done, largestTransfer))
                }
            }
            // A regular file never takes zero bytes; stopping here keeps an odd device from holding us for ever.
            guard count > 0 else { throw SystemError(code: EIO) }
            done += count
        }
    }

    /// Writes all bytes from a place on, growing the file where it must.
    package static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int
    ) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            guard let position = off_t(exactly: offset + done) else { throw SystemError(code: EFBIG) }
            let count = try retrying {
                pwrite(descriptor, rest.baseAddress, min(rest.count, largestTransfer), position)
            }
            // A regular file never takes zero bytes; stopping here keeps an odd device from holding us for ever.
            guard count > 0 else { throw SystemError(code: EIO) }
            done += count
        }
    }

    package static func rename(_ source: String, to target: String) throws(SystemError) {
        _ = try retrying { renameFile(source, target) }
    }

    /// Gives a file a second name.
    package static func link(_ source: String, to target: String) throws(SystemError) {
        _ = try retrying { linkFile(source, target) }
    }

    /// Removes a name; that there is none is no error.
    package static func remove(_ path: String) throws(SystemError) {
        do throws(SystemError) {
            _ = try retrying { unlink(path) }
        } catch {
            if error.code != ENOENT { throw error }
        }
    }

    /// Brings a file to the disk. Devices and pipes cannot be synchronised, which is no failure of theirs.
    package static func synchronize(_ descriptor: Int32) throws(SystemError) {
        do throws(SystemError) {
            _ = try retrying { fsync(descriptor) }
        } catch {
            if ![EINVAL, EROFS, ENOTSUP, EBADF].contains(error.code) { throw error }
        }
    }

    /// Brings the names in a folder to the disk. A file system that cannot do it for folders does it by itself.
    package static func synchronize(folder: String) throws(SystemError) {
        let descriptor: Int32
        do throws(SystemError) {
            descriptor = try open(folder, O_RDONLY | O_DIRECTORY)
        } catch {
            // A folder that may be written and not read.
            if error.code == EACCES { return }
            throw error
        }
        defer { close(descriptor) }
        try synchronize(descriptor)
    }

    /// The path that leads to a folder without links, `.` and `..`; bytes, for names on disks need not be UTF-8.
    package static func realPath(_ path: String) throws(SystemError) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw SystemError(code: ENOENT) }
        guard let resolved = realpath(path, nil) else { throw SystemError.last }
        defer { free(resolved) }
        return Array(UnsafeRawBufferPointer(start: resolved, count: strlen(resolved)))
    }

    /// Repeats a call that a signal interrupted.
    package static func retrying<Result: SignedInteger>(_ call: () -> Result) throws(SystemError) -> Result {
        while true {
            let result = call()
            if result >= 0 { return result }
            let error = SystemError.last
            if error.code != EINTR { throw error }
        }
    }

    /// No system takes more in one call than fits into 31 bits.
    private static let largestTransfer = 1 << 30
}

// The calls that functions of the same name above would hide.

private func openFile(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }

private func readFile(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, bytes, count)
}

private func writeFile(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

private func renameFile(_ source: String, _ target: String) -> Int32 { rename(source, target) }

private func linkFile(_ source: String, _ target: String) -> Int32 { link(source, target) }
