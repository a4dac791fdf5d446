import CZlib

/// The CRC-32 of bytes that come piece by piece, as ZIP stores it for each member.
struct Checksum {
    private(set) var value: UInt32 = 0

    private static let multipliesPolynomials = czlib_multiplies_polynomials() != 0

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: Bytef.self) else { return }
        let sum =
            Self.multipliesPolynomials
            ? czlib_checksum_by_polynomials(uLong(value), start, bytes.count)
            : crc32_z(uLong(value), start, bytes.count)
        value = UInt32(truncatingIfNeeded: sum)
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
