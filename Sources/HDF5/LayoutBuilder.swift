/// Makes the bytes of a new file that stand before its numbers, structure after structure.
///
/// What refers to something has that written before; only the superblock and the places of the numbers are filled in at the end.
struct LayoutBuilder {
    struct Dataset {
        var path: String
        var byteCount: Int
        var offset = 0
        /// Where the header holds the address of the numbers.
        var addressPosition: Int
    }

    let path: String
    private(set) var bytes: [UInt8] = []
    private(set) var datasets: [Dataset] = []
    private var strings = HeapCollections()

    /// Links of a node of links, and children of a node of a B-tree: twice the numbers in the superblock.
    private static let linksPerNode = 8
    private static let childrenPerNode = 32
    private static let undefined = UInt64.max

    init(path: String) { self.path = path }

    mutating func build(_ root: HDF5Outline.Group) throws(HDF5Error) {
        bytes = [UInt8](repeating: 0, count: 96)
        try collectStrings(of: root)
        strings.place(at: bytes.count)
        bytes += strings.bytes
        let group = try append(root, at: "/", depth: 0)
        var end = bytes.count
        for index in datasets.indices where datasets[index].byteCount > 0 {
            let start = (end + 7) / 8 * 8
            let (next, overflow) = start.addingReportingOverflow(datasets[index].byteCount)
            guard !overflow else { throw error(datasets[index].path, "has more bytes than a file can have") }
            datasets[index].offset = start
            bytes.replaceSubrange(
                datasets[index].addressPosition..<datasets[index].addressPosition + 8, with: Self.number(UInt64(start)))
            end = next
        }
        for index in datasets.indices where datasets[index].byteCount == 0 { datasets[index].offset = end }
        bytes.replaceSubrange(0..<96, with: superblock(root: group, end: end))
        datasets.removeAll { $0.byteCount == 0 }
    }

    private func superblock(root: GroupPlace, end: Int) -> [UInt8] {
        let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
        // Versions, the sizes of addresses and lengths, half of what nodes hold, no flags.
        var block = signature + [0, 0, 0, 0, 0, 8, 8, 0]
        block += Self.number(UInt16(Self.linksPerNode / 2)) + Self.number(UInt16(Self.childrenPerNode / 2))
        block += [0, 0, 0, 0] + Self.number(UInt64(0)) + Self.number(Self.undefined) + Self.number(UInt64(end))
        block += Self.number(Self.undefined)
        return block + link(nameOffset: 0, header: root.header, group: root)
    }

    // MARK: Groups

    private struct GroupPlace {
        var header: Int
        var tree: Int
        var heap: Int
    }

    private mutating func append(
        _ group: HDF5Outline.Group, at path: String, depth: Int
    ) throws(HDF5Error) -> GroupPlace {
        guard depth <= ObjectPath.maximumDepth else {
            throw error(path, "is more than \(ObjectPath.maximumDepth) groups deep")
        }
        var links: [(name: [UInt8], header: Int, group: GroupPlace?)] = []
        for member in group.members {
            let memberPath = path == "/" ? "/" + member.name : path + "/" + member.name
            guard ObjectPath.isName(member.name), !member.name.utf8.contains(0) else {
                throw error(memberPath, "has a name that no object can have")
            }
            switch member.content {
            case .group(let inner):
                let place = try append(inner, at: memberPath, depth: depth + 1)
                links.append((Array(member.name.utf8), place.header, place))
            case .dataset(let dataset):
                links.append((Array(member.name.utf8), try append(dataset, at: memberPath), nil))
            }
        }
        links.sort { $0.name.lexicographicallyPrecedes($1.name) }
        for (first, second) in zip(links, links.dropFirst()) where first.name == second.name {
            throw error(
                path, "has two members of the name \(Place.quoted(String(decoding: first.name, as: UTF8.self)))")
        }
        // Names begin behind an empty one.
        var names = [UInt8](repeating: 0, count: 8)
        var offsets: [Int] = []
        for link in links {
            offsets.append(names.count)
            names += link.name + [0]
            Self.pad(&names)
        }
        let heap = bytes.count
        bytes += "HEAP".utf8
        // No free space in it.
        bytes +=
            [0, 0, 0, 0] + Self.number(UInt64(names.count)) + Self.number(UInt64(1)) + Self.number(UInt64(heap + 32))
        bytes += names
        var nodes: [(address: Int, lastName: Int)] = []
        for start in stride(from: 0, to: links.count, by: Self.linksPerNode) {
            let range = start..<min(start + Self.linksPerNode, links.count)
            nodes.append((bytes.count, offsets[range.upperBound - 1]))
            var node = Array("SNOD".utf8) + [1, 0] + Self.number(UInt16(range.count))
            for index in range {
                node += link(nameOffset: offsets[index], header: links[index].header, group: links[index].group)
            }
            bytes += node + [UInt8](repeating: 0, count: 8 + Self.linksPerNode * 40 - node.count)
        }
        let tree = appendTree(over: nodes)
        let header = bytes.count
        let symbols = Self.number(UInt64(tree)) + Self.number(UInt64(heap))
        try appendHeader([(0x11, symbols)] + (try attributeMessages(group.attributes, of: path)), at: path)
        return GroupPlace(header: header, tree: tree, heap: heap)
    }

