import Files

/// What stands at the end of a ZIP archive: where its central directory lies, and how many members that lists.
///
/// From "APPNOTE.TXT - .ZIP File Format Specification", 4.3.14 to 4.3.16. In an archive of large parts the numbers do
/// not fit; then they are all ones, and a Zip64 record before holds them.
struct ZipEndRecord {
    let entryCount: Int
    let directory: Range<Int>

    private static let signature: [UInt8] = [0x50, 0x4B, 5, 6]
    private static let byteCount = 22
    private static let largestComment = 0xFFFF
    private static let locatorSignature: [UInt8] = [0x50, 0x4B, 6, 7]
    private static let locatorByteCount = 20
    private static let zip64Signature: [UInt8] = [0x50, 0x4B, 6, 6]
    private static let zip64ByteCount = 56

    /// Looks for the record from the end of the archive on, past a comment that may stand there.
    init(of archive: FileRegion, advice: ZipAdvice) throws(ZipError) {
        let origin = archive.origin
        let tailStart = max(0, archive.byteCount - Self.byteCount - Self.largestComment)
        let tail = try archive.bytes(at: tailStart, count: archive.byteCount - tailStart)
        // A comment may hold the signature by chance, but hardly with the right length behind it.
        let start = stride(from: tail.count - Self.byteCount, through: 0, by: -1).first { start in
            tail[start...].starts(with: Self.signature)
                && tail.littleEndian(UInt16.self, at: start + 20) == tail.count - start - Self.byteCount
        }
        guard let start else {
            throw origin.malformed("is a ZIP archive without an end record; is it an incomplete copy?")
        }
        let record = tail[start...]
        let disks = [4, 6].map { record.littleEndian(UInt16.self, at: $0) }
        let counts = [8, 10].map { record.littleEndian(UInt16.self, at: $0) }
        let places = [12, 16].map { record.littleEndian(UInt32.self, at: $0) }
        if (disks + counts).contains(.max) || places.contains(.max) {
            self = try Self(zip64Before: tailStart + start, of: archive, advice: advice)
        } else {
            try self.init(
                disks: disks.map(UInt64.init), counts: counts.map(UInt64.init), places: places.map(UInt64.init),
                recordStart: tailStart + start, origin: origin, advice: advice)
        }
    }

    /// Follows the locator that stands just before the end record to the Zip64 end record.
    private init(
        zip64Before recordStart: Int, of archive: FileRegion, advice: ZipAdvice
    ) throws(ZipError) {
        let origin = archive.origin
        let locatorStart = recordStart - Self.locatorByteCount
        guard locatorStart >= 0 else { throw Self.missingZip64(origin) }
        let locator = try archive.bytes(at: locatorStart, count: Self.locatorByteCount)
        guard locator.starts(with: Self.locatorSignature),
            let start = Int(exactly: locator.littleEndian(UInt64.self, at: 8)),
            start <= locatorStart - Self.zip64ByteCount
        else { throw Self.missingZip64(origin) }
        let record = try archive.bytes(at: start, count: Self.zip64ByteCount)
        guard record.starts(with: Self.zip64Signature) else { throw Self.missingZip64(origin) }
        try self.init(
            disks: [16, 20].map { UInt64(record.littleEndian(UInt32.self, at: $0)) },
            counts: [24, 32].map { record.littleEndian(UInt64.self, at: $0) },
            places: [40, 48].map { record.littleEndian(UInt64.self, at: $0) },
            recordStart: start, origin: origin, advice: advice)
    }

    /// Checks what both records tell.
    ///
    /// - Parameters:
    ///   - disks: the number of this part of a split archive, and that of the part where the directory begins.
    ///   - counts: how many members this part lists, and all parts.
    ///   - places: the size of the directory, and where it begins.
    private init(
        disks: [UInt64], counts: [UInt64], places: [UInt64], recordStart: Int, origin: ZipOrigin,
        advice: ZipAdvice
    ) throws(ZipError) {
        guard disks == [0, 0], counts[0] == counts[1] else {
            throw origin.malformed("is a part of a split ZIP archive, but a whole one is needed; \(advice.anew)")
        }
        guard let count = Int(exactly: counts[0]), let size = Int(exactly: places[0]),
            let start = Int(exactly: places[1]), start <= recordStart, size <= recordStart - start
        else {
            throw origin.malformed("is a ZIP archive whose directory lies beyond its end; is it an incomplete copy?")
        }
        entryCount = count
        directory = start..<start + size
    }

    private static func missingZip64(_ origin: ZipOrigin) -> ZipError {
        origin.malformed("is a ZIP archive whose Zip64 end record is not where it should be; is it damaged?")
    }
}
