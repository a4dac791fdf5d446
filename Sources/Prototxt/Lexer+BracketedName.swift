/// Names in brackets: extensions as in `[a.b]`, and the types of Any messages as in `[type.googleapis.com/a.b]`.
extension Lexer {
    /// Reads up to the closing bracket, and returns the name with its brackets and without blanks and comments.
    ///
    /// What stands before the last slash may be any URL; what follows it, or all of it when there is none, must be
    /// identifiers with dots between them.
    mutating func scanBracketedName(openedAt start: Int) throws(SyntaxError) -> String {
        var name: [UInt8] = []
        var previousEnd = offset
        while true {
            try skipTrivia()
            guard let byte = byte(at: offset) else {
                throw SyntaxError(offset: start, message: "'[' opened here is not closed before the end of the file")
            }
            if byte == UInt8(ascii: "]") { break }
            let runsIntoWord = previousEnd < offset && byte.isWord && name.last?.isWord == true
            guard Self.isURLCharacter(byte), !runsIntoWord else {
                try rejectUnprintable(byte)
                throw SyntaxError(
                    offset: offset,
                    message:
                        "expected '.', '/' or ']' in a name in brackets, found \(bytes.quoted(offset..<offset + 1))")
            }
            name.append(byte)
            offset += 1
            previousEnd = offset
        }
        offset += 1
        guard Self.isTypeName(name) else {
            throw SyntaxError(
                offset: start,
                message: "expected an extension such as '[a.b]' or a type such as '[type.googleapis.com/a.b]', "
                    + "found \(bytes.quoted(start..<offset))")
        }
        return "[\(String(decoding: name, as: UTF8.self))]"
    }

    private static func isURLCharacter(_ byte: UInt8) -> Bool {
        byte.isWord || "-.~!$&()*+,;=%/".utf8.contains(byte)
    }

    private static func isTypeName(_ name: [UInt8]) -> Bool {
        let slash = UInt8(ascii: "/")
        let type = name[(name.lastIndex(of: slash).map { $0 + 1 } ?? 0)...]
        guard name.first != slash else { return false }
        return type.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { part in
            part.first?.isLetter == true && part.allSatisfy(\.isWord)
        }
    }
}
