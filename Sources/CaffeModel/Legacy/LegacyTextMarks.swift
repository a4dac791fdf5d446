/// Where comments stand and lines begin in a stretch of prototxt, string literals left out of account.
///
/// The stretch begins outside strings and comments.
struct LegacyTextMarks {
    /// From the `#` to the last character that is no blank, without the line end.
    private(set) var comments: [Range<Int>] = []
    /// The offsets behind each line feed.
    private(set) var lineStarts: [Int] = []

    /// Cost: one pass.
    init(_ text: ArraySlice<UInt8>) {
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\n"): lineStarts.append(rest.startIndex)
            case UInt8(ascii: "#"):
                let comment = text[rest.startIndex - 1..<(rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex)]
                comments.append(
                    comment.startIndex..<comment.endIndex - comment.reversed().prefix(while: \.isBlank).count)
                rest = text[comment.endIndex...]
            case UInt8(ascii: "\""), UInt8(ascii: "'"): Self.skipString(closedBy: byte, in: &rest)
            default: break
            }
        }
    }

    private static func skipString(closedBy quote: UInt8, in rest: inout ArraySlice<UInt8>) {
        while let byte = rest.popFirst(), byte != quote {
            if byte == UInt8(ascii: "\\") { _ = rest.popFirst() }
        }
    }
}

extension UInt8 {
    /// A blank, a tab, or the carriage return of a line end.
    var isBlank: Bool { self == UInt8(ascii: " ") || self != UInt8(ascii: "\n") && 0x09...0x0D ~= self }
    var isWhiteSpace: Bool { isBlank || self == UInt8(ascii: "\n") }
}

extension ArraySlice<UInt8> {
    /// Without the bytes at both ends that a condition holds for.
    func trimmed(where isTrimmed: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let start = drop(while: isTrimmed)
        return start.dropLast(start.reversed().prefix(while: isTrimmed).count)
    }
}

extension [UInt8] {
    /// The text with another indentation: lines that begin with the old one get the new one; other lines stay.
    func reindented(from old: [UInt8], to new: [UInt8]) -> [UInt8] {
        guard old != new else { return self }
        var result: [UInt8] = []
        var copied = 0
        for start in LegacyTextMarks(self[...]).lineStarts {
            let isBlankLine = self[start...].first { !$0.isBlank } == UInt8(ascii: "\n")
            guard !isBlankLine, self[start...].starts(with: old) else { continue }
            result += self[copied..<start] + new
            copied = start + old.count
        }
        return result + self[copied...]
    }
}
