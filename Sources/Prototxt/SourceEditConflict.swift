/// Why a set of edits has no one result.
public enum SourceEditConflict: Error, Equatable, Sendable, CustomStringConvertible {
    /// The edit reaches beyond the text.
    case outOfBounds(SourceEdit, byteCount: Int)
    /// The second edit puts text into, or overlaps, what the first one takes away or replaces.
    case overlap(SourceEdit, SourceEdit)

    public var description: String {
        switch self {
        case .outOfBounds(let edit, let byteCount):
            "the edit of bytes \(edit.range) reaches beyond the \(byteCount) bytes of the text"
        case .overlap(let first, let second):
            "the edit of bytes \(second.range) overlaps that of bytes \(first.range); only deletions may overlap"
        }
    }
}