    /// An entry of a table of links.
    private func link(nameOffset: Int, header: Int, group: GroupPlace?) -> [UInt8] {
        var entry = Self.number(UInt64(nameOffset)) + Self.number(UInt64(header))
        // For a group the entry repeats where its tree and its names are.
        entry += Self.number(UInt32(group == nil ? 0 : 1)) + [0, 0, 0, 0]
        entry += Self.number(UInt64(group?.tree ?? 0)) + Self.number(UInt64(group?.heap ?? 0))
        return entry
    }

    /// A B-tree of links, level by level.
    ///
    /// - Returns: where its root is.
    private mutating func appendTree(over nodes: [(address: Int, lastName: Int)]) -> Int {
        var children = nodes
        var level: UInt8 = 0
        while true {
            let starts = children.isEmpty ? [0] : Array(stride(from: 0, to: children.count, by: Self.childrenPerNode))
            let size = 24 + (2 * Self.childrenPerNode + 1) * 8
            let first = bytes.count
            var parents: [(address: Int, lastName: Int)] = []
            for (position, start) in starts.enumerated() {
                let group = children[start..<min(start + Self.childrenPerNode, children.count)]
                let isLast = position == starts.count - 1
                var node = Array("TREE".utf8) + [0, level] + Self.number(UInt16(group.count))
                node += Self.number(position == 0 ? Self.undefined : UInt64(first + (position - 1) * size))
                node += Self.number(isLast ? Self.undefined : UInt64(first + (position + 1) * size))
                // The key before a child is the last name before it, at first the empty one.
                node += Self.number(UInt64(start == 0 ? 0 : children[start - 1].lastName))
                for child in group { node += Self.number(UInt64(child.address)) + Self.number(UInt64(child.lastName)) }
                parents.append((bytes.count, group.last?.lastName ?? 0))
                bytes += node + [UInt8](repeating: 0, count: size - node.count)
            }
            if parents.count == 1 { return parents[0].address }
            children = parents
            level += 1
        }
    }

    // MARK: Datasets

    private mutating func append(_ dataset: HDF5Outline.Dataset, at path: String) throws(HDF5Error) -> Int {
        guard dataset.shape.count <= 32,
            let shape = DatasetShape(dataset.shape, elementByteCount: dataset.elementType.byteCount)
        else { throw error(path, "cannot have the shape \(dataset.shape)") }
        let format = ElementFormat(type: dataset.elementType, isBigEndian: dataset.isBigEndian)
        let header = bytes.count
        let space = Self.dataspace(dataset.shape)
        let type = Self.datatype(format)
        try appendHeader(
            [
                (0x01, space), (0x03, type),
                // Space late, the value written where none else is, the standard one.
                (0x05, [2, 2, 2, 1, 0, 0, 0, 0]),
                (
                    0x08,
                    [3, 1] + Self.number(Self.undefined) + Self.number(UInt64(shape.byteCount))
                        + [UInt8](repeating: 0, count: 6)
                ),
            ], at: path)
        datasets.append(
            Dataset(
                path: path, byteCount: shape.byteCount,
                // Behind the header's own 16 bytes, four messages' 8, and the version and class of the layout.
                addressPosition: header + 16 + 8 + space.count + 8 + type.count + 8 + 8 + 8 + 2))
        return header
    }

    // MARK: Attributes

    private mutating func collectStrings(of group: HDF5Outline.Group) throws(HDF5Error) {
        for attribute in group.attributes {
            if case .strings(let values, .variable) = attribute.content { strings.add(values) }
        }
        for member in group.members {
            if case .group(let inner) = member.content { try collectStrings(of: inner) }
        }
    }

