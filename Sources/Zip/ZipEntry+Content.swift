import Files

extension ZipEntry {
    private static let localSignature: [UInt8] = [0x50, 0x4B, 3, 4]
    private static let localByteCount = 30
    static let stored: UInt16 = 0
    static let deflated: UInt16 = 8

    /// The bytes of the member, once its own header has been found to agree with the directory.
    ///
    /// - Parameters:
    ///   - directoryStart: where the directory begins; members lie before it.
    ///   - budget: what may be inflated of the archive.
    ///   - advice: how to write an archive that is read.
    func content(
        in archive: FileRegion, before directoryStart: Int, origin: ZipOrigin, budget: InflateBudget, advice: ZipAdvice
    ) throws(ZipError) -> any MemberContent {
        guard flags & Self.encryption == 0 else {
            throw origin.malformed("is encrypted; save it again without a password")
        }
        guard method == Self.stored || method == Self.deflated else {
            throw origin.malformed(
                "is compressed by method \(method), but only 0 (stored) and 8 (deflate) are read; "
                    + advice.otherMethod)
        }
        let data = try data(in: archive, before: directoryStart, origin: origin)
        if method == Self.deflated {
            return try DeflatedMember(data, byteCount: byteCount, checksum: checksum, budget: budget)
        }
        guard byteCount == compressedByteCount else {
            throw origin.malformed(
                "is stored with two sizes, \(byteCount) and \(compressedByteCount); is the archive damaged?")
        }
        return StoredMember(data, checksum: checksum)
    }

    /// The bytes of the member as they lie in the archive, once its own header has been found to agree with the directory.
    func data(
        in archive: FileRegion, before directoryStart: Int, origin: ZipOrigin
    ) throws(ZipError) -> FileRegion {
        let start = try dataStart(in: archive, before: directoryStart, origin: origin)
        guard compressedByteCount <= directoryStart - start else {
            throw origin.malformed(
                "should have \(compressedByteCount) bytes from byte \(start) on, but the ZIP directory begins at byte "
                    + "\(directoryStart); is the archive damaged?")
        }
        return FileRegion(archive.file, range: start..<start + compressedByteCount, origin: origin)
    }

    /// Where the data begins, after the local header (APPNOTE.TXT, 4.3.7).
    private func dataStart(
        in archive: FileRegion, before directoryStart: Int, origin: ZipOrigin
    ) throws(ZipError) -> Int {
        guard headerStart <= directoryStart - Self.localByteCount else { throw disagreement(origin) }
        let fixed = try archive.bytes(at: headerStart, count: Self.localByteCount)
        let nameLength = Int(fixed.littleEndian(UInt16.self, at: 26))
        let extraLength = Int(fixed.littleEndian(UInt16.self, at: 28))
        let start = headerStart + Self.localByteCount + nameLength + extraLength
        guard fixed.starts(with: Self.localSignature), fixed.littleEndian(UInt16.self, at: 8) == method,
            fixed.littleEndian(UInt16.self, at: 6) & Self.encryption == 0, start <= directoryStart
        else { throw disagreement(origin) }
        let variable = try archive.bytes(at: headerStart + Self.localByteCount, count: nameLength + extraLength)
        guard variable.starts(with: name), nameLength == name.count else { throw disagreement(origin) }
        if flags & Self.tellsSizesLater == 0 {
            let sizes = [22, 18].map { fixed.littleEndian(UInt32.self, at: $0) }
            guard Zip64.widened(sizes, by: variable.dropFirst(nameLength)) == [byteCount, compressedByteCount],
                fixed.littleEndian(UInt32.self, at: 14) == checksum
            else { throw disagreement(origin) }
        }
        return start
    }

    private func disagreement(_ origin: ZipOrigin) -> ZipError {
        origin.malformed(
            "has a header at byte \(headerStart) that does not agree with the ZIP directory; is the archive damaged?")
    }
}
