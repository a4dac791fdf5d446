/// What the dictionary in the header of an array tells.
struct HeaderDictionary {
    /// `descr`: the text of a string, or the source of a list of fields.
    let dtype: String
    let isFortranOrder: Bool
    let shape: [Int]
}

/// Reads the Python dictionary in the header of an array, such as
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 224, 224), }`.
///
/// The three keys may come in any order, in quotes of both kinds, with blanks anywhere; but each must be there once, and
/// nothing else. A number may end in `L`, as Python 2 wrote it.
struct HeaderParser {
    let text: [UInt8]
    let origin: Origin
    private var position = 0

    init(text: [UInt8], origin: Origin) {
        self.text = text
        self.origin = origin
    }

    mutating func dictionary() throws(NumPyError) -> HeaderDictionary {
        var dtype: String?
        var isFortranOrder: Bool?
        var shape: [Int]?
        try require("{", "the dictionary '{'")
        while !takes("}") {
            let key = try string("a key in quotes or '}'")
            try require(":", "':' after '\(key)'")
            switch key {
            case "descr" where dtype == nil: dtype = try description()
            case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
            case "shape" where shape == nil: shape = try tuple()
            case "descr", "fortran_order", "shape": throw failure("has the key '\(key)' twice")
            default: throw failure("has a key '\(key)', but only 'descr', 'fortran_order' and 'shape' are known")
            }
            if takes("}") { break }
            try require(",", "',' or '}' after the value of '\(key)'")
        }
        skipBlanks()
        guard position == text.count else { throw unexpected("the end of the header after '}'") }
        guard let dtype else { throw failure("has no 'descr'") }
        guard let isFortranOrder else { throw failure("has no 'fortran_order'") }
        guard let shape else { throw failure("has no 'shape'") }
        return HeaderDictionary(dtype: dtype, isFortranOrder: isFortranOrder, shape: shape)
    }

    // MARK: - Values

    /// A dtype in quotes, or the source of the list or tuple that stands in its place.
    private mutating func description() throws(NumPyError) -> String {
        guard peek() == "[" || peek() == "(" else { return try string("a dtype in quotes") }
        let start = position
        var depth = 0
        repeat {
            switch peek() {
            case "'", "\"":
                _ = try string("the name of a field")
                continue
            case "[", "(": depth += 1
            case "]", ")": depth -= 1
            case nil: throw unexpected("the end of the list of fields")
            default: break
            }
            position += 1
        } while depth > 0
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    private mutating func boolean() throws(NumPyError) -> Bool {
        skipBlanks()
        for (word, value) in [("True", true), ("False", false)] where text[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return value
        }
        throw unexpected("'True' or 'False'")
    }

    /// Extents in parentheses.
    private mutating func tuple() throws(NumPyError) -> [Int] {
        try require("(", "a tuple '(' of extents")
        var extents: [Int] = []
        while !takes(")") {
            extents.append(try extent())
            // As in Python, parentheses around a single number make no tuple; there a comma must follow.
            if extents.count > 1, takes(")") { break }
            try require(",", extents.count > 1 ? "',' or ')'" : "',' after the first extent")
        }
        return extents
    }

    private mutating func extent() throws(NumPyError) -> Int {
        guard peek() != "-" else { throw failure("has a negative extent in its shape") }
        let digits = text[position...].prefix { 0x30...0x39 ~= $0 }
        guard !digits.isEmpty else { throw unexpected("an extent") }
        let number = String(decoding: digits, as: UTF8.self)
        guard let extent = Int(number) else { throw failure("has the extent \(number), which no file can hold") }
        position += digits.count
        if position < text.count, text[position] == UInt8(ascii: "L") { position += 1 }
        return extent
    }

    /// The text between two quotes of the same kind. A backslash protects what follows; no dtype has one.
    private mutating func string(_ expected: String) throws(NumPyError) -> String {
        guard let quote = peek(), quote == "'" || quote == "\"" else { throw unexpected(expected) }
        let start = position + 1
        position = start
        while position < text.count, text[position] != UInt8(ascii: quote) {
            position += text[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < text.count else { throw failure("has a string without an end") }
        defer { position += 1 }
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    // MARK: - Characters

    /// The next character that is no blank, not yet taken; nil at the end.
    private mutating func peek() -> Unicode.Scalar? {
        skipBlanks()
        return position < text.count ? Unicode.Scalar(text[position]) : nil
    }

    private mutating func takes(_ character: Unicode.Scalar) -> Bool {
        guard peek() == character else { return false }
        position += 1
        return true
    }

    private mutating func require(_ character: Unicode.Scalar, _ expected: String) throws(NumPyError) {
        guard takes(character) else { throw unexpected(expected) }
    }

    private mutating func skipBlanks() {
        while position < text.count, [0x20, 0x09, 0x0A, 0x0C, 0x0D].contains(text[position]) { position += 1 }
    }

    private func unexpected(_ expected: String) -> NumPyError {
        let found = position < text.count ? "'\(Unicode.Scalar(text[position]))'" : "its end"
        return failure("has \(found) where \(expected) should be")
    }

    private func failure(_ finding: String) -> NumPyError {
        origin.malformed("has a header that \(finding), at byte \(position) of the dictionary; is the file damaged?")
    }
}
