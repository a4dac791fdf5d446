import NumPy
import Testing

/// Archives that are wrong in one thing each.
struct HostileArchiveTests {
    static let array = npy(shape: "(2,)", dtype: "|u1", [5, 6])

    /// The message of the error in opening an archive of one stored array that was changed.
    private func message(_ change: (inout ZipArchive) -> Void) throws -> String? {
        var archive = ZipArchive(members: [.init("a.npy", Self.array)])
        change(&archive)
        return try openingMessage(archive.bytes)
    }

    /// The message of the error in reading the array of an archive that can be opened.
    private func readingMessage(_ member: ZipArchive.Member) throws -> String? {
        let array = try #require(arrays(in: ZipArchive(members: [member]).bytes).first)
        let error = #expect(throws: NumPyError.self) { try array.read(samples: 0..<1) }
        #expect(error?.kind == .malformed)
        #expect(error?.member == "a.npy")
        return error?.message
    }

    static let disagreement =
        "has a header at byte 0 that does not agree with the ZIP directory; is the archive damaged?"

    @Test("an encrypted member is refused", arguments: [1, 1 << 6, 1 << 13])
    func encrypted(flags: Int) throws {
        let message = try message { $0.members[0].flags = flags }
        #expect(message == "is encrypted; save it again without a password")
    }

