import Files
import Foundation
import Zip

/// A folder of its own for one test, removed at the end.
func withTemporaryFolder<Result>(_ body: (_ folder: String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ZipTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
}

/// The bytes of an archive that is written piece by piece.
func archive(_ write: (inout ZipWriter) throws -> Void) throws -> [UInt8] {
    try withTemporaryFolder { folder in
        let path = folder + "/archive.zip"
        var writer = ZipWriter(to: try SequentialFile(creatingPath: path))
        try write(&writer)
        try writer.finish()
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}

/// The members of an archive. They stay readable although the file is removed.
func members(of archive: [UInt8]) throws -> [ZipMember] {
    try withTemporaryFolder { folder in
        let path = folder + "/archive.zip"
        try Data(archive).write(to: URL(fileURLWithPath: path))
        return try ZipReader(FileRegion(try OpenFile(path: path))).members()
    }
}

extension [UInt8] {
    /// Replaces the first occurrence of some bytes, or all of them, by as many others.
    mutating func replace(_ old: [UInt8], with new: [UInt8], everywhere: Bool = true) {
        var start = 0
        while start + old.count <= count {
            if self[start...].starts(with: old) {
                replaceSubrange(start..<start + old.count, with: new)
                if !everywhere { return }
                start += old.count
            } else {
                start += 1
            }
        }
    }
}
