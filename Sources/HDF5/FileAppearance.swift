/// A guess at what a file is that should have been HDF5, for the error that refuses it.
struct FileAppearance {
    /// The first bytes of the file, 256 or all there are.
    let beginning: [UInt8]
}

extension FileAppearance: CustomStringConvertible {
    /// The end of 'is not an HDF5 file: it ...'.
    var description: String {
        if beginning.isEmpty { return "is empty" }
        if beginning.allSatisfy({ $0 == 0 }) { return "begins with zeros; was it written or copied to its end?" }
        if let known = Self.knownBeginnings.first(where: { beginning.starts(with: $0.bytes) }) { return known.meaning }
        if let line = firstLineOfText {
            if line.hasPrefix("version https://git-lfs") {
                return "is a Git LFS pointer; fetch the real file with 'git lfs pull'"
            }
            if line.hasPrefix("<") { return "is text that begins with \(Place.quoted(line)); is it a web page?" }
            return "is text that begins with \(Place.quoted(line))"
        }
        if looksLikeProtobuf {
            return "looks like a binary protobuf, as a .caffemodel is; begins with bytes \(firstBytes)"
        }
        return "begins with bytes \(firstBytes)"
    }

    private static let knownBeginnings: [(bytes: [UInt8], meaning: String)] = [
        ([0x1f, 0x8b], "is compressed with gzip; unpack it first"),
        ([0x50, 0x4b, 0x03, 0x04], "is a zip archive; unpack it first"),
        ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "is compressed with xz; unpack it first"),
        ([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], "is a NumPy array file"),
        ([0x0e, 0x03, 0x13, 0x01], "is an HDF4 file, an older format; convert it with h4toh5"),
    ]

    private var firstBytes: String {
        beginning.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    }

    /// The first line, cut to 40 characters, when all bytes are printable UTF-8; the last character may be cut in two.
    private var firstLineOfText: String? {
        let lineBreaks: [UInt8] = [0x09, 0x0a, 0x0d]
        guard beginning.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || lineBreaks.contains($0) }) else { return nil }
        let text = (0..<4).lazy.compactMap { String(validating: beginning.dropLast($0), as: UTF8.self) }.first
        return text.map { text in
            String(text.drop(while: \.isWhitespace).prefix { !$0.isNewline }.prefix(40))
        }
    }

    /// Whether the bytes begin with a length-delimited field of a low number that is followed by another plausible tag.
    private var looksLikeProtobuf: Bool {
        guard beginning.count >= 2, isPlausibleTag(beginning[0]), beginning[0] & 7 == 2 else { return false }
        let next = 2 + Int(beginning[1])
        return beginning[1] >= 0x80 || next >= beginning.count || isPlausibleTag(beginning[next])
    }

    /// A tag byte: field number 1 to 15, wire type varint, 64-bit, length-delimited or 32-bit; or the start of a longer
    /// tag.
    private func isPlausibleTag(_ byte: UInt8) -> Bool {
        byte >> 3 != 0 && [0, 1, 2, 5].contains(byte & 7)
    }
}
