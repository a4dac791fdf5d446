/// A JSON text with its tree. Changes are edits of ranges of bytes: whatever no edit touches keeps its bytes, so numbers keep their digits,
/// keys their order, and strings their escapes.
///
///     let document = try JSONDocument(parsing: bytes)
///     let edited = try document.applying([JSONEdit(replacing: document.root["use_bias"]!.range, with: .boolean(true))])
public struct JSONDocument: Sendable {
    public let bytes: [UInt8]
    public let root: JSONNode

    /// Parses a text. Cost: linear in its size.
    ///
    /// - Throws: `JSONError` at the first mistake.
    public init(parsing bytes: [UInt8], options: JSONParser.Options = JSONParser.Options()) throws(JSONError) {
        self.bytes = bytes
        root = try JSONParser.parse(bytes, options: options)
    }

    /// The line and column of an offset, both counted from 1, in bytes.
    public func position(at offset: Int) -> (line: Int, column: Int) {
        let before = bytes[..<min(max(offset, 0), bytes.count)]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return (line, before.count - start + 1)
    }

    /// The text with edits applied, in the order of their places; of several insertions at one place, in the order given.
    ///
    /// - Throws: `JSONEditConflict` when two edits overlap, or one lies outside the text.
    public func applying(_ edits: [JSONEdit]) throws(JSONEditConflict) -> [UInt8] {
        try applying(edits, to: bytes.indices)
    }

    /// The text of a range with edits applied, all of which lie in it.
    ///
    /// - Throws: `JSONEditConflict` when two edits overlap, or one lies outside the range.
    public func applying(_ edits: [JSONEdit], to part: Range<Int>) throws(JSONEditConflict) -> [UInt8] {
        let sorted = edits.enumerated().sorted {
            ($0.element.range.lowerBound, $0.element.range.upperBound, $0.offset)
                < ($1.element.range.lowerBound, $1.element.range.upperBound, $1.offset)
        }
        var result: [UInt8] = []
        result.reserveCapacity(part.count + edits.reduce(0) { $0 + $1.replacement.count })
        var position = part.lowerBound
        for (_, edit) in sorted {
            guard edit.range.lowerBound >= position, edit.range.upperBound <= part.upperBound else {
                throw JSONEditConflict(range: edit.range)
            }
            result += bytes[position..<edit.range.lowerBound]
            result += edit.replacement
            position = edit.range.upperBound
        }
        return result + bytes[position..<part.upperBound]
    }

    /// Takes members out of an object of this document, with the commas and blanks that belong to them.
    public func removals(ofMembers places: Set<Int>, from object: JSONNode) -> [JSONEdit] {
        Self.removals(places, among: object.members?.map(\.range) ?? [])
    }

    /// Takes values out of a list of this document, with the commas and blanks that belong to them.
    public func removals(ofElements places: Set<Int>, from list: JSONNode) -> [JSONEdit] {
        Self.removals(places, among: list.elements?.map(\.range) ?? [])
    }

    /// With neighbours that go together goes what stands before them, up to the entry before; at the beginning, what stands behind them, up
    /// to the next entry.
    private static func removals(_ places: Set<Int>, among ranges: [Range<Int>]) -> [JSONEdit] {
        var edits: [JSONEdit] = []
        var first = 0
        while first < ranges.count {
            guard places.contains(first) else {
                first += 1
                continue
            }
            var end = first + 1
            while end < ranges.count, places.contains(end) { end += 1 }
            let start = first > 0 ? ranges[first - 1].upperBound : ranges[0].lowerBound
            let stop = first > 0 || end == ranges.count ? ranges[end - 1].upperBound : ranges[end].lowerBound
            edits.append(JSONEdit(removing: start..<stop))
            first = end
        }
        return edits
    }
}

/// A change of a JSON text: the bytes of a range become others.
public struct JSONEdit: Sendable, Hashable {
    public var range: Range<Int>
    public var replacement: [UInt8]

    public init(replacing range: Range<Int>, with value: JSONValue) {
        self.range = range
        replacement = Array(value.text.utf8)
    }

    public init(removing range: Range<Int>) {
        self.range = range
        replacement = []
    }

    public init(inserting text: String, at offset: Int) {
        range = offset..<offset
        replacement = Array(text.utf8)
    }
}

/// Two edits want the same bytes, or one wants bytes that the text does not have.
public struct JSONEditConflict: Error, Equatable {
    public var range: Range<Int>

    public init(range: Range<Int>) { self.range = range }
}
