import CZlib

/// The CRC-32 of bytes that come piece by piece, as ZIP stores it for each member.
struct Checksum {
    private(set) var value: UInt32 = 0

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        // zlib counts with 32 bits.
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            value = UInt32(
                truncatingIfNeeded: crc32(
                    uLong(value), piece.baseAddress?.assumingMemoryBound(to: Bytef.self), uInt(piece.count)))
            rest = rest.dropFirst(piece.count)
        }
    }

    /// Throws unless the bytes so far have the checksum that the archive tells.
    func require(_ expected: UInt32, of origin: ZipOrigin) throws(ZipError) {
        guard value == expected else {
            throw origin.malformed(
                "is damaged: its bytes have the CRC-32 \(hexadecimal(value)), but the archive says "
                    + "\(hexadecimal(expected)); copy or save it again")
        }
    }

    private func hexadecimal(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }
}
