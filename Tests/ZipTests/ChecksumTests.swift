import Files
import Testing
import Zip

@Suite("The checksum of a member")
struct ChecksumTests {
    private static let content = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }

    /// Bit by bit, as APPNOTE.TXT, 4.4.7 defines it.
    private func checksum(of bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { rest, _ in rest >> 1 ^ (rest & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }

    @Test("is that of the format, however long it is", arguments: [0, 1, 15, 16, 63, 64, 65, 127, 128, 130, 999])
    func lengths(count: Int) throws {
        let bytes = try archive { writer in try writer.write(Array(Self.content[..<count]), as: "a") }
        // It stands behind the time and the date.
        let found = bytes[14..<18].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        #expect(found == checksum(of: Self.content[..<count]))
    }

    @Test("goes on from piece to piece, at any address", arguments: [1, 3, 70, 129, 500])
    func pieces(size: Int) throws {
        let bytes = try archive { writer in
            try writer.begin("a", .stored, byteCount: Self.content.count)
            try Self.content.withUnsafeBytes { content in
                for start in stride(from: 0, to: content.count, by: size) {
                    try writer.append(UnsafeRawBufferPointer(rebasing: content[start...].prefix(size)))
                }
            }
            try writer.end()
        }
        let found = bytes[14..<18].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        #expect(found == checksum(of: Self.content[...]))
    }
}
