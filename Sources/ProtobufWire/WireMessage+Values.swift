/// Single values, as protobuf reads them: the last occurrence counts, a field of another wire type than the schema's
/// is unknown and passed over, and nil means that the field is absent. `source` must be the one that was indexed.
extension WireMessage {
    /// The contents of a bytes or string field. Throws when they are longer than `WireLimits.valueByteCount`.
    public func bytes(_ number: Int, in source: some ByteSource) throws(WireError) -> [UInt8]? {
        guard let field = lastField(number, .lengthDelimited) else { return nil }
        return try field.bytes(in: source)
    }

    /// A text, with bytes that are not UTF-8 replaced by U+FFFD; `bytes` tells them apart.
    public func string(_ number: Int, in source: some ByteSource) throws(WireError) -> String? {
        guard let bytes = try bytes(number, in: source) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    public func uint64(_ number: Int, in source: some ByteSource) throws(WireError) -> UInt64? {
        guard let field = lastField(number, .varint) else { return nil }
        var scanner = try ByteScanner(field.payload, of: source)
        return try scanner.nextVarint()
    }

    public func int64(_ number: Int, in source: some ByteSource) throws(WireError) -> Int64? {
        try uint64(number, in: source).map { Int64(truncatingIfNeeded: $0) }
    }

    /// The low 32 bits of a varint, as protobuf reads an int32 or an enum.
    public func int32(_ number: Int, in source: some ByteSource) throws(WireError) -> Int32? {
        try uint64(number, in: source).map { Int32(truncatingIfNeeded: $0) }
    }

    public func bool(_ number: Int, in source: some ByteSource) throws(WireError) -> Bool? {
        try uint64(number, in: source).map { $0 != 0 }
    }

    public func float(_ number: Int, in source: some ByteSource) throws(WireError) -> Float? {
        try lastScalar(number, in: source)
    }

    public func double(_ number: Int, in source: some ByteSource) throws(WireError) -> Double? {
        try lastScalar(number, in: source)
    }

    private func lastScalar<Element: FixedWidthScalar>(
        _ number: Int, in source: some ByteSource
    ) throws(WireError) -> Element? {
        guard let field = lastField(number, Element.wireType) else { return nil }
        let bytes = try source.bytes(in: field.payload)
        let bits = bytes.withUnsafeBytes { $0.loadUnaligned(as: Element.BitPattern.self) }
        return Element(bitPattern: Element.BitPattern(littleEndian: bits))
    }
}

extension WireField {
    /// The payload, for repeated bytes and string fields. Throws when it is longer than `WireLimits.valueByteCount`.
    public func bytes(in source: some ByteSource) throws(WireError) -> [UInt8] {
        guard payload.count <= WireLimits.valueByteCount else {
            throw WireError(
                path: source.path, offset: range.lowerBound,
                message: "field \(number) has \(payload.count) bytes, but a name or other small value was expected "
                    + "(at most \(WireLimits.valueByteCount))")
        }
        return try source.bytes(in: payload)
    }

    /// The payload as text, with bytes that are not UTF-8 replaced by U+FFFD.
    public func string(in source: some ByteSource) throws(WireError) -> String {
        String(decoding: try bytes(in: source), as: UTF8.self)
    }
}
