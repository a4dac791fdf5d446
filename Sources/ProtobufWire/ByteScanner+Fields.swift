/// Decoding of tags and fields. Payloads are stepped over, not read, except varints, whose end only they tell.
extension ByteScanner {
    /// The field at the cursor, which moves past it. Must not be called at the end.
    mutating func nextField() throws(WireError) -> WireField {
        let start = position
        let (number, wireType) = try nextTag()
        let tagByteCount = position - start
        let payload: Range<Int>
        if wireType == .startGroup {
            let payloadStart = position
            payload = payloadStart..<(try skipGroup(number, from: start))
        } else {
            payload = try skipPayload(number, wireType, from: start)
        }
        return WireField(
            number: number, wireType: wireType, range: start..<position, payload: payload, tagByteCount: tagByteCount)
    }

    private mutating func nextTag() throws(WireError) -> (number: Int, wireType: WireType) {
        let start = position
        let tag = try nextVarint()
        guard let wireType = WireType(rawValue: UInt8(truncatingIfNeeded: tag & 7)) else {
            throw error(at: start, "wire type \(tag & 7) does not exist; is this a protobuf binary file?")
        }
        guard tag <= UInt64(UInt32.max), tag >> 3 != 0 else {
            throw error(
                at: start,
                "field number \(tag >> 3) is not within 1 to 536870911; is this a protobuf binary file?")
        }
        return (Int(tag >> 3), wireType)
    }

    /// Moves past what follows the tag of anything but a group, and returns the range of the value.
    private mutating func skipPayload(
        _ number: Int, _ wireType: WireType, from tagStart: Int
    ) throws(WireError) -> Range<Int> {
        var start = position
        switch wireType {
        case .varint:
            _ = try nextVarint()
        case .fixed32:
            try skip(4, "fixed32 field \(number)")
        case .fixed64:
            try skip(8, "fixed64 field \(number)")
        case .lengthDelimited:
            let length = try nextVarint()
            start = position
            try skip(length, "field \(number)")
        case .startGroup, .endGroup:
            throw error(at: tagStart, "group \(number) ends here, but did not begin in this message")
        }
        return start..<position
    }

    /// Moves past the fields and the end tag of a group whose start tag has been read. Returns where the end tag begins.
    ///
    /// The open groups are kept in a list, so that nesting takes no stack.
    private mutating func skipGroup(_ number: Int, from start: Int) throws(WireError) -> Int {
        var openGroups = [number]
        while true {
            guard !isAtEnd else {
                throw error(at: start, "group \(number) begins here and is still open at \(enclosingEnd)")
            }
            let tagStart = position
            let (number, wireType) = try nextTag()
            switch wireType {
            case .startGroup:
                guard openGroups.count < WireLimits.groupDepth else {
                    throw error(at: tagStart, "groups nest more than \(WireLimits.groupDepth) deep")
                }
                openGroups.append(number)
            case .endGroup:
                guard openGroups.last == number else {
                    let open = openGroups.last.map(String.init) ?? "none"
                    throw error(at: tagStart, "group \(number) ends here, but the open group is \(open)")
                }
                openGroups.removeLast()
                if openGroups.isEmpty { return tagStart }
            case .varint, .fixed32, .fixed64, .lengthDelimited:
                _ = try skipPayload(number, wireType, from: tagStart)
            }
        }
    }
}
