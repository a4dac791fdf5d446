import Synchronization

/// A compressed member of an archive: inflated into memory on the first reading, and kept as long as this lives.
package final class DeflatedMember: MemberContent {
    /// A deflate stream needs at least two bits for 258 bytes, so none grows more than this.
    static let largestGrowth = 1032

    package let byteCount: Int
    private let compressed: FileRegion
    private let checksum: UInt32
    private let budget: InflateBudget
    private let inflated = Mutex<[UInt8]?>(nil)

    /// - Parameters:
    ///   - byteCount: the size that the archive tells. Throws when the compressed bytes cannot give that many.
    ///   - budget: that of the archive.
    init(
        _ compressed: FileRegion, byteCount: Int, checksum: UInt32, budget: InflateBudget
    ) throws(ZipError) {
        guard byteCount / Self.largestGrowth <= compressed.byteCount else {
            throw compressed.origin.malformed(
                "cannot have \(byteCount) bytes: its \(compressed.byteCount) compressed bytes give at most "
                    + "\(Self.largestGrowth) times as many; is the archive damaged?")
        }
        self.compressed = compressed
        self.byteCount = byteCount
        self.checksum = checksum
        self.budget = budget
    }

    package var origin: ZipOrigin { compressed.origin }

    /// Inflates no more than is asked for.
    package func beginning(_ count: Int) throws(ZipError) -> [UInt8] {
        try budget.take(count, for: origin)
        var inflater = try Inflater(compressed)
        return try bytes(count, from: &inflater)
    }

    package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(ZipError) {
        let bytes = try inflated.withLock { (inflated) throws(ZipError) in
            let bytes = if let inflated { inflated } else { try inflate() }
            inflated = bytes
            return bytes
        }
        guard offset >= 0, offset <= byteCount, buffer.count <= byteCount - offset else {
            throw origin.malformed("has \(byteCount) bytes, but bytes beyond byte \(offset + buffer.count) are needed")
        }
        buffer.copyBytes(from: bytes[offset..<offset + buffer.count])
    }

    package func forEachBlock(
        _ body: (UnsafeRawBufferPointer) throws(ZipError) -> Void
    ) throws(ZipError) {
        try budget.take(byteCount, for: origin)
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: min(byteCount, 1 << 20), alignment: 16)
        defer { block.deallocate() }
        var inflater = try Inflater(compressed)
        var sum = Checksum()
        var done = 0
        while done < byteCount {
            let piece = UnsafeMutableRawBufferPointer(rebasing: block.prefix(byteCount - done))
            let filled = try inflater.fill(piece)
            guard filled == piece.count else { throw tooShort(done + filled, for: byteCount) }
            sum.add(UnsafeRawBufferPointer(piece))
            try body(UnsafeRawBufferPointer(piece))
            done += filled
        }
        try requireEnd(of: &inflater)
        try sum.require(checksum, of: origin)
    }

    private func inflate() throws(ZipError) -> [UInt8] {
        try budget.take(byteCount, for: origin)
        var inflater = try Inflater(compressed)
        let bytes = try bytes(byteCount, from: &inflater)
        try requireEnd(of: &inflater)
        var sum = Checksum()
        bytes.withUnsafeBytes { sum.add($0) }
        try sum.require(checksum, of: origin)
        return bytes
    }

    private func bytes(_ count: Int, from inflater: inout Inflater) throws(ZipError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let filled = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(ZipError) in
            try inflater.fill(UnsafeMutableRawBufferPointer(buffer))
        }
        guard filled == count else { throw tooShort(filled, for: count) }
        return bytes
    }

    private func requireEnd(of inflater: inout Inflater) throws(ZipError) {
        guard try inflater.isAtEnd() else {
            throw origin.malformed(
                "does not end after the \(byteCount) bytes that the archive tells; is the archive damaged?")
        }
    }

    private func tooShort(_ found: Int, for needed: Int) -> ZipError {
        origin.malformed("inflates to \(found) bytes, but \(needed) are needed; is the archive damaged?")
    }
}
