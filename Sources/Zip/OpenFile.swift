import Files

/// A regular file that is open for reading with `pread`: no shared position, so any number of threads may read.
///
/// It stays open as long as a part of it is in use; replacing it by renaming another over it does no harm.
package final class OpenFile: Sendable {
    package let path: String
    /// The size when the file was opened.
    package let byteCount: Int
    private let descriptor: Int32

    /// Throws, without waiting, when the file cannot be opened or is no regular file.
    package init(path: String) throws(ZipError) {
        let origin = ZipOrigin(path: path)
        let descriptor: Int32
        do throws(SystemError) {
            // Without O_NONBLOCK, opening a named pipe would wait for a writer before it could be refused.
            descriptor = try SystemCall.open(path, O_RDONLY | O_NONBLOCK)
        } catch {
            throw origin.unreadable(attempt: "opened", error)
        }
        let status: stat
        do throws(SystemError) {
            status = try SystemCall.status(of: descriptor)
        } catch {
            close(descriptor)
            throw origin.ioFailed(attempt: "examined", error)
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
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer, for origin: ZipOrigin) throws(ZipError) {
        let done: Int
        do throws(SystemError) {
            done = try SystemCall.read(descriptor, into: buffer, at: offset)
        } catch {
            throw origin.ioFailed(attempt: "read from byte \(offset) of the file on", error)
        }
        guard done == buffer.count else {
            throw origin.ioFailed(
                "ends at byte \(offset + done) of the file, which had \(byteCount) bytes when it was opened; "
                    + "is another program writing to it?")
        }
    }
}
