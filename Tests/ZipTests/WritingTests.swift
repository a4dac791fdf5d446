import Files
import Testing
import Zip

@Suite("Archives that are written")
struct WritingTests {
    private static let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }

    @Test("what was written piece by piece is read back", arguments: [ZipWriter.Method.stored, .deflated])
    func roundTrip(method: ZipWriter.Method) throws {
        let bytes = try archive { writer in
            try writer.write(Array("{}".utf8), as: "metadata.json", method)
            try writer.begin("model.weights.h5", method, byteCount: Self.content.count)
            try writer.append(Array(Self.content[..<70_001]))
            try writer.append([])
            try writer.append(Array(Self.content[70_001...]))
            try writer.end()
            try writer.write([], as: "leer/grün", method)
        }
        let found = try members(of: bytes)
        #expect(found.map(\.name) == ["metadata.json", "model.weights.h5", "leer/grün"])
        #expect(try found.map { try $0.content.bytes() } == [Array("{}".utf8), Self.content, []])
        var part = [UInt8](repeating: 0, count: 5)
        try part.withUnsafeMutableBytes { try found[1].content.read(at: 70_000, into: $0) }
        #expect(part == Array(Self.content[70_000..<70_005]))
        #expect((bytes.count < 100_000) == (method == .deflated))
    }

    @Test("the same calls give the same bytes, and no descriptor stands behind the data")
    func deterministic() throws {
        func write(_ writer: inout ZipWriter) throws { try writer.write([1, 2, 3], as: "a") }
        let bytes = try archive(write)
        #expect(try bytes == archive(write))
        // The flags of the header; the third one tells a descriptor.
        #expect(bytes[6...7] == [0, 0])
        // The size is in the header: a reader may go through the archive from its beginning.
        #expect(bytes[18...21] == [3, 0, 0, 0])
    }

    @Test("a member that may be longer than 31 bits tell has room for long numbers, and is read")
    func zip64() throws {
        let bytes = try archive { writer in
            try writer.begin("large", byteCount: 1 << 31)
            try writer.append([7, 8])
            try writer.end()
        }
        #expect(bytes[18...25].allSatisfy { $0 == 0xFF })
        #expect(try members(of: bytes)[0].content.bytes() == [7, 8])
    }

    @Test("an archive without members is one")
    func empty() throws {
        #expect(try members(of: try archive { _ in }).isEmpty)
    }

    @Test("more members than 16 bits count are told by Zip64")
    func manyMembers() throws {
        let bytes = try archive { writer in
            for number in 0..<0x1_0000 { try writer.write([], as: String(number)) }
        }
        #expect(try members(of: bytes).count == 0x1_0000)
    }

    @Test(
        "two members of one name, a member inside another, and one that grows beyond what was told are faults of the caller"
    )
    func misuse() throws {
        _ = try archive { writer in
            try writer.write([1], as: "a")
            #expect(throws: FileError.self) { try writer.begin("a", byteCount: 0) }
            try writer.begin("b", byteCount: 0)
            #expect(throws: FileError.self) { try writer.begin("c", byteCount: 0) }
            try writer.end()
            #expect(throws: FileError.self) { try writer.end() }
            #expect(throws: FileError.self) { try writer.append([1]) }
        }
    }

    @Test("a full disk is told in the words of the system", .enabled(if: FileBytes.size("/dev/full") != nil))
    func fullDisk() throws {
        var writer = ZipWriter(to: try SequentialFile(creatingPath: "/dev/full"))
        let error = #expect(throws: FileError.self) { try writer.write([UInt8](repeating: 1, count: 1 << 20), as: "a") }
        #expect(error?.kind == .inputOutput)
        #expect(error?.message == "/dev/full: cannot be written: No space left on device")
    }
}
