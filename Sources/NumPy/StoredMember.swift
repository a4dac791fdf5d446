import Synchronization

/// A member of an archive that is stored without compression: read in place, like an .npy file.
///
/// The first reading goes through all of it once, in blocks, to compare the checksum.
final class StoredMember: ArrayContent {
    private let data: FileRegion
    private let checksum: UInt32
    private let isVerified = Mutex(false)

    init(_ data: FileRegion, checksum: UInt32) {
        self.data = data
        self.checksum = checksum
    }

    var origin: Origin { data.origin }
    var byteCount: Int { data.byteCount }

    func beginning(_ count: Int) throws(NumPyError) -> [UInt8] { try data.bytes(at: 0, count: count) }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(NumPyError) {
        try isVerified.withLock { (isVerified) throws(NumPyError) in
            if !isVerified { try verify() }
            isVerified = true
        }
        try data.read(at: offset, into: buffer)
    }

    private func verify() throws(NumPyError) {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: min(byteCount, 1 << 20), alignment: 16)
        defer { block.deallocate() }
        var sum = Checksum()
        var offset = 0
        while offset < byteCount {
            let piece = UnsafeMutableRawBufferPointer(rebasing: block.prefix(byteCount - offset))
            try data.read(at: offset, into: piece)
            sum.add(UnsafeRawBufferPointer(piece))
            offset += piece.count
        }
        try sum.require(checksum, of: origin)
    }
}
