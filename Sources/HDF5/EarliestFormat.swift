/// Reads groups and contiguous datasets of files in HDF5's earliest format, which Caffe and h5py write, past the library, which takes some 40 µs to
/// open each object.
///
/// It tells nothing, `nil`, of whatever is not the plain case, or not sound: the library then has the word, also about what is wrong. All that it
/// tells was checked against the size of the file. A tree of links that leads back to itself ends, as its names would not ascend.
///
/// Source: HDF5 File Format Specification, sections II.A (superblock version 0), III.A.1 (B-trees version 1), III.B to III.D (symbol tables, local
/// heaps) and IV.A (object headers version 1 and their messages).
struct EarliestFormat {
    /// Where the links of a group are: their order in a B-tree, their names in a heap.
    struct SymbolTable {
        var tree: UInt64
        var heap: UInt64
    }

    /// A hard link, or one of another kind, which only the library follows.
    struct Link {
        var name: [UInt8]
        /// Where the header of the object is; `nil` for a link of another kind.
        var header: UInt64?
    }

    enum Object {
        case group(SymbolTable)
        case dataset(StoredArray)
    }

    /// A dataset of IEEE numbers in one piece, all of them inside the file.
    struct StoredArray {
        var shape: DatasetShape
        var format: ElementFormat
        var offset: UInt64
    }

    /// Where the header of the root group is.
    let root: UInt64
    var window: MetadataWindow

    /// `nil` for a file of another version, or behind a block of other data.
    init?(_ descriptor: FileDescriptor, fileSize: UInt64) {
        var window = MetadataWindow(descriptor, fileSize: fileSize)
        guard let block = window.block(at: 0, count: 96), block.part(at: 0, count: 8)?.equals(Self.signature) == true,
            // Versions of the superblock, the free space, the root group and the headers; sizes of addresses and lengths.
            block.part(at: 8, count: 4)?.equals([0, 0, 0, 0]) == true, block.number(at: 12, as: UInt8.self) == 0,
            block.part(at: 13, count: 2)?.equals([8, 8]) == true,
            // All addresses count from the first byte of the file, and no driver spreads it over others.
            block.number(at: 24, as: UInt64.self) == 0, block.number(at: 48, as: UInt64.self) == Self.undefined,
            let root: UInt64 = block.number(at: 64)
        else { return nil }
        self.root = root
        self.window = window
    }

    private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    private static let undefined = UInt64.max

    // MARK: Groups

    /// More links than any real group has.
    private static let maximumLinkCount = 1 << 20
    /// Bytes of the names in a group.
    private static let maximumHeapSize: UInt64 = 1 << 20
    /// Levels of a tree; real ones have up to three.
    private static let maximumDepth = 8

    /// The links of a group, by ascending bytes of their names.
    mutating func links(of group: SymbolTable) -> [Link]? {
        guard let heap = window.block(at: group.heap, count: 32), heap.begins(with: "HEAP", version: 0),
            let size: UInt64 = heap.number(at: 8), let address: UInt64 = heap.number(at: 24),
            size <= Self.maximumHeapSize, let names = window.block(at: address, count: Int(size)),
            let tree = window.block(at: group.tree, count: 24), let level: UInt8 = tree.number(at: 5),
            level < Self.maximumDepth
        else { return nil }
        var links: [Link] = []
        if level == 0, tree.begins(with: "TREE", version: 0), tree.number(at: 6, as: UInt16.self) == 0 { return links }
        return append(&links, node: group.tree, level: level, names: names) ? links : nil
    }

    private mutating func append(_ links: inout [Link], node: UInt64, level: UInt8, names: MetadataBlock) -> Bool {
        guard let head = window.block(at: node, count: 24), head.begins(with: "TREE", version: 0),
            head.number(at: 5, as: UInt8.self) == level, let count: UInt16 = head.number(at: 6), count > 0,
            // A key before each child, and one behind the last.
            let children = window.block(at: node + 24, count: Int(count) * 16 + 8)
        else { return false }
        for index in 0..<Int(count) {
            guard let child: UInt64 = children.number(at: index * 16 + 8) else { return false }
            let isRead =
                level == 0
                ? append(&links, symbols: child, names: names)
                : append(&links, node: child, level: level - 1, names: names)
            guard isRead else { return false }
        }
        return true
    }

    private mutating func append(_ links: inout [Link], symbols: UInt64, names: MetadataBlock) -> Bool {
        guard let head = window.block(at: symbols, count: 8), head.begins(with: "SNOD", version: 1),
            let count: UInt16 = head.number(at: 6), count > 0,
            let entries = window.block(at: symbols + 8, count: Int(count) * 40)
        else { return false }
        for start in stride(from: 0, to: Int(count) * 40, by: 40) {
            guard let place: UInt64 = entries.number(at: start), let name = names.zeroTerminated(at: place),
                let header: UInt64 = entries.number(at: start + 8), let kind: UInt32 = entries.number(at: start + 16),
                links.count < Self.maximumLinkCount, links.last?.name.lexicographicallyPrecedes(name) ?? true
            else { return false }
            links.append(Link(name: name, header: kind <= 1 ? header : nil))
        }
        return true
    }

    // MARK: Objects

    /// Bytes of one piece of a header, and the number of pieces.
    private static let maximumPieceSize: UInt64 = 1 << 20
    private static let maximumPieceCount = 64

    /// The object with a header.
    mutating func object(at header: UInt64) -> Object? {
        var parts = ObjectParts()
        guard let head = window.block(at: header, count: 16), head.number(at: 0, as: UInt8.self) == 1,
            let count: UInt16 = head.number(at: 2), let size: UInt32 = head.number(at: 8)
        else { return nil }
        var left = Int(count)
        var pieces = [(address: header + 16, size: UInt64(size))]
        var next = 0
        while next < pieces.count {
            let piece = pieces[next]
            next += 1
            guard next <= Self.maximumPieceCount, piece.size <= Self.maximumPieceSize,
                let block = window.block(at: piece.address, count: Int(piece.size))
            else { return nil }
            var position = 0
            while left > 0, position + 8 <= block.byteCount {
                guard let type: UInt16 = block.number(at: position),
                    let length: UInt16 = block.number(at: position + 2),
                    let flags: UInt8 = block.number(at: position + 4),
                    let body = block.part(at: position + 8, count: Int(length))
                else { return nil }
                if type == 0x10 {
                    guard let address: UInt64 = body.number(at: 0), let size: UInt64 = body.number(at: 8) else {
                        return nil
                    }
                    pieces.append((address, size))
                } else {
                    guard parts.take(type, flags: flags, body) else { return nil }
                }
                left -= 1
                position += 8 + Int(length)
            }
        }
        return left == 0 ? parts.object(fileSize: window.fileSize) : nil
    }
}
