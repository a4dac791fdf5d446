import Files

/// A member as the central directory of a ZIP archive lists it (APPNOTE.TXT, 4.3.12).
package struct ZipEntry {
    package let name: [UInt8]
    package let flags: UInt16
    package let method: UInt16
    package let checksum: UInt32
    package let byteCount: Int
    package let compressedByteCount: Int
    package let headerStart: Int

    static let signature: [UInt8] = [0x50, 0x4B, 1, 2]
    static let fixedByteCount = 46

    /// A flag: the local header was written before the sizes and the checksum were known, so it need not tell them.
    static let tellsSizesLater: UInt16 = 1 << 3
    /// Flags: the data, or the directory, is encrypted.
    static let encryption: UInt16 = 1 << 0 | 1 << 6 | 1 << 13

    /// All members that the directory of an archive lists, in its order.
    static func all(in archive: FileRegion, listedBy end: ZipEndRecord) throws(ZipError) -> [ZipEntry] {
        let origin = archive.origin
        guard end.directory.count <= largestDirectory else {
            throw origin.malformed(
                "has a ZIP directory of \(end.directory.count) bytes, but at most \(largestDirectory) are read")
        }
        let bytes = try archive.bytes(at: end.directory.lowerBound, count: end.directory.count)
        var rest = bytes[...]
        var entries: [ZipEntry] = []
        while !rest.isEmpty {
            guard let entry = ZipEntry(takingFrom: &rest) else {
                throw origin.malformed(
                    "has a ZIP directory that makes no sense at byte \(end.directory.upperBound - rest.count); "
                        + "is it damaged?")
            }
            entries.append(entry)
        }
        guard entries.count == end.entryCount else {
            throw origin.malformed(
                "has a ZIP directory of \(entries.count) members, but its end record tells \(end.entryCount); "
                    + "is it damaged?")
        }
        return entries
    }

    /// Room for half a million members.
    private static let largestDirectory = 64 << 20

    /// The entry at the front of the directory, which is dropped from it; nil when there is none.
    private init?(takingFrom directory: inout ArraySlice<UInt8>) {
        guard directory.count >= Self.fixedByteCount, directory.starts(with: Self.signature) else { return nil }
        let fixed = directory.prefix(Self.fixedByteCount)
        let lengths = [28, 30, 32].map { Int(fixed.littleEndian(UInt16.self, at: $0)) }
        var rest = directory.dropFirst(Self.fixedByteCount)
        guard rest.count >= lengths.reduce(0, +) else { return nil }
        let name = rest.prefix(lengths[0])
        rest = rest.dropFirst(lengths[0])
        let sizes = [24, 20, 42].map { fixed.littleEndian(UInt32.self, at: $0) }
        guard let wide = Zip64.widened(sizes, by: rest.prefix(lengths[1])) else { return nil }
        directory = rest.dropFirst(lengths[1] + lengths[2])
        self.name = Array(name)
        flags = fixed.littleEndian(UInt16.self, at: 8)
        method = fixed.littleEndian(UInt16.self, at: 10)
        checksum = fixed.littleEndian(UInt32.self, at: 16)
        (byteCount, compressedByteCount, headerStart) = (wide[0], wide[1], wide[2])
    }
}
