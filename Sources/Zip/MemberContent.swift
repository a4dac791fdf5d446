/// The bytes of a member, or of a whole file, wherever they lie.
package protocol MemberContent: Sendable {
    var origin: ZipOrigin { get }
    var byteCount: Int { get }

    /// The first `count` bytes, to tell from them what the rest is. They are not compared with any checksum, since that takes all.
    func beginning(_ count: Int) throws(ZipError) -> [UInt8]

    /// Fills the whole buffer with the bytes from `offset` on. Throws when they differ from their checksum.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(ZipError)

    /// Goes through all bytes once, from the first on, in blocks of at most a mebibyte. Throws at the end when they differ from their checksum.
    func forEachBlock(_ body: (UnsafeRawBufferPointer) throws(ZipError) -> Void) throws(ZipError)
}

extension MemberContent {
    /// All bytes.
    package func bytes() throws(ZipError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        try forEachBlock { bytes.append(contentsOf: $0) }
        return bytes
    }
}
