/// An archive made by hand, so that each of its fields can be wrong.
struct ZipArchive {
    var members: [Member]
    var comment: [UInt8] = []
    var disk = 0
    /// What the end record tells, when it is not the truth.
    var toldMemberCount: Int?
    var toldDirectoryStart: Int?

    struct Member {
        var name: [UInt8]
        var content: [UInt8]
        var method = 0
        var flags = 0
        var checksum: Int
        /// The size before compression.
        var byteCount: Int
        var extra: [UInt8] = []
        var localName: [UInt8]?
        var localChecksum: Int?

        /// A stored member that is right in all fields.
        init(_ name: String, _ content: [UInt8]) {
            self.name = Array(name.utf8)
            self.content = content
            checksum = crc32(content)
            byteCount = content.count
        }

        /// A deflated one, of blocks that compress nothing (RFC 1951, 3.2.4); the last one begins with 1.
        init(deflated name: String, _ content: [UInt8]) {
            self.init(name, content)
            method = 8
            self.content = stride(from: 0, to: content.count, by: 0xFFFF).flatMap { start in
                let block = content[start...].prefix(0xFFFF)
                return [start + block.count == content.count ? 1 : 0] + littleEndian(block.count, byteCount: 2)
                    + littleEndian(~block.count, byteCount: 2) + block
            }
        }
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for member in members {
            func shared(checksum: Int, name: [UInt8]) -> [UInt8] {
                littleEndian(20, byteCount: 2) + littleEndian(member.flags, byteCount: 2)
                    + littleEndian(member.method, byteCount: 2) + [0, 0, 0x21, 0] + littleEndian(checksum, byteCount: 4)
                    + littleEndian(member.extra.isEmpty ? member.content.count : 0xFFFF_FFFF, byteCount: 4)
                    + littleEndian(member.extra.isEmpty ? member.byteCount : 0xFFFF_FFFF, byteCount: 4)
                    + littleEndian(name.count, byteCount: 2) + littleEndian(member.extra.count, byteCount: 2)
            }
            let localName = member.localName ?? member.name
            directory += [0x50, 0x4B, 1, 2, 20, 3] + shared(checksum: member.checksum, name: member.name)
            directory += [UInt8](repeating: 0, count: 10) + littleEndian(bytes.count, byteCount: 4)
            directory += member.name + member.extra
            bytes += [0x50, 0x4B, 3, 4] + shared(checksum: member.localChecksum ?? member.checksum, name: localName)
            bytes += localName + member.extra + member.content
        }
        let start = bytes.count
        bytes += directory + [0x50, 0x4B, 5, 6] + littleEndian(disk, byteCount: 2) + [0, 0]
        bytes += littleEndian(toldMemberCount ?? members.count, byteCount: 2)
        bytes += littleEndian(toldMemberCount ?? members.count, byteCount: 2)
        bytes += littleEndian(directory.count, byteCount: 4)
        bytes += littleEndian(toldDirectoryStart ?? start, byteCount: 4)
        return bytes + littleEndian(comment.count, byteCount: 2) + comment
    }
}

/// CRC-32 bit by bit, so that the library's is not compared with itself.
func crc32(_ bytes: [UInt8]) -> Int {
    var sum: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        sum ^= UInt32(byte)
        for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return Int(~sum)
}
