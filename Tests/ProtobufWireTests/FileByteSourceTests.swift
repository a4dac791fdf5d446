import Foundation
import ProtobufWire
import Testing

struct FileByteSourceTests {
    @Test("a file's bytes are read from any place")
    func reading() throws {
        let file = try TemporaryFile([1, 2, 3, 4])
        let source = try FileByteSource(path: file.path)
        #expect(source.byteCount == 4)
        #expect(try source.bytes(in: 1..<3) == [2, 3])
        #expect(try source.bytes(in: 4..<4) == [])
        #expect(throws: WireError.self) { try source.bytes(in: 3..<5) }
    }

    @Test("small reads in any order give the bytes of their places")
    func smallReads() throws {
        let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 * 31 >> 3) }
        let file = try TemporaryFile(bytes)
        let source = try FileByteSource(path: file.path)
        for start in [0, 10, 19_990, 4090, 4100, 5, 8000, 700, 12_000, 12_001] {
            for length in [1, 10, 511, 513, 5000] where start + length <= bytes.count {
                #expect(try source.bytes(in: start..<start + length) == Array(bytes[start..<start + length]))
            }
        }
    }

    @Test("an empty file is an empty message")
    func empty() throws {
        let file = try TemporaryFile()
        #expect(try WireMessage(indexing: FileByteSource(path: file.path)).fields.isEmpty)
    }

    @Test("a missing file is named, with the system's reason")
    func missing() {
        let error = #expect(throws: WireError.self) { try FileByteSource(path: "/nowhere/net.caffemodel") }
        #expect(error.map { "\($0)" } == "/nowhere/net.caffemodel: cannot open for reading: no such file or directory")
    }

    @Test("a directory is refused")
    func directory() {
        let error = #expect(throws: WireError.self) { try FileByteSource(path: "/") }
        #expect(error.map { "\($0)" } == "/: is a directory, but a regular file is needed")
    }

    @Test("a named pipe is refused instead of waited for")
    func namedPipe() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "wire-\(UUID().uuidString)").path
        try #require(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        let error = #expect(throws: WireError.self) { try FileByteSource(path: path) }
        #expect(error?.message == "is a device, pipe or socket, but a regular file is needed")
    }

    @Test("a file that shrinks after it was opened gives an error where it ends")
    func shrinking() throws {
        let file = try TemporaryFile([1, 2, 3, 4])
        let source = try FileByteSource(path: file.path)
        truncate(file.path, 2)
        let error = #expect(throws: WireError.self) { try source.bytes(in: 0..<4) }
        #expect(error?.offset == 2)
    }

    @Test("a sparse file of 2 GiB is refused, one of a byte less is not too large")
    func twoGibibytes() throws {
        let file = try TemporaryFile()
        truncate(file.path, 1 << 31)
        let tooLarge = try FileByteSource(path: file.path)
        let error = #expect(throws: WireError.self) { try WireMessage(indexing: tooLarge) }
        #expect(error?.message == "has 2147483648 bytes, but protobuf ends at 2147483647 (2 GiB - 1)")
        truncate(file.path, (1 << 31) - 1)
        let largest = try FileByteSource(path: file.path)
        #expect(try WirePlan(applying: [], to: largest).byteCount == 2_147_483_647)
    }

    @Test("a replaced file is still read as it was when opened")
    func replaced() throws {
        let file = try TemporaryFile([1, 2])
        let source = try FileByteSource(path: file.path)
        let other = try TemporaryFile([3, 4])
        rename(other.path, file.path)
        #expect(try source.bytes(in: 0..<2) == [1, 2])
    }
}
