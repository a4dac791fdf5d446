/// A group that stays open, of a file in HDF5's earliest format: what is in it is found past the library, where it is plain.
struct DirectGroup {
    private var reader: EarliestFormat
    /// Where the headers of the objects in the group are, by the bytes of their names; `nil` for what only the library finds.
    private let members: [[UInt8]: UInt64?]

    /// What is known of a group.
    enum Listing {
        case entries([HDF5Group.Entry])
        case missing
        /// The library has the word.
        case unknown
    }

    /// The group at a path; `nil` where the library is needed to find it.
    init?(at path: ObjectPath, in file: HDF5File) {
        guard let fileSize = file.sizeWhenOpened, var reader = EarliestFormat(file.descriptor, fileSize: fileSize),
            let root = Self.table(at: reader.root, &reader)
        else { return nil }
        var table = root
        for name in path.components {
            guard let links = reader.links(of: table),
                let header = links.first(where: { $0.name.elementsEqual(name.utf8) })?.header,
                let next = Self.table(at: header, &reader)
            else { return nil }
            table = next
        }
        guard let links = reader.links(of: table) else { return nil }
        members = Dictionary(uniqueKeysWithValues: links.map { ($0.name, $0.header) })
        self.reader = reader
    }

    /// What a group below this one holds.
    ///
    /// - Parameters:
    ///   - names: the way to the group.
    ///   - path: the absolute path of the group.
    mutating func entries(of names: some Sequence<String>, at path: String, in file: HDF5File) -> Listing {
        var table: EarliestFormat.SymbolTable?
        for name in names {
            let header: UInt64?
            if let outer = table {
                guard let links = reader.links(of: outer) else { return .unknown }
                guard let link = links.first(where: { $0.name.elementsEqual(name.utf8) }) else { return .missing }
                header = link.header
            } else {
                guard let known = members[Array(name.utf8)] else { return .missing }
                header = known
            }
            guard let header, let next = Self.table(at: header, &reader) else { return .unknown }
            table = next
        }
        guard let table, let links = reader.links(of: table) else { return .unknown }
        var entries: [HDF5Group.Entry] = []
        for link in links {
            guard let header = link.header, let object = reader.object(at: header),
                let name = String(validating: link.name, as: UTF8.self), ObjectPath(name).components == [name]
            else { return .unknown }
            let entryPath = "\(path)/\(name)"
            switch object {
            case .group: entries.append(HDF5Group.Entry(name: name, path: entryPath, content: .group))
            case .dataset(let array):
                let dataset = HDF5Dataset(
                    file: file, path: entryPath, shape: array.shape, format: array.format,
                    storedByteCount: array.shape.byteCount, storage: .readContiguous(offset: array.offset))
                entries.append(HDF5Group.Entry(name: name, path: entryPath, content: .dataset(dataset)))
            }
        }
        return .entries(entries)
    }

    private static func table(at header: UInt64, _ reader: inout EarliestFormat) -> EarliestFormat.SymbolTable? {
        guard case .group(let table)? = reader.object(at: header) else { return nil }
        return table
    }
}
