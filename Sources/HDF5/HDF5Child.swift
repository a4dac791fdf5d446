/// A link of a group, as a listing shows it.
public struct HDF5Child: Equatable, Sendable {
    /// The name inside the group.
    public let name: String
    /// The absolute path by which it was found.
    public let path: String
    /// What it leads to. A group that contains the one listed, so that a walk would never end, is `.other`.
    public let kind: HDF5ObjectKind
}
