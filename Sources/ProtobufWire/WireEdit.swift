/// A change of a message, as data: some bytes of the source, and what takes their place.
///
/// An edit names the messages that enclose it, outermost first, so that their lengths can be computed anew. Edits may
/// come in any order; a set of them becomes a `WirePlan`.
public struct WireEdit: Sendable, Hashable {
    /// The bytes that go: whole fields, or empty for an insertion.
    public let range: Range<Int>
    /// The fields whose payloads enclose the range, outermost first; empty at the top level of the file.
    public let enclosing: [WireField]
    public let replacement: WireContent

    /// Replaces one field by any number of fields.
    public static func replace(
        _ field: WireField, inside enclosing: [WireField] = [], with replacement: WireContent
    ) -> WireEdit {
        WireEdit(range: field.range, enclosing: enclosing, replacement: replacement)
    }

    /// Replaces all given fields by one content, which stands where the first of them stood.
    ///
    /// No fields, no edits: then there is no place to tell.
    public static func replace(
        _ fields: WireFields, inside enclosing: [WireField] = [], with replacement: WireContent
    ) -> [WireEdit] {
        fields.byteRanges.enumerated().map { index, range in
            WireEdit(range: range, enclosing: enclosing, replacement: index == 0 ? replacement : WireContent())
        }
    }

    public static func remove(_ field: WireField, inside enclosing: [WireField] = []) -> WireEdit {
        replace(field, inside: enclosing, with: WireContent())
    }

    public static func remove(_ fields: WireFields, inside enclosing: [WireField] = []) -> [WireEdit] {
        replace(fields, inside: enclosing, with: WireContent())
    }

    /// Inserts fields at an offset of the source, which must lie between two fields, or at an end of the message.
    ///
    /// Several insertions at one offset appear in the order in which they are given.
    public static func insert(
        _ content: WireContent, at offset: Int, inside enclosing: [WireField] = []
    ) -> WireEdit {
        WireEdit(range: offset..<offset, enclosing: enclosing, replacement: content)
    }
}
