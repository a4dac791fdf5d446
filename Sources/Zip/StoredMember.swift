import Synchronization

/// A member of an archive that is stored without compression: read in place, like a file of its own.
///
/// The first reading goes through all of it once, in blocks, to compare the checksum.
package final class StoredMember: MemberContent {
    /// Where the bytes lie in the archive.
    package let data: FileRegion
    private let checksum: UInt32
    private let isVerified = Mutex(false)

    init(_ data: FileRegion, checksum: UInt32) {
        self.data = data
        self.checksum = checksum
    }

    package var origin: ZipOrigin { data.origin }
    package var byteCount: Int { data.byteCount }

    package func beginning(_ count: Int) throws(ZipError) -> [UInt8] { try data.bytes(at: 0, count: count) }

    package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(ZipError) {
        try verify()
        try data.read(at: offset, into: buffer)
    }

    /// Compares the checksum, unless that was done before.
    package func verify() throws(ZipError) {
        try isVerified.withLock { (isVerified) throws(ZipError) in
            if !isVerified { try forEachBlock { _ in } }
            isVerified = true
        }
    }

    package func forEachBlock(
        _ body: (UnsafeRawBufferPointer) throws(ZipError) -> Void
    ) throws(ZipError) {
        var sum = Checksum()
        try data.forEachBlock { bytes throws(ZipError) in
            sum.add(bytes)
            try body(bytes)
        }
        try sum.require(checksum, of: origin)
    }
}
