/// Repeated numbers, packed or not. `source` must be the one that was indexed.
extension WireMessage {
    /// The numbers of a repeated `float` or `double` field; none when it is absent.
    ///
    /// Throws when a packed field does not hold a whole count of numbers. No number is read yet.
    public func scalars<Element: FixedWidthScalar>(
        _ number: Int, as type: Element.Type, in source: some ByteSource
    ) throws(WireError) -> RepeatedScalars<Element> {
        try RepeatedScalars(number, of: self, in: source)
    }

    /// The numbers of a repeated integer, boolean or enum field; none when it is absent.
    ///
    /// Throws when there are more than `limit`: these are lists such as the dimensions of a shape, and without a bound
    /// a damaged file could fill the memory.
    public func varints(
        _ number: Int, atMost limit: Int, in source: some ByteSource
    ) throws(WireError) -> [UInt64] {
        var values: [UInt64] = []
        // Empty packed fields hold nothing, and a damaged file may have millions of them in one run.
        let holders = fields.filteringRuns {
            $0.number == number && $0.payloadByteCount > 0
                && ($0.wireType == .varint || $0.wireType == .lengthDelimited)
        }
        for field in holders {
            var scanner = try ByteScanner(field.payload, of: source)
            while !scanner.isAtEnd {
                guard values.count < limit else {
                    throw scanner.error(
                        at: scanner.position, "field \(number) has more than the \(limit) numbers that are allowed here"
                    )
                }
                values.append(try scanner.nextVarint())
            }
        }
        return values
    }
}
