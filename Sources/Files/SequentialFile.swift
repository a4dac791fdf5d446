import CSystem

/// A file that is written from its beginning to its end; what was written may be changed once more.
///
/// Small pieces are gathered. Large ones go to the system as they come, and it begins to bring them to the disk.
package final class SequentialFile {
    /// Pieces from this many bytes on are not gathered.
    private static let gatheredSize = 1 << 16
    /// Pieces from this many bytes on are on their way to the disk while the next ones are made.
    private static let writtenBackSize = 1 << 18

    package let path: String
    private var descriptor: Int32
    private var gathered: [UInt8] = []
    /// Bytes that the system has.
    private var written = 0

    /// Creates a file, or empties the one that is there.
    ///
    /// - Throws: `FileError` of the kind `cannotCreate` or `inputOutput`.
    package init(creatingPath path: String) throws(FileError) {
        self.path = path
        do throws(SystemError) {
            descriptor = try SystemCall.open(path, O_RDWR | O_CREAT | O_TRUNC)
        } catch {
            throw FileError(
                error.isAboutTheFile ? .cannotCreate : .inputOutput, "\(path): cannot be created: \(error)")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// How many bytes were written.
    package var position: Int { written + gathered.count }

    /// Writes bytes behind those that were written before.
    ///
    /// - Throws: `FileError` of the kind `inputOutput`.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        if bytes.count < Self.gatheredSize {
            gathered.append(contentsOf: bytes)
            if gathered.count >= Self.gatheredSize { try flush() }
            return
        }
        try flush()
        try write(bytes, at: written)
        if bytes.count >= Self.writtenBackSize {
            csystem_begin_writing_back(descriptor, Int64(written), Int64(bytes.count))
        }
        written += bytes.count
    }

    package func append(_ bytes: [UInt8]) throws(FileError) {
        try bytes.withUnsafeBufferPointer { bytes throws(FileError) in
            try append(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Writes bytes over some that were written before.
    package func overwrite(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        guard offset >= 0, offset <= position - bytes.count else {
            throw FileError(.internalFault, "\(path): \(bytes.count) bytes at \(offset) were never written")
        }
        try flush()
        try bytes.withUnsafeBufferPointer { bytes throws(FileError) in
            try write(UnsafeRawBufferPointer(bytes), at: offset)
        }
    }

    /// Brings the file to the disk and closes it. Nothing is written after that.
    package func finish() throws(FileError) {
        try flush()
        let descriptor = descriptor
        self.descriptor = -1
        do throws(SystemError) {
            do throws(SystemError) {
                try SystemCall.synchronize(descriptor)
            } catch {
                close(descriptor)
                throw error
            }
            // What a network's file system could not store it may tell only now.
            guard close(descriptor) == 0 || errno == EINTR else { throw SystemError.last }
        } catch {
            throw failure(error)
        }
    }

    private func flush() throws(FileError) {
        if gathered.isEmpty { return }
        try gathered.withUnsafeBufferPointer { bytes throws(FileError) in
            try write(UnsafeRawBufferPointer(bytes), at: written)
        }
        written += gathered.count
        gathered.removeAll(keepingCapacity: true)
    }

    private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
        do throws(SystemError) {
            try SystemCall.write(bytes, to: descriptor, at: offset)
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ error: SystemError) -> FileError {
        FileError(.inputOutput, "\(path): cannot be written: \(error)")
    }
}
