import Files

/// The results file of a batch that is running: one line a job, written as the job ends.
///
/// Each line is one write and is brought to the disk. A run that is killed leaves at worst a last line without an end, which readers drop.
/// The file is locked for as long as it is open.
final class ResultsFile {
    let path: String
    private let descriptor: Int32

    /// Opens or makes the file.
    ///
    /// Records that are not to be kept, and the part of a line that a killed run left, go by putting a new file in the place of the old one.
    ///
    /// - Parameter keepsRecords: go on behind the lines that are there instead of beginning anew.
    /// - Throws: also when another process has it open.
    init(_ path: String, keepsRecords: Bool) throws(BNFoldError) {
        self.path = path
        let outputs = try openOutputs([path], existing: .replace)
        defer { outputs.discard() }
        try liftingFiles { () throws(FileError) in try outputs.check() }
        let first = try Self.openLocked(path)
        do throws(BNFoldError) {
            let size = try Self.size(first, path)
            let kept = keepsRecords && size > 0 ? try ResultsReader(path).wholeByteCount : 0
            guard size != kept else {
                descriptor = first
                return
            }
            try liftingFiles { () throws(FileError) in
                try outputs.begin()
                try outputs.write(
                    kept == 0 ? [] : Array(FileBytes.read(path, limit: BatchManifest.maximumByteCount)[..<kept]),
                    to: path)
                try outputs.commit()
            }
            descriptor = try Self.openLocked(path)
        } catch {
            close(first)
            throw error
        }
        close(first)
    }

    deinit { close(descriptor) }

    private static func openLocked(_ path: String) throws(BNFoldError) -> Int32 {
        let descriptor: Int32
        do throws(SystemError) {
            descriptor = try SystemCall.open(path, O_RDWR | O_CREAT | O_APPEND)
        } catch {
            throw BNFoldError(
                error.isAboutTheFile ? .cannotCreate : .inputOutput, "\(path): cannot be created: \(error)")
        }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            close(descriptor)
            throw BNFoldError(
                .cannotCreate, "\(path): another batch is writing it; wait for it or name another file with --report")
        }
        return descriptor
    }

    private static func size(_ descriptor: Int32, _ path: String) throws(BNFoldError) -> Int {
        do throws(SystemError) {
            return Int(try SystemCall.status(of: descriptor).st_size)
        } catch {
            throw BNFoldError(FileError(reading: path, "examined", error))
        }
    }

    /// Adds a record.
    ///
    /// - Throws: `BNFoldError` of the kind `inputOutput`; the file then ends with the line before.
    func append(_ record: JobRecord) throws(BNFoldError) {
        let length = lseek(descriptor, 0, SEEK_END)
        do throws(SystemError) {
            try SystemCall.write(Array((record.line + "\n").utf8), to: descriptor)
            try SystemCall.synchronize(descriptor)
        } catch {
            if length >= 0 { _ = try? SystemCall.retrying { ftruncate(descriptor, length) } }
            throw BNFoldError(.inputOutput, "\(path): cannot be written: \(error)")
        }
    }
}
