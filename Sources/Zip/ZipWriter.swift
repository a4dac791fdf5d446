import Files

/// Writes a ZIP archive, member after member, each piece by piece.
///
/// The same calls give the same bytes: all members are of the first moment that ZIP can tell, 1980. Sizes and checksum stand before a member's
/// bytes, so that any reader can go through the archive from its beginning; they are put there when the member ends. Zip64 is used where a number
/// does not fit into 31 bits, as Python does, and nowhere else. (APPNOTE.TXT, 4.3 and 4.5.3.)
package struct ZipWriter: ~Copyable {
    package enum Method: UInt16, Sendable {
        case stored = 0
        case deflated = 8
    }

    private struct Member {
        var name: [UInt8]
        var method: Method
        var headerStart: Int
        var isZip64: Bool
        var checksum = Checksum()
        var byteCount = 0
        var compressedByteCount = 0
    }

    private let file: SequentialFile
    private var members: [Member] = []
    private var names: Set<[UInt8]> = []
    private var isInMember = false
    private var deflater: Deflater?

    /// The largest number that is written into a field of 32 bits.
    private static let largestNarrow = (1 << 31) - 1
    private static let localByteCount = 30

    /// - Parameter file: a new file, of which nothing was written.
    package init(to file: SequentialFile) { self.file = file }

    /// Begins a member.
    ///
    /// - Parameters:
    ///   - name: at most 65535 bytes of UTF-8.
    ///   - byteCount: at least as many bytes as will be written; it decides whether the member's own header has room for long numbers.
    package mutating func begin(_ name: String, _ method: Method = .stored, byteCount: Int) throws(FileError) {
        let name = Array(name.utf8)
        guard !isInMember, name.count <= 0xFFFF, names.insert(name).inserted else {
            throw misuse("the member '\(String(decoding: name, as: UTF8.self))' cannot begin")
        }
        // Deflate makes incompressible bytes a little longer.
        let isZip64 = byteCount > Self.largestNarrow - (method == .deflated ? byteCount / 1000 + 64 : 0)
        members.append(Member(name: name, method: method, headerStart: file.position, isZip64: isZip64))
        isInMember = true
        if method == .deflated { deflater = try Deflater(for: file.path) }
        try file.append(localHeader(of: members[members.count - 1]))
    }

    /// Writes the next bytes of the member.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        guard isInMember else { throw misuse("bytes belong to no member") }
        let last = members.count - 1
        members[last].checksum.add(bytes)
        members[last].byteCount += bytes.count
        switch members[last].method {
        case .stored:
            members[last].compressedByteCount += bytes.count
            try file.append(bytes)
        case .deflated: try compress(bytes, isEnd: false)
        }
    }

    package mutating func append(_ bytes: [UInt8]) throws(FileError) {
        try bytes.withUnsafeBufferPointer { bytes throws(FileError) in
            try append(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Ends the member, and puts its sizes and checksum into its header.
    package mutating func end() throws(FileError) {
        guard isInMember else { throw misuse("no member was begun") }
        if members[members.count - 1].method == .deflated {
            try compress(UnsafeRawBufferPointer(start: nil, count: 0), isEnd: true)
            deflater = nil
        }
        isInMember = false
        let member = members[members.count - 1]
        guard member.isZip64 || max(member.byteCount, member.compressedByteCount) <= Self.largestNarrow else {
            throw misuse("the member '\(String(decoding: member.name, as: UTF8.self))' is longer than it should be")
        }
        try file.overwrite(localHeader(of: member), at: member.headerStart)
    }

    /// Writes a whole member.
    package mutating func write(_ bytes: [UInt8], as name: String, _ method: Method = .stored) throws(FileError) {
        try begin(name, method, byteCount: bytes.count)
        try append(bytes)
        try end()
    }

    /// Writes the directory, brings the file to the disk and closes it.
    package consuming func finish() throws(FileError) {
        guard !isInMember else { throw misuse("a member was not ended") }
        let start = file.position
        for member in members { try file.append(Self.directoryEntry(of: member)) }
        let size = file.position - start
        if members.count >= 0xFFFF || max(start, size) > Self.largestNarrow {
            let record = file.position
            try file.append(
                [0x50, 0x4B, 6, 6] + Self.bytes(UInt64(44)) + Self.bytes(UInt16(45)) + Self.bytes(UInt16(45))
                    + Self.bytes(UInt32(0)) + Self.bytes(UInt32(0)) + Self.bytes(UInt64(members.count))
                    + Self.bytes(UInt64(members.count)) + Self.bytes(UInt64(size)) + Self.bytes(UInt64(start)))
            try file.append(
                [0x50, 0x4B, 6, 7] + Self.bytes(UInt32(0)) + Self.bytes(UInt64(record)) + Self.bytes(UInt32(1)))
        }
        let count = UInt16(clamping: members.count)
        try file.append(
            [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + Self.bytes(count) + Self.bytes(count) + Self.narrow(size)
                + Self.narrow(start) + [0, 0])
        try file.finish()
    }

    // MARK: Records

    private mutating func compress(_ bytes: UnsafeRawBufferPointer, isEnd: Bool) throws(FileError) {
        let file = file
        var count = 0
        try deflater?.append(bytes, isEnd: isEnd) { compressed throws(FileError) in
            count += compressed.count
            try file.append(compressed)
        }
        members[members.count - 1].compressedByteCount += count
    }

    /// What the header of a member and its entry in the directory have in common.
    private static func common(_ member: Member, isZip64: Bool) -> [UInt8] {
        // The flag tells names in UTF-8; without it they would be of an old code page.
        let flags: UInt16 = member.name.allSatisfy { $0 < 0x80 } ? 0 : 1 << 11
        // The time is midnight, the date the first of January 1980.
        return bytes(UInt16(isZip64 ? 45 : 20)) + bytes(flags) + bytes(member.method.rawValue) + bytes(UInt16(0))
            + bytes(UInt16(0x21)) + bytes(member.checksum.value)
    }

    private func localHeader(of member: Member) -> [UInt8] {
        let sizes =
            member.isZip64
            ? Self.bytes(UInt32.max) + Self.bytes(UInt32.max)
            : Self.bytes(UInt32(member.compressedByteCount)) + Self.bytes(UInt32(member.byteCount))
        let extra =
            member.isZip64
            ? Self.bytes(UInt16(1)) + Self.bytes(UInt16(16)) + Self.bytes(UInt64(member.byteCount))
                + Self.bytes(UInt64(member.compressedByteCount)) : []
        return [0x50, 0x4B, 3, 4] + Self.common(member, isZip64: member.isZip64) + sizes
            + Self.bytes(UInt16(member.name.count)) + Self.bytes(UInt16(extra.count)) + member.name + extra
    }

    private static func directoryEntry(of member: Member) -> [UInt8] {
        // In the order of the fields that they stand for.
        let numbers = [member.byteCount, member.compressedByteCount, member.headerStart]
        let long = numbers.filter { $0 > largestNarrow }.flatMap { bytes(UInt64($0)) }
        let extra = long.isEmpty ? [] : bytes(UInt16(1)) + bytes(UInt16(long.count)) + long
        // Made on Unix, a regular file that its owner may write.
        return [0x50, 0x4B, 1, 2, 45, 3] + common(member, isZip64: !long.isEmpty || member.isZip64)
            + narrow(member.compressedByteCount) + narrow(member.byteCount) + bytes(UInt16(member.name.count))
            + bytes(UInt16(extra.count)) + [UInt8](repeating: 0, count: 6) + bytes(UInt32(0o100644 << 16))
            + narrow(member.headerStart) + member.name + extra
    }

    /// A field of 32 bits: all ones when the number stands elsewhere.
    private static func narrow(_ number: Int) -> [UInt8] {
        bytes(number > largestNarrow ? UInt32.max : UInt32(number))
    }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private func misuse(_ what: String) -> FileError { FileError(.internalFault, "\(file.path): \(what)") }
}
