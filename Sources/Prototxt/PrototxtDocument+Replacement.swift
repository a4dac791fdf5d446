extension PrototxtDocument {
    /// Replaces a value by a string, in the quotes of the old one. Non-ASCII text is kept as it is.
    ///
    /// A value that is no string gets the quotes that the document uses.
    public func replacement(of scalar: ScalarNode, withString text: String) -> SourceEdit {
        let first = bytes[scalar.range.lowerBound]
        let quote = scalar.kind == .string ? first : LayoutStyle(of: self).quote
        return SourceEdit(range: scalar.range, replacement: StringLiteral.encode(text, quote: quote))
    }

    /// Replaces a value by a number or a word. The caller answers for the literal being one.
    ///
    /// A blank is added where the literal would run into a name that follows it.
    public func replacement(of scalar: ScalarNode, withLiteral literal: String) -> SourceEdit {
        var replacement = Array(literal.utf8)
        let end = scalar.range.upperBound
        if replacement.last?.isWord == true, end < bytes.count, bytes[end].isWord { replacement.append(.space) }
        return SourceEdit(range: scalar.range, replacement: replacement)
    }
}
