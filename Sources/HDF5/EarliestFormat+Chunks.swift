extension EarliestFormat {
    /// Levels of a tree; a full one of this height has more chunks than any file.
    private static let maximumLevel: UInt8 = 32

    /// The chunks that a tree lists, in the order of their numbers; those beyond the dataset's ends are left out.
    mutating func chunks(ofTree tree: UInt64, grid: ChunkGrid) throws(HDF5Error) -> [ChunkGrid.Chunk] {
        let head = try block(at: tree, count: 24, of: "a B-tree of chunks")
        guard head.begins(with: "TREE", version: 1), let level: UInt8 = head.number(at: 5), level < Self.maximumLevel
        else { throw damaged("has no B-tree of chunks at byte \(tree)") }
        var listing = Listing(grid: grid)
        if level == 0, head.number(at: 6, as: UInt16.self) == 0 { return [] }
        try append(node: tree, level: level, to: &listing)
        return listing.chunks
    }

    private struct Listing {
        let grid: ChunkGrid
        var chunks: [ChunkGrid.Chunk] = []
        /// Where the chunk before this one begins.
        var last: [UInt64] = []

        init(grid: ChunkGrid) { self.grid = grid }
    }

    private mutating func append(node: UInt64, level: UInt8, to listing: inout Listing) throws(HDF5Error) {
        let rank = listing.grid.lengths.count
        let head = try block(at: node, count: 24, of: "a node of a B-tree")
        guard head.begins(with: "TREE", version: 1), head.number(at: 5, as: UInt8.self) == level,
            let count: UInt16 = head.number(at: 6), count > 0
        else { throw damaged("has no node of its B-tree at byte \(node)") }
        // Before each child stands its key: size, skipped filters, and where it begins on each axis and inside an element.
        let keySize = 8 + (rank + 1) * 8
        let children = try block(
            at: node + 24, count: UInt64(Int(count) * (keySize + 8) + keySize), of: "a node of a B-tree")
        for index in 0..<Int(count) {
            let key = index * (keySize + 8)
            guard let child: UInt64 = children.number(at: key + keySize) else { return }
            if level > 0 {
                try append(node: child, level: level - 1, to: &listing)
                continue
            }
            guard let size: UInt32 = children.number(at: key), let skipped: UInt32 = children.number(at: key + 4)
            else { return }
            let start = (0..<rank).compactMap { children.number(at: key + 8 + $0 * 8, as: UInt64.self) }
            guard listing.last.isEmpty || listing.last.lexicographicallyPrecedes(start) else {
                throw damaged("has chunks that are not in order")
            }
            listing.last = start
            switch listing.grid.position(of: start) {
            case .outside: continue
            case .crooked: throw damaged("has a chunk where none begins")
            case .chunk(let number):
                let (offset, overflow) = child.addingReportingOverflow(window.base)
                listing.chunks.append(
                    ChunkGrid.Chunk(
                        number: number, offset: overflow ? child : offset, byteCount: UInt64(size),
                        skippedFilters: skipped))
            }
        }
    }
}
