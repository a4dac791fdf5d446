import NumPy
import Testing

struct ArchiveTests {
    @Test(
        "the arrays of an archive are read, however it was written",
        arguments: ["stored.npz", "deflated.npz", "streamed.npz", "zip64.npz"])
    func kinds(name: String) throws {
        let arrays = try NumPyFile.arrays(atPath: fixture(name))
        #expect(arrays.map(\.name) == ["images", "labels"])
        #expect(arrays.map(\.shape) == [[2, 3, 4], [2]])
        #expect(try arrays[0].readAll() == (0..<24).map(Double.init))
        #expect(try arrays[0].read(samples: 1..<2) == (12..<24).map(Double.init))
        #expect(try arrays[1].readAll() == [1, 0])
    }

    @Test("a comment does no harm, and members that do not end in .npy are left out")
    func commented() throws {
        let arrays = try NumPyFile.arrays(atPath: fixture("commented.npz"))
        #expect(arrays.map(\.name) == ["images"])
        #expect(try arrays[0].readAll() == (0..<24).map(Double.init))
    }

    @Test("a comment that looks like an end record does no harm")
    func confusingComment() throws {
        let comment: [UInt8] = [0x50, 0x4B, 5, 6] + Array(repeating: 7, count: 40)
        let archive = ZipArchive(members: [.init("a.npy", Self.array)], comment: comment)
        #expect(try arrays(in: archive.bytes)[0].readAll() == [5, 6])
    }

    @Test("a comment may be as long as it can be")
    func longestComment() throws {
        let comment = [UInt8](repeating: 0x50, count: 65535)
        let archive = ZipArchive(members: [.init("a.npy", Self.array)], comment: comment)
        #expect(try arrays(in: archive.bytes)[0].readAll() == [5, 6])
    }

    @Test("names may hold any letters, folders, or nothing")
    func names() throws {
        let names = try NumPyFile.arrays(atPath: fixture("names.npz")).map(\.name)
        #expect(names == ["grün", "画像", "conv1/weights", ""])
    }

    @Test("a member that is no array but does not end in .npy may be anything")
    func otherMembers() throws {
        var other = ZipArchive.Member("notes.txt", [1])
        other.method = 99
        other.flags = 1
        let archive = ZipArchive(members: [other, .init("a.npy", Self.array)])
        #expect(try arrays(in: archive.bytes).map(\.name) == ["a"])
    }

    @Test("an archive without arrays is told apart from an empty file", arguments: [0, 1])
    func noArrays(memberCount: Int) throws {
        let members = Array(repeating: ZipArchive.Member("data.pkl", [1]), count: memberCount)
        #expect(
            try openingMessage(ZipArchive(members: members).bytes)
                == "is a ZIP archive without arrays: none of its \(memberCount) members ends in '.npy'; "
                + "save arrays with np.savez")
    }

    @Test("the content tells what a file is, not its name")
    func content() throws {
        #expect(try arrays(in: Self.array).map(\.name) == [nil])
        let archive = ZipArchive(members: [.init("a.npy", Self.array)])
        #expect(try arrays(in: archive.bytes).map(\.name) == ["a"])
    }

    @Test("a member larger than the buffers that it goes through is read")
    func largeMembers() throws {
        let content = (0..<1_100_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let array = npy(shape: "(1100, 1000)", dtype: "|u1", content)
        let archive = ZipArchive(members: [.init("a.npy", array), .init(deflated: "b.npy", array)])
        for array in try arrays(in: archive.bytes) {
            #expect(try array.read(samples: 1099..<1100) == content.suffix(1000).map(Double.init))
        }
    }

    /// An array of two bytes.
    static let array = npy(shape: "(2,)", dtype: "|u1", [5, 6])
}
