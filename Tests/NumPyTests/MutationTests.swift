import Foundation
import NumPy
import Testing

/// Files that are cut short or changed at every place: an error or a sound array, never a trap.
struct MutationTests {
    static let files = [
        "c-order.npy", "fortran-order.npy", "version-2.npy", "scalar.npy", "no-samples.npy", "empty-samples.npy",
    ]
    static let archives = ["stored.npz", "deflated.npz", "streamed.npz", "zip64.npz", "commented.npz"]

    @Test("a file that is cut short anywhere is refused", arguments: files + archives)
    func truncated(name: String) throws {
        try withCopy(of: name) { path, file, bytes in
            for count in bytes.indices.reversed() {
                try file.truncate(atOffset: UInt64(count))
                #expect(arrays(atPath: path) == nil, "\(count) bytes")
            }
        }
    }

    @Test("a file with a changed byte is refused, or read as what its header then says", arguments: files)
    func changedFile(name: String) throws {
        try forEachChange(of: name) { arrays, place in
            let numbers = try arrays[0].readAll()
            #expect(numbers.count == arrays[0].shape.reduce(1, *), "byte \(place)")
        }
    }

    @Test("of an archive with a changed byte, every array that can be read is right", arguments: archives)
    func changedArchive(name: String) throws {
        let expected = try NumPyFile.arrays(atPath: fixture(name)).map(Content.init)
        try forEachChange(of: name) { arrays, place in
            for content in arrays.compactMap(content) {
                #expect(expected.contains(content), "byte \(place)")
            }
        }
    }

    private struct Content: Equatable {
        let name: String?
        let shape: [Int]
        let numbers: [Double]

        init(_ array: NumPyArray) throws(NumPyError) {
            name = array.name
            shape = array.shape
            numbers = try array.readAll()
        }
    }

    /// Changes each byte in its lowest bit, its highest, and all; the body gets the arrays of those that are not refused.
    private func forEachChange(of name: String, _ body: ([NumPyArray], _ place: Int) throws -> Void) throws {
        try withCopy(of: name) { path, file, bytes in
            func write(_ byte: UInt8, at place: Int) throws {
                try file.seek(toOffset: UInt64(place))
                try file.write(contentsOf: [byte])
            }
            for (place, byte) in bytes.enumerated() {
                for bits: UInt8 in [0x01, 0x80, 0xFF] {
                    try write(byte ^ bits, at: place)
                    if let arrays = arrays(atPath: path) { try body(arrays, place) }
                }
                try write(byte, at: place)
            }
        }
    }

    private func withCopy(of name: String, _ body: (String, FileHandle, [UInt8]) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/" + name
            let bytes = try fixtureBytes(name)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            let file = try #require(FileHandle(forUpdatingAtPath: path))
            defer { try? file.close() }
            try body(path, file, bytes)
        }
    }

    /// The arrays, or nil when they are refused.
    private func arrays(atPath path: String) -> [NumPyArray]? {
        do { return try NumPyFile.arrays(atPath: path) } catch { return nil }
    }

    /// What is read of an array, or nil when it is refused.
    private func content(_ array: NumPyArray) -> Content? {
        do { return try Content(array) } catch { return nil }
    }
}
