/// Where everything of a new file lies: all bytes that stand before the numbers, and the place of each dataset.
///
/// The file is of HDF5's earliest format, as h5py makes it: superblock version 0, groups in B-trees with heaps of names, headers of version 1,
/// contiguous datasets. The numbers come last, one dataset behind the other, so that a file can be written from its beginning to its end, also as
/// a part of another file. The same outline gives the same bytes.
///
/// Source: HDF5 File Format Specification 3.0, sections II.A, III.A.1, III.B to III.E and IV.A.
public struct HDF5Layout: Sendable {
    public struct Place: Sendable {
        /// The absolute path of the dataset.
        public var path: String
        /// Where its numbers begin: a multiple of eight.
        public var offset: Int
        public var byteCount: Int
    }

    /// The first bytes of the file.
    public let head: [UInt8]
    /// The datasets that have any numbers, in the order of the outline, depth first: each begins where the one before ends, but for what makes its place a multiple of
    /// eight.
    public let datasets: [Place]
    /// The size of the file.
    public let byteCount: Int

    /// Attributes of more bytes than this do not fit into a header; strings of variable length take sixteen bytes each.
    public static let largestAttribute = 64512

    /// Lays out a file.
    ///
    /// - Parameter path: what errors call it.
    /// - Throws: `.cannotCreate` for two members of one name, a name with '/' or a zero byte, an attribute that is too large, and for more bytes
    ///   than a file can have.
    public init(_ outline: HDF5Outline, path: String) throws(HDF5Error) {
        var builder = LayoutBuilder(path: path)
        try builder.build(outline.root)
        head = builder.bytes
        datasets = builder.datasets.map { Place(path: $0.path, offset: $0.offset, byteCount: $0.byteCount) }
        byteCount = datasets.last.map { $0.offset + $0.byteCount } ?? head.count
    }
}
