import Synchronization

/// A compressed member of an archive: inflated into memory on the first reading, and kept as long as its array lives.
final class DeflatedMember: ArrayContent {
    /// A deflate stream needs at least two bits for 258 bytes, so none grows more than this.
    static let largestGrowth = 1032

    let byteCount: Int
    private let compressed: FileRegion
    private let checksum: UInt32
    private let budget: InflateBudget
    private let inflated = Mutex<[UInt8]?>(nil)

    /// - Parameters:
    ///   - byteCount: the size that the archive tells. Throws when the compressed bytes cannot give that many.
    ///   - budget: that of the archive.
    init(
        _ compressed: FileRegion, byteCount: Int, checksum: UInt32, budget: InflateBudget
    ) throws(NumPyError) {
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

    var origin: Origin { compressed.origin }

    /// Inflates no more than is asked for.
    func beginning(_ count: Int) throws(NumPyError) -> [UInt8] {
        try budget.take(count, for: origin)
        var inflater = try Inflater(compressed)
        return try bytes(count, from: &inflater)
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(NumPyError) {
        let bytes = try inflated.withLock { (inflated) throws(NumPyError) in
            let bytes = if let inflated { inflated } else { try inflate() }
            inflated = bytes
            return bytes
        }
        guard offset >= 0, offset <= byteCount, buffer.count <= byteCount - offset else {
            throw origin.malformed("has \(byteCount) bytes, but bytes beyond byte \(offset + buffer.count) are needed")
        }
        buffer.copyBytes(from: bytes[offset..<offset + buffer.count])
    }

    private func inflate() throws(NumPyError) -> [UInt8] {
        try budget.take(byteCount, for: origin)
        var inflater = try Inflater(compressed)
        let bytes = try bytes(byteCount, from: &inflater)
        guard try inflater.isAtEnd() else {
            throw origin.malformed(
                "does not end after the \(byteCount) bytes that the archive tells; is the archive damaged?")
        }
        var sum = Checksum()
        bytes.withUnsafeBytes { sum.add($0) }
        try sum.require(checksum, of: origin)
        return bytes
    }

    private func bytes(_ count: Int, from inflater: inout Inflater) throws(NumPyError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let filled = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(NumPyError) in
            try inflater.fill(UnsafeMutableRawBufferPointer(buffer))
        }
        guard filled == count else {
            throw origin.malformed("inflates to \(filled) bytes, but \(count) are needed; is the archive damaged?")
        }
        return bytes
    }
}
