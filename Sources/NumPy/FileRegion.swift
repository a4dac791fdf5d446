/// A range of an open file that lies within it: a whole .npy file, an archive, or the data of one of its members.
struct FileRegion: Sendable {
    let file: OpenFile
    let origin: Origin
    let range: Range<Int>

    /// The file as a whole.
    init(_ file: OpenFile) {
        self.init(file, range: 0..<file.byteCount, origin: Origin(path: file.path))
    }

    /// A part of the file; the caller has checked that it lies within.
    init(_ file: OpenFile, range: Range<Int>, origin: Origin) {
        self.file = file
        self.origin = origin
        self.range = range
    }

    var byteCount: Int { range.count }

    /// Fills the whole buffer with the bytes from `offset` of the region on. Throws when they reach beyond its end.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(NumPyError) {
        try require(buffer.count, at: offset)
        try file.read(at: range.lowerBound + offset, into: buffer, for: origin)
    }

    /// `count` bytes from `offset` of the region on. Nothing is allocated before they are known to exist.
    func bytes(at offset: Int, count: Int) throws(NumPyError) -> [UInt8] {
        try require(count, at: offset)
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBufferPointer { (buffer) throws(NumPyError) in
            try file.read(at: range.lowerBound + offset, into: UnsafeMutableRawBufferPointer(buffer), for: origin)
        }
        return bytes
    }

    private func require(_ count: Int, at offset: Int) throws(NumPyError) {
        guard offset >= 0, offset <= byteCount, count >= 0, count <= byteCount - offset else {
            throw origin.malformed(
                "ends too early: \(count) bytes from byte \(offset) on are needed, but it has \(byteCount) in all; "
                    + "is it an incomplete copy?")
        }
    }
}

extension FileRegion: ArrayContent {
    func beginning(_ count: Int) throws(NumPyError) -> [UInt8] { try bytes(at: 0, count: count) }
}
