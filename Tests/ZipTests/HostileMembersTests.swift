import Testing
import Zip

/// Archives of two members, `first` and `other`, that were changed.
@Suite("Archives whose members are not sound")
struct HostileMembersTests {
    private func message(_ change: (inout [UInt8]) -> Void) throws -> String? {
        var bytes = try archive { writer in
            try writer.write([1, 2, 3, 4], as: "first")
            try writer.write([5, 6, 7, 8], as: "other")
        }
        change(&bytes)
        let error = #expect(throws: ZipError.self) {
            for member in try members(of: bytes) { _ = try member.content.bytes() }
        }
        return error?.message
    }

    @Test("two members of one name are refused, also when their accents are encoded in two ways")
    func duplicates() throws {
        let message = try message { $0.replace(Array("other".utf8), with: Array("first".utf8)) }
        #expect(message == "is there twice; pack it again, for example with 'zip'")
        let bytes = try archive { writer in
            try writer.write([1], as: "\u{E9}")
            try writer.write([1], as: "e\u{301}")
        }
        #expect(throws: ZipError.self) { try members(of: bytes) }
    }

    @Test(
        "a name that leads out of the archive or nowhere is refused",
        arguments: ["/othe", "../ot", "a/../", "a//bc", "./oth", "a\\bcd", "a/./b", "oth\0r"])
    func names(name: String) throws {
        let message = try message { $0.replace(Array("other".utf8), with: Array(name.utf8)) }
        #expect(message?.hasPrefix("has a name that leads out of the archive or nowhere") == true)
    }

    @Test("a folder is a member, too")
    func folder() throws {
        let bytes = try archive { writer in try writer.write([], as: "assets/") }
        #expect(try members(of: bytes).map(\.isFolder) == [true])
    }

    @Test("members that share bytes are refused")
    func overlap() throws {
        var bytes = try archive { writer in
            try writer.write([], as: "a")
            try writer.write([UInt8](repeating: 0, count: 40), as: "b")
        }
        // The second member's data begin with a header like the first one's own, and the directory has the first one there.
        let header = Array(bytes[..<31])
        bytes.replaceSubrange(62..<93, with: header)
        let directory = 62 + 40
        bytes.replaceSubrange(directory + 42..<directory + 46, with: [62, 0, 0, 0])
        let error = #expect(throws: ZipError.self) { try members(of: bytes) }
        #expect(error?.message == "shares bytes with the member 'b'; is the archive damaged?")
    }

    @Test("bytes that do not have the checksum are refused when they are read")
    func checksum() throws {
        let message = try message { $0.replace([5, 6, 7, 8], with: [5, 6, 7, 9]) }
        #expect(message?.hasPrefix("is damaged: its bytes have the CRC-32 ") == true)
    }

    @Test("a checksum is compared when a deflated member is read block by block")
    func deflatedChecksum() throws {
        var bytes = try archive { writer in try writer.write([UInt8](repeating: 1, count: 100), as: "a", .deflated) }
        let sum = Array(bytes[14...17])
        bytes.replace(sum, with: [1, 2, 3, 4])
        let error = #expect(throws: ZipError.self) { try members(of: bytes)[0].content.forEachBlock { _ in } }
        #expect(error?.message.hasPrefix("is damaged: its bytes have the CRC-32 ") == true)
    }

    @Test("a size that the deflated bytes do not give is refused", arguments: [99, 101])
    func deflatedSize(size: UInt8) throws {
        var bytes = try archive { writer in try writer.write([UInt8](repeating: 1, count: 100), as: "a", .deflated) }
        bytes.replace([100, 0, 0, 0], with: [size, 0, 0, 0])
        #expect(throws: ZipError.self) { try members(of: bytes)[0].content.forEachBlock { _ in } }
    }

    @Test("sizes of a stored member that differ are refused")
    func storedSizes() throws {
        let message = try message { $0.replace([4, 0, 0, 0, 4, 0, 0, 0], with: [4, 0, 0, 0, 5, 0, 0, 0]) }
        #expect(message == "is stored with two sizes, 5 and 4; is the archive damaged?")
    }

    @Test("an encrypted member is refused")
    func encrypted() throws {
        let message = try message { bytes in
            bytes.replace([0x50, 0x4B, 1, 2, 45, 3, 20, 0, 0, 0], with: [0x50, 0x4B, 1, 2, 45, 3, 20, 0, 1, 0])
        }
        #expect(message == "is encrypted; save it again without a password")
    }

    @Test("an archive that ends too early is refused")
    func truncated() throws {
        for count in [4, 30, 60, 100] {
            let bytes = try archive { writer in try writer.write([1, 2, 3, 4], as: "first") }
            guard count < bytes.count else { continue }
            #expect(throws: ZipError.self) { try members(of: Array(bytes[..<count])) }
        }
    }
}
