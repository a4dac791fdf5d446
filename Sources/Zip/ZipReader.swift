/// An open ZIP archive: what its directory lists, and the content of each member, stored or deflated, also of Zip64.
package struct ZipReader: Sendable {
    private let archive: FileRegion
    /// What the directory lists, in its order.
    package let entries: [ZipEntry]
    private let directoryStart: Int
    private let budget: InflateBudget
    private let advice: ZipAdvice

    /// Whether a file that begins with these bytes is an archive: it begins with its first member, or when it has none with its end record.
    package static func recognizes(_ beginning: [UInt8]) -> Bool {
        beginning.starts(with: [0x50, 0x4B, 3, 4]) || beginning.starts(with: [0x50, 0x4B, 5, 6])
    }

    /// Reads the directory.
    ///
    /// - Throws: `.malformed` when there is none, or it makes no sense; `.ioFailed`.
    package init(_ archive: FileRegion, advice: ZipAdvice = .general) throws(ZipError) {
        let end = try ZipEndRecord(of: archive, advice: advice)
        self.archive = archive
        self.advice = advice
        budget = InflateBudget(archiveByteCount: archive.byteCount, advice: advice)
        entries = try ZipEntry.all(in: archive, listedBy: end)
        directoryStart = end.directory.lowerBound
    }

    /// The content of a member, once its own header has been found to agree with the directory. Nothing else of the archive is looked at.
    ///
    /// - Parameter name: what errors call it.
    package func content(of entry: ZipEntry, named name: String) throws(ZipError) -> any MemberContent {
        try entry.content(
            in: archive, before: directoryStart, origin: ZipOrigin(path: archive.origin.path, member: name),
            budget: budget, advice: advice)
    }

    /// All members of a sound archive: names that are different, and that lead nowhere but into a folder of their own; members that do not share
    /// bytes.
    ///
    /// Names that differ only in how their accents are encoded count as equal.
    package func members() throws(ZipError) -> [ZipMember] {
        var members: [ZipMember] = []
        var names: Set<String> = []
        var places: [(range: Range<Int>, name: String)] = []
        for entry in entries {
            guard let name = String(validating: entry.name, as: UTF8.self) else {
                let text = String(decoding: entry.name, as: UTF8.self)
                throw archive.origin.malformed("has a member '\(text)' whose name is not UTF-8; \(advice.anew)")
            }
            let origin = ZipOrigin(path: archive.origin.path, member: name)
            try Self.require(name: name, at: origin)
            guard names.insert(name).inserted else { throw origin.malformed("is there twice; \(advice.anew)") }
            let content = try content(of: entry, named: name)
            let data = try entry.data(in: archive, before: directoryStart, origin: origin)
            places.append((entry.headerStart..<data.range.upperBound, name))
            members.append(ZipMember(name: name, content: content))
        }
        places.sort { $0.range.lowerBound < $1.range.lowerBound }
        for (first, second) in zip(places, places.dropFirst()) where first.range.upperBound > second.range.lowerBound {
            throw ZipOrigin(path: archive.origin.path, member: second.name).malformed(
                "shares bytes with the member '\(first.name)'; is the archive damaged?")
        }
        return members
    }

    private static func require(name: String, at origin: ZipOrigin) throws(ZipError) {
        // Split by bytes: a combining character behind a slash forms one Character with it.
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isFolder = name.utf8.last == UInt8(ascii: "/")
        let isOrdinary = (isFolder ? parts.dropLast() : parts[...]).allSatisfy { part in
            !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
                && !part.contains(0) && !part.contains(UInt8(ascii: "\\"))
        }
        guard isOrdinary, !parts.isEmpty else {
            throw origin.malformed(
                "has a name that leads out of the archive or nowhere, which no member of a model has; is the archive damaged?"
            )
        }
    }
}

/// A member of an archive that was found sound.
package struct ZipMember: Sendable {
    package let name: String
    package let content: any MemberContent

    /// Whether it stands for a folder.
    package var isFolder: Bool { name.utf8.last == UInt8(ascii: "/") }
}
