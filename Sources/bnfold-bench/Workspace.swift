#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The folder that models and outputs are written to.
struct Workspace {
    let folder: String

    /// Makes a new folder.
    ///
    /// - Parameter parent: where; `nil` for the system's folder for temporary files.
    init(in parent: String?) throws(BenchmarkError) {
        let parent = parent ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // The system puts letters of its own in place of the six, so that the name is new.
        var template = Array("\(parent)/bnfold-bench.XXXXXX".utf8CString)
        let isMade = template.withUnsafeMutableBufferPointer { $0.baseAddress.map { mkdtemp($0) != nil } ?? false }
        guard isMade else {
            throw BenchmarkError(
                "\(parent): no folder can be made in it: \(SystemMessage.last); name another one with --folder")
        }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// Removes files, whether they are there or not.
    func remove(_ paths: [String]) {
        for path in paths { unlink(path) }
    }

    /// Removes the folder with all that is in it. What cannot be removed stays: there is nobody to do better.
    func removeAll() { try? FileManager.default.removeItem(atPath: folder) }

    /// Throws when the disk has no place for so many bytes: better than to find out after minutes.
    func requireSpace(_ bytes: Int) throws(BenchmarkError) {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else {
            throw BenchmarkError("\(folder): cannot be examined: \(SystemMessage.last)")
        }
        let free = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        guard free.overflow || free.partialValue >= UInt64(bytes) else {
            throw BenchmarkError(
                "\(folder): has \(free.partialValue >> 20) MiB free, but \(bytes >> 20) MiB are needed; name a folder on another disk with --folder"
            )
        }
    }
}

/// Small files, whole.
enum TextFile {
    static func write(_ text: String, to path: String) throws(BenchmarkError) {
        do {
            try Data(text.utf8).write(to: URL(filePath: path))
        } catch {
            throw BenchmarkError("\(path): cannot be written: \(error)")
        }
    }

    /// The text of a file; `nil` when there is no such file.
    static func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    static func size(of path: String) throws(BenchmarkError) -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw BenchmarkError("\(path): cannot be examined: \(SystemMessage.last)")
        }
        return Int(status.st_size)
    }
}

/// What the system says about an error.
enum SystemMessage {
    static var last: String { text(errno) }

    static func text(_ code: Int32) -> String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }
}
