extension EarliestFormat {
    /// Levels of a tree; real ones have up to three.
    private static let maximumLevel: UInt8 = 32

    /// The links of a group, by ascending bytes of their names.
    mutating func links(of group: ObjectParts.SymbolTable) throws(HDF5Error) -> [FileIndex.Link] {
        let names = try names(at: group.heap)
        let tree = try block(at: group.tree, count: 24, of: "a B-tree of links")
        guard tree.begins(with: "TREE", version: 0), let level: UInt8 = tree.number(at: 5), level < Self.maximumLevel
        else { throw damaged("has no B-tree of links at byte \(group.tree)") }
        var links: [FileIndex.Link] = []
        if level == 0, tree.number(at: 6, as: UInt16.self) == 0 { return links }
        try append(&links, node: group.tree, level: level, names: names)
        return links
    }

    /// The heap of a group's names.
    private mutating func names(at address: UInt64) throws(HDF5Error) -> MetadataBlock {
        let heap = try block(at: address, count: 32, of: "a heap of names")
        guard heap.begins(with: "HEAP", version: 0), let size: UInt64 = heap.number(at: 8),
            let free: UInt64 = heap.number(at: 16), let start: UInt64 = heap.number(at: 24)
        else { throw damaged("has no heap of names at byte \(address)") }
        // 1 tells that no space is free.
        guard free == 1 || free == Self.undefined || free < size else {
            throw damaged("has a heap of \(size) bytes with free space at byte \(free) of it")
        }
        return try block(at: start, count: size, of: "names")
    }

    private mutating func append(
        _ links: inout [FileIndex.Link], node: UInt64, level: UInt8, names: MetadataBlock
    ) throws(HDF5Error) {
        let head = try block(at: node, count: 24, of: "a node of a B-tree")
        guard head.begins(with: "TREE", version: 0), head.number(at: 5, as: UInt8.self) == level,
            let count: UInt16 = head.number(at: 6), count > 0
        else { throw damaged("has no node of its B-tree at byte \(node)") }
        // A key before each child, and one behind the last.
        let children = try block(at: node + 24, count: UInt64(count) * 16 + 8, of: "a node of a B-tree")
        for index in 0..<Int(count) {
            guard let child: UInt64 = children.number(at: index * 16 + 8) else { return }
            if level == 0 {
                try append(&links, symbols: child, names: names)
            } else {
                try append(&links, node: child, level: level - 1, names: names)
            }
        }
    }

    private mutating func append(
        _ links: inout [FileIndex.Link], symbols: UInt64, names: MetadataBlock
    ) throws(HDF5Error) {
        let head = try block(at: symbols, count: 8, of: "links")
        guard head.begins(with: "SNOD", version: 1), let count: UInt16 = head.number(at: 6) else {
            throw damaged("has no links at byte \(symbols), where its B-tree has them")
        }
        let entries = try block(at: symbols + 8, count: UInt64(count) * 40, of: "links")
        for start in stride(from: 0, to: Int(count) * 40, by: 40) {
            guard let place: UInt64 = entries.number(at: start), let header: UInt64 = entries.number(at: start + 8),
                let kind: UInt32 = entries.number(at: start + 16)
            else { return }
            guard let name = names.zeroTerminated(at: place) else {
                throw damaged("has a link whose name lies at byte \(place) of \(names.byteCount) bytes of names")
            }
            // Names may share their bytes.
            try window.spend(UInt64(name.count))
            guard links.last?.name.lexicographicallyPrecedes(name) ?? true else {
                throw damaged("has links that are not in the order of their names")
            }
            // 0 and 1 are hard links; the others only the library follows.
            if kind <= 1 {
                links.append(FileIndex.Link(name: name, target: target(ofHeader: header, name: name)))
            } else {
                isPlain = false
            }
        }
    }
}