    private func attributeMessages(
        _ attributes: [HDF5Attribute], of path: String
    ) throws(HDF5Error) -> [(type: UInt16, body: [UInt8])] {
        var messages: [(UInt16, [UInt8])] = []
        var names: Set<[UInt8]> = []
        for attribute in attributes {
            let name = Array(attribute.name.utf8)
            guard !name.isEmpty, !name.contains(0), names.insert(name).inserted else {
                throw error(path, "cannot have an attribute \(Place.quoted(attribute.name))")
            }
            guard let body = body(of: attribute), body.count <= 0xFFF8 else {
                throw error(
                    path, "has an attribute \(Place.quoted(attribute.name)) that does not fit into a header of HDF5")
            }
            messages.append((0x0C, body))
        }
        return messages
    }

    /// `nil` when shape and content disagree, or the whole is too large.
    private func body(of attribute: HDF5Attribute) -> [UInt8]? {
        var type: [UInt8]
        var data: [UInt8] = []
        let count: Int
        switch attribute.content {
        case .numbers(let elementType, let bytes):
            type = Self.datatype(ElementFormat(type: elementType))
            data = bytes
            guard bytes.count % elementType.byteCount == 0 else { return nil }
            count = bytes.count / elementType.byteCount
        case .strings(let values, .variable(let isUTF8)):
            // A row of characters that a zero byte ends, for the library's memory; the file has none.
            type = [0x19, 1, isUTF8 ? 1 : 0, 0] + Self.number(UInt32(16))
            type += [0x10, 0, 0, 0] + Self.number(UInt32(1)) + [0, 0, 8, 0]
            for value in values { data += strings.reference(to: value) }
            count = values.count
        case .strings(let values, .fixed(let byteCount, let padding, let isUTF8)):
            guard byteCount > 0, byteCount <= 0xFFFF else { return nil }
            type = [0x13, padding.rawValue | (isUTF8 ? 0x10 : 0), 0, 0] + Self.number(UInt32(byteCount))
            for value in values {
                guard value.count <= byteCount else { return nil }
                data += value + [UInt8](repeating: padding == .spaces ? 0x20 : 0, count: byteCount - value.count)
            }
            count = values.count
        }
        guard DatasetShape(attribute.shape, elementByteCount: 1)?.elementCount == count, attribute.shape.count <= 32
        else { return nil }
        let name = Array(attribute.name.utf8) + [0]
        let space = Self.dataspace(attribute.shape)
        let sizes =
            Self.number(UInt16(clamping: name.count)) + Self.number(UInt16(type.count))
            + Self.number(UInt16(space.count))
        // Version 1 pads all parts; only version 3 tells that a name is UTF-8.
        guard !name.allSatisfy({ $0 < 0x80 }) else {
            return [1, 0] + sizes + Self.padded(name) + Self.padded(type) + Self.padded(space) + Self.padded(data)
        }
        return Self.padded([3, 0] + sizes + [1] + name + type + space + data)
    }

    // MARK: Headers

    private mutating func appendHeader(_ messages: [(type: UInt16, body: [UInt8])], at path: String) throws(HDF5Error) {
        guard messages.count <= 0xFFFF else { throw error(path, "has more attributes than a header can hold") }
        let size = messages.reduce(0) { $0 + 8 + $1.body.count }
        bytes += [1, 0] + Self.number(UInt16(messages.count)) + Self.number(UInt32(1))
        bytes += Self.number(UInt32(size)) + [0, 0, 0, 0]
        for message in messages {
            bytes += Self.number(message.type) + Self.number(UInt16(message.body.count)) + [0, 0, 0, 0]
            bytes += message.body
        }
    }

    private static func dataspace(_ shape: [Int]) -> [UInt8] {
        [1, UInt8(shape.count), 0, 0, 0, 0, 0, 0] + shape.flatMap { number(UInt64($0)) }
    }

    private static func datatype(_ format: ElementFormat) -> [UInt8] {
        let size = number(UInt32(format.type.byteCount))
        let order: UInt8 = format.isBigEndian ? 1 : 0
        if case .integer(let bits, let signed) = format.type {
            return padded([0x10, (signed ? 8 : 0) | order, 0, 0] + size + [0, 0] + number(UInt16(bits)))
        }
        let float = ObjectParts.floats.first { $0.type == format.type }
        return padded([0x11, 0x20 | order, UInt8(float?.sign ?? 0), 0] + size + (float?.properties ?? []))
    }

    // MARK: Bytes

    static func number(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private static func pad(_ bytes: inout [UInt8]) {
        bytes += [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
    }

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        var padded = bytes
        pad(&padded)
        return padded
    }

    private func error(_ object: String, _ message: String) -> HDF5Error {
        Place(file: path, object: object).error(.cannotCreate, message)
    }
}