    @Test("a member that is compressed by another method is refused")
    func method() throws {
        let message = try message { $0.members[0].method = 93 }
        #expect(
            message
                == "is compressed by method 93, but only 0 (stored) and 8 (deflate) are read; "
                + "save it with np.savez or np.savez_compressed")
    }

    @Test("two members of one name are refused, also when their accents are encoded in two ways")
    func duplicates() throws {
        let same = try message { $0.members.append($0.members[0]) }
        #expect(same == "is there twice; save the arrays again with np.savez")
        let composed = ZipArchive.Member("\u{E9}.npy", Self.array)
        let decomposed = ZipArchive.Member("e\u{301}.npy", Self.array)
        let alike = try message { $0.members = [composed, decomposed] }
        #expect(alike == "is there twice; save the arrays again with np.savez")
    }

    @Test("a name that is not UTF-8 is refused")
    func name() throws {
        let message = try message { $0.members[0].name = [0xFF] + Array(".npy".utf8) }
        #expect(message == "has a member '\u{FFFD}.npy' whose name is not UTF-8; save it with np.savez")
    }

    @Test("a name that differs between the member and the directory is refused")
    func localName() throws {
        #expect(try message { $0.members[0].localName = Array("b.npy".utf8) } == Self.disagreement)
        #expect(try message { $0.members[0].localName = Array("a.npyx".utf8) } == Self.disagreement)
    }

    @Test("a checksum that differs between the member and the directory is refused")
    func localChecksum() throws {
        #expect(try message { $0.members[0].localChecksum = 0 } == Self.disagreement)
    }

    @Test("a stored member has one size")
    func storedSize() throws {
        let message = try message { $0.members[0].byteCount += 1 }
        let size = Self.array.count
        #expect(message == "is stored with two sizes, \(size + 1) and \(size); is the archive damaged?")
    }

    @Test("a part of a split archive is refused")
    func split() throws {
        let message = try message { $0.disk = 1 }
        #expect(message == "is a part of a split ZIP archive, but a whole one is needed; save it with np.savez")
    }

    @Test("a directory of another length than the end record tells is refused")
    func memberCount() throws {
        let message = try message { $0.toldMemberCount = 2 }
        #expect(message == "has a ZIP directory of 1 members, but its end record tells 2; is it damaged?")
    }

    @Test("a directory beyond the end of the file is refused")
    func directoryStart() throws {
        let message = try message { $0.toldDirectoryStart = 1 << 31 }
        #expect(message == "is a ZIP archive whose directory lies beyond its end; is it an incomplete copy?")
    }

    @Test("a directory that begins at another place is refused")
    func shiftedDirectory() throws {
        let message = try message { $0.toldDirectoryStart = 30 }
        #expect(message == "has a ZIP directory that makes no sense at byte 30; is it damaged?")
    }

    @Test("a Zip64 end record that is not there is an error")
    func missingZip64() throws {
        let message = try message { $0.toldMemberCount = 0xFFFF }
        #expect(message == "is a ZIP archive whose Zip64 end record is not where it should be; is it damaged?")
    }

    @Test("Zip64 sizes that are missing or beyond every file are refused")
    func zip64Sizes() throws {
        let huge = [UInt8](repeating: 0xFF, count: 16)
        let extras: [[UInt8]] = [[9, 9, 0, 0], [1, 0, 8, 0] + huge[..<8], [1, 0, 16, 0] + huge, [1, 0, 99, 0]]
        for extra in extras {
            let message = try message { $0.members[0].extra = extra }
            #expect(message?.hasPrefix("has a ZIP directory that makes no sense at byte ") == true)
        }
    }

    @Test("a stored member whose bytes have changed is told when it is read")
    func storedDamage() throws {
        var member = ZipArchive.Member("a.npy", Self.array)
        member.content[member.content.count - 1] = 7
        let found = String(crc32(member.content), radix: 16)
        #expect(
            try readingMessage(member)
                == "is damaged: its bytes have the CRC-32 0x\(found), but the archive says "
                + "0x\(String(member.checksum, radix: 16)); copy or save it again")
    }

    @Test("a deflated member whose bytes have changed is told when it is read")
    func deflatedDamage() throws {
        var member = ZipArchive.Member(deflated: "a.npy", Self.array)
        member.content[member.content.count - 1] = 7
        #expect(try readingMessage(member)?.hasPrefix("is damaged: its bytes have the CRC-32 ") == true)
    }

    @Test("a deflated member that goes on beyond its size is refused without inflating the rest")
    func longer() throws {
        var member = ZipArchive.Member(deflated: "a.npy", Self.array + [1, 2, 3])
        member.byteCount = Self.array.count
        #expect(
            try readingMessage(member)
                == "does not end after the \(Self.array.count) bytes that the archive tells; is the archive damaged?")
    }

    @Test("compressed bytes after the end of the stream are refused")
    func surplus() throws {
        var member = ZipArchive.Member(deflated: "a.npy", Self.array)
        member.content.append(0)
        #expect(try readingMessage(member)?.hasPrefix("does not end after the ") == true)
    }

    @Test("a deflated member that ends before its size is refused")
    func shorter() throws {
        var member = ZipArchive.Member(deflated: "a.npy", Array(Self.array.dropLast()))
        member.byteCount = Self.array.count
        let size = Self.array.count
        #expect(
            try readingMessage(member)
                == "inflates to \(size - 1) bytes, but \(size) are needed; is the archive damaged?")
    }

    @Test("a deflated member without its end mark is refused")
    func noEndMark() throws {
        var member = ZipArchive.Member(deflated: "a.npy", Self.array)
        member.content[0] = 0
        #expect(try readingMessage(member) == "is cut short: its compressed bytes end before their end mark")
    }

    @Test("what is no deflate stream is told in the words of zlib")
    func noDeflate() throws {
        let message = try message {
            $0.members[0] = .init(deflated: "a.npy", Self.array)
            $0.members[0].content[0] = 7
        }
        #expect(message == "cannot be inflated: invalid block type; is the archive damaged?")
    }

    @Test("a size that the compressed bytes cannot give is refused before anything is allocated")
    func impossibleGrowth() throws {
        let message = try message {
            $0.members[0] = .init(deflated: "a.npy", npy(shape: "(4000000000,)", dtype: "|u1"))
            $0.members[0].byteCount = 4_000_000_100
        }
        #expect(message?.hasPrefix("cannot have 4000000100 bytes: its ") == true)
    }

    @Test("a compressed member that makes far more of the archive than it is, is refused before anything is allocated")
    func tooLarge() throws {
        let header = npy(shape: "(9000000000,)", dtype: "|u1")
        var member = ZipArchive.Member(deflated: "a.npy", header)
        // Enough compressed bytes that the size is possible.
        member.content += [UInt8](repeating: 0, count: 9_000_000)
        member.extra =
            [1, 0, 16, 0] + littleEndian(9_000_000_000 + header.count, byteCount: 8)
            + littleEndian(member.content.count, byteCount: 8)
        let message = try readingMessage(member)
        #expect(message?.contains("of this archive at most 355") == true)
        #expect(message?.contains("(32 times its size and 64 MiB)") == true)
    }

    @Test("a member that is no array is refused")
    func noArray() throws {
        let message = try message { $0.members[0] = .init("a.npy", Array("0123456789".utf8)) }
        #expect(message == "is no array: it does not begin with '\\x93NUMPY'; save it with np.save")
    }
}
