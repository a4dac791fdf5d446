import Foundation
import NumPy
import Testing

/// The path of a file that make-fixtures.py made.
func fixture(_ name: String) throws -> String {
    let url = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    return url.appendingPathComponent(name).path
}

func fixtureBytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: fixture(name))))
}

/// A folder of its own for one test, removed at the end.
func withTemporaryFolder<Result>(_ body: (_ folder: String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("NumPyTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
}

/// The arrays of a file that holds these bytes. They stay readable although the file is removed.
func arrays(in bytes: [UInt8]) throws -> [NumPyArray] {
    try withTemporaryFolder { folder in
        let path = folder + "/file"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return try NumPyFile.arrays(atPath: path)
    }
}

/// The message of the error in opening a file that holds these bytes.
func openingMessage(_ bytes: [UInt8]) throws -> String? {
    let error = #expect(throws: NumPyError.self) { try arrays(in: bytes) }
    #expect(error?.kind == .malformed)
    return error?.message
}

extension NumPyArray {
    func readAll() throws(NumPyError) -> [Double] { try read(samples: 0..<sampleCount) }
}

/// An array as np.save writes it, with a dictionary of the test's own.
func npy(_ dictionary: String, _ content: [UInt8] = [], version: UInt8 = 1) -> [UInt8] {
    let text = Array((dictionary + "\n").utf8)
    return [0x93] + Array("NUMPY".utf8) + [version, 0]
        + littleEndian(text.count, byteCount: version == 1 ? 2 : 4) + text + content
}

/// A header with the usual wording.
func npy(shape: String, dtype: String = "<f4", fortranOrder: Bool = false, _ content: [UInt8] = []) -> [UInt8] {
    npy("{'descr': '\(dtype)', 'fortran_order': \(fortranOrder ? "True" : "False"), 'shape': \(shape), }", content)
}

func littleEndian(_ number: Int, byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}

func bytes(_ numbers: [Double]) -> [UInt8] {
    numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) } }
}
