import Foundation
import HDF5
import Testing

/// The path of a file that make-fixtures.py made.
func fixture(_ name: String) throws -> String {
    let url = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    return url.appendingPathComponent(name).path
}

/// A folder of its own for one test, removed at the end.
func withTemporaryFolder<Result>(_ body: (_ folder: String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("HDF5Tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
}

/// The error that the body throws, recorded as an issue if there is none.
func hdf5Error<Result>(_ body: () throws(HDF5Error) -> Result) -> HDF5Error? {
    do {
        _ = try body()
        Issue.record("expected an HDF5Error")
        return nil
    } catch {
        return error
    }
}

/// The error in opening a file that holds these bytes.
func openingError(of bytes: some Sequence<UInt8>) throws -> HDF5Error? {
    try withTemporaryFolder { folder in
        let path = folder + "/file"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return hdf5Error { () throws(HDF5Error) in try HDF5File(readingPath: path) }
    }
}
