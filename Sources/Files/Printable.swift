extension String {
    /// The text as it may be shown to people: control characters, line ends, and what changes the direction of writing, as `\u{1b}`.
    ///
    /// Names in files may hold anything, also what a terminal takes for commands, or what makes one name look like another. Printable text stays as
    /// it is, so escaping twice does no harm.
    package var printable: String {
        if utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) { return self }
        guard unicodeScalars.contains(where: { $0.isInvisible }) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isInvisible {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Unicode.Scalar {
    /// Whether a terminal or a browser would obey the character instead of showing it.
    package var isInvisible: Bool {
        if isASCII { return value < 0x20 || value == 0x7F }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }
}
