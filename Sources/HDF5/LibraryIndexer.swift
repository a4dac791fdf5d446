import CHDF5
import Files

/// Lists by libhdf5 what a file holds that is not of the plain form.
///
/// Numbers are never read through the library: it only tells where they are.
struct LibraryIndexer {
    let file: hid_t
    let path: String
    let descriptor: FileDescriptor
    let fileSize: UInt64
    /// Where addresses in the file begin to count, where the library tells them without the user block.
    let userBlock: UInt64
    private var objects: [FileIndex.Object] = []
    private var numbers: [OpenObject.Identity: Int] = [:]
    private var attributes: [Int: Result<[StoredAttribute], Fault>] = [:]

    /// What the file holds.
    ///
    /// - Parameter path: what errors call it; the library reads it through the descriptor.
    /// - Throws: `.damaged`, `.unsupported` when the file is newer than the library, `.ioFailed`.
    static func index(
        of descriptor: FileDescriptor, path: String, fileSize: UInt64
    ) throws(HDF5Error) -> FileIndex {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        let source = UnsafeMutablePointer<chdf5_source>.allocate(capacity: 1)
        source.initialize(to: chdf5_source(descriptor: descriptor.number, size: fileSize, error: 0))
        defer { source.deallocate() }
        let result: Result<FileIndex, HDF5Error>
        do throws(HDF5Error) {
            result = .success(try index(from: source, descriptor, path: path, fileSize: fileSize))
        } catch {
            result = .failure(error)
        }
        // The library may have lost it on the way, and gone on.
        guard source.pointee.error == 0 else {
            throw Place(file: path).error(.ioFailed, "cannot be read: \(SystemError(code: source.pointee.error))")
        }
        return try result.get()
    }

    private static func index(
        from source: UnsafeMutablePointer<chdf5_source>, _ descriptor: FileDescriptor, path: String, fileSize: UInt64
    ) throws(HDF5Error) -> FileIndex {
        let place = Place(file: path)
        let access = try FileAccess.reading(source, at: place)
        let file = H5Fopen(path, chdf5_read_only(), access.id)
        guard file >= 0 else { throw place.openingError() }
        defer { H5Fclose(file) }
        let properties = try place.require(H5Fget_create_plist(file), "cannot be read")
        defer { H5Pclose(properties) }
        var userBlock: hsize_t = 0
        try place.require(H5Pget_userblock(properties, &userBlock), "cannot be read")
        var indexer = LibraryIndexer(
            file: file, path: path, descriptor: descriptor, fileSize: fileSize, userBlock: UInt64(userBlock))
        let root = try OpenObject(rootOf: file, at: place)
        _ = try indexer.number(of: root, at: "/", depth: 0)
        return FileIndex(objects: indexer.objects, attributes: indexer.attributes, base: indexer.userBlock)
    }

    private init(file: hid_t, path: String, descriptor: FileDescriptor, fileSize: UInt64, userBlock: UInt64) {
        self.file = file
        self.path = path
        self.descriptor = descriptor
        self.fileSize = fileSize
        self.userBlock = userBlock
    }

    // MARK: Objects

    /// The number of an object, which is listed with all below it when it is new.
    private mutating func number(
        of object: consuming OpenObject, at path: String, depth: Int
    ) throws(HDF5Error) -> Int {
        let place = Place(file: self.path, object: path)
        let identity = try object.identity(at: place)
        if let number = numbers[identity] { return number }
        let number = objects.count
        numbers[identity] = number
        objects.append(.other(reason: ""))
        if object.kind == .group || object.kind == .dataset {
            let found = try attributes(of: object.id, at: place)
            if found != .success([]) { attributes[number] = found }
        }
        switch object.kind {
        case .group: objects[number] = .group(try links(of: object, at: path, depth: depth))
        case .dataset: objects[number] = .dataset(try dataset(object, at: place))
        case .other(let reason): objects[number] = .other(reason: reason)
        }
        return number
    }

    private mutating func links(
        of group: borrowing OpenObject, at path: String, depth: Int
    ) throws(HDF5Error) -> Result<[FileIndex.Link], Fault> {
        let names: [[UInt8]]
        do throws(HDF5Error) {
            names = try linkNames(of: group, at: Place(file: self.path, object: path))
        } catch {
            return .failure(try Self.fault(error))
        }
        var links: [FileIndex.Link] = []
        for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            links.append(
                FileIndex.Link(name: name, target: try target(of: name, in: group, at: path, depth: depth)))
        }
        return .success(links)
    }

    private mutating func target(
        of name: [UInt8], in group: borrowing OpenObject, at groupPath: String, depth: Int
    ) throws(HDF5Error) -> FileIndex.Target {
        guard let text = String(validating: name, as: UTF8.self), ObjectPath.isName(text) else {
            return .refused(reason: "has a name that no path can hold")
        }
        let path = ObjectPath.joining(groupPath, text)
        guard depth < ObjectPath.maximumDepth else {
            return .refused(reason: "is more than \(ObjectPath.maximumDepth) groups deep")
        }
        do throws(HDF5Error) {
            var resolver = LinkResolver(file: file, place: Place(file: self.path, object: path))
            switch try resolver.resolve(text, in: group) {
            case .missing: return .refused(reason: "does not exist")
            case .refused(let reason): return .refused(reason: reason)
            case .found(let object): return .object(try number(of: object, at: path, depth: depth + 1))
            }
        } catch {
            return .broken(try Self.fault(error))
        }
    }

    /// What is wrong with one object is told when that object is asked for; what is wrong with reading, at once.
    static func fault(_ error: HDF5Error) throws(HDF5Error) -> Fault {
        if error.kind == .ioFailed { throw error }
        return Fault(error)
    }

    /// More links than any real group has; a damaged index may go round in a circle.
    private static let maximumLinkCount = 1 << 20

    private func linkNames(of group: borrowing OpenObject, at place: Place) throws(HDF5Error) -> [[UInt8]] {
        var names: [[UInt8]] = []
        let status = withUnsafeMutablePointer(to: &names) { names in
            chdf5_iterate_links(
                group.id,
                { name, length, context in
                    guard let names = context?.assumingMemoryBound(to: [[UInt8]].self),
                        names.pointee.count < LibraryIndexer.maximumLinkCount
                    else { return 1 }
                    names.pointee.append(Array(UnsafeRawBufferPointer(start: name, count: length)))
                    return 0
                }, names)
        }
        try place.require(status, "cannot be listed; the file may be damaged")
        guard status == 0 else {
            throw place.error(.damaged, "has more than \(Self.maximumLinkCount) links; is the file damaged?")
        }
        return names
    }
}
