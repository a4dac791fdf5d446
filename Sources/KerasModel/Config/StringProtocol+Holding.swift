extension StringProtocol {
    /// Whether a text stands somewhere in this one, byte by byte.
    ///
    /// `contains` of the standard library compares characters, which takes many times longer on names.
    func holds(_ text: String) -> Bool {
        guard let first = text.utf8.first else { return true }
        var rest = utf8[...]
        while let found = rest.firstIndex(of: first) {
            rest = rest[found...]
            if rest.starts(with: text.utf8) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
