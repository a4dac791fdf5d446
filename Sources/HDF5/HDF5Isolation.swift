import Files
import Synchronization

/// Where libhdf5 looks at files: in this process, or in one of its own that may die of a damaged file.
///
/// Files of the plain form are read without the library, and none is started for them.
public enum HDF5Isolation {
    private struct Program: Sendable {
        var executable: @Sendable () -> String?
        var arguments: [String]
    }

    private static let program = Mutex<Program?>(nil)
    private static let refusesOthers = Atomic(false)
    /// What the last file holds that a process was started for: who asks what kind of file it is opens it, and so does who reads it then.
    private static let last = Mutex<(summary: [UInt64], index: FileIndex)?>(nil)

    /// From now on a process of its own is started for each file that is not plain.
    ///
    /// - Parameters:
    ///   - executable: the path of a program that calls `serve` with its last argument; asked for when it is needed first.
    ///   - arguments: what makes it do so, without its own name and the path of the file.
    public static func use(executable: @escaping @Sendable () -> String?, arguments: [String]) {
        program.withLock { $0 = Program(executable: executable, arguments: arguments) }
    }

    /// From now on files that are not plain are errors, and the library looks at none: for those who fuzz this reader, and not the library.
    package static func refuseOthers() { refusesOthers.store(true, ordering: .relaxed) }

    /// What the library finds in a file.
    static func index(
        of descriptor: FileDescriptor, path: String, fileSize: UInt64
    ) throws(HDF5Error) -> FileIndex {
        guard !refusesOthers.load(ordering: .relaxed) else {
            throw Place(file: path).error(.unsupported, "is not of the plain form")
        }
        guard let program = program.withLock({ $0 }), let executable = program.executable() else {
            return try LibraryIndexer.index(of: descriptor, path: path, fileSize: fileSize)
        }
        let summary: [UInt64]
        do throws(SystemError) {
            summary = try descriptor.status().summary
        } catch {
            throw Place(file: path).error(.ioFailed, "cannot be read: \(error)")
        }
        if let known = last.withLock({ $0?.summary == summary ? $0?.index : nil }) { return known }
        let reader = ReaderProcess(executable: executable, arguments: program.arguments, path: path, fileSize: fileSize)
        let index = try reader.index(of: descriptor)
        last.withLock { $0 = (summary, index) }
        return index
    }

    /// Lists what a file holds on standard output, for the process that started this one. Ends with that, also while a disk keeps it waiting.
    ///
    /// - Returns: the exit code.
    public static func serve(path: String) -> Int32 {
        ChildProcess.whenStarterEnds { _exit(1) }
        let answer: [UInt8]
        do throws(HDF5Error) {
            let probe = try FileProbe(path: path)
            ReaderProcess.limitThisProcess(fileSize: probe.size)
            let index = try LibraryIndexer.index(of: probe.descriptor, path: path, fileSize: probe.size)
            answer = IndexWriter.answer(index, summary: probe.status.summary)
        } catch {
            answer = IndexWriter.answer(error)
        }
        do throws(SystemError) {
            try SystemCall.write(answer, to: STDOUT_FILENO)
            return 0
        } catch {
            return 1
        }
    }
}

extension FileDescriptor.Status {
    /// What two looks at one unchanged file have in common.
    var summary: [UInt64] {
        [size, device, number] + changed.map { UInt64(truncatingIfNeeded: $0) }
    }
}
