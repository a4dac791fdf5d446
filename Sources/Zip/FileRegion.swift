/// A range of an open file that lies within it: a file as a whole, an archive, or the data of one of its members.
package struct FileRegion: Sendable {
    package let file: OpenFile
    package let origin: ZipOrigin
    package let range: Range<Int>

    /// The file as a whole.
    package init(_ file: OpenFile) {
        self.init(file, range: 0..<file.byteCount, origin: ZipOrigin(path: file.path))
    }

    /// A part of the file; the caller has checked that it lies within.
    package init(_ file: OpenFile, range: Range<Int>, origin: ZipOrigin) {
        self.file = file
        self.origin = origin
        self.range = range
    }

    package var byteCount: Int { range.count }

    /// Fills the whole buffer with the bytes from `offset` of the region on. Throws when they reach beyond its end.
    package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(ZipError) {
        try require(buffer.count, at: offset)
        try file.read(at: range.lowerBound + offset, into: buffer, for: origin)
    }

    /// `count` bytes from `offset` of the region on. Nothing is allocated before they are known to exist.
    package func bytes(at offset: Int, count: Int) throws(ZipError) -> [UInt8] {
        try require(count, at: offset)
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBufferPointer { (buffer) throws(ZipError) in
            try file.read(at: range.lowerBound + offset, into: UnsafeMutableRawBufferPointer(buffer), for: origin)
        }
        return bytes
    }

    private func require(_ count: Int, at offset: Int) throws(ZipError) {
        guard offset >= 0, offset <= byteCount, count >= 0, count <= byteCount - offset else {
            throw origin.malformed(
                "ends too early: \(count) bytes from byte \(offset) on are needed, but it has \(byteCount) in all; "
                    + "is it an incomplete copy?")
        }
    }
}

extension FileRegion: MemberContent {
    package func beginning(_ count: Int) throws(ZipError) -> [UInt8] { try bytes(at: 0, count: count) }

    package func forEachBlock(
        _ body: (UnsafeRawBufferPointer) throws(ZipError) -> Void
    ) throws(ZipError) {
        // What was read stays in the nearest caches for whoever looks at it.
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: min(byteCount, 1 << 18), alignment: 64)
        defer { block.deallocate() }
        var offset = 0
        while offset < byteCount {
            let piece = UnsafeMutableRawBufferPointer(rebasing: block.prefix(byteCount - offset))
            try read(at: offset, into: piece)
            try body(UnsafeRawBufferPointer(piece))
            offset += piece.count
        }
    }
}
