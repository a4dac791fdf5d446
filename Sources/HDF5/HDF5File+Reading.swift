import CHDF5

extension HDF5File {
    /// More links than any real group has; a damaged index may go round in a circle.
    private static let maximumLinkCount = 1 << 20

    /// What is at a path; nil when there is nothing.
    ///
    /// Soft links inside the file are followed, others are `.other`.
    public func objectKind(at path: String) throws(HDF5Error) -> HDF5ObjectKind? {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        try checkOpen()
        let place = Place(file: self.path, object: path)
        var resolver = LinkResolver(file: id, place: place)
        switch try resolver.resolve(try ObjectPath(absolute: path, at: place)) {
        case .found(let object): return object.kind
        case .missing: return nil
        case .refused(let reason): return .other(reason: reason)
        }
    }

    /// The links of a group, sorted by the bytes of their names.
    ///
    /// - Throws: `.missingObject` when there is no group at the path, `.unsupported` when the way leads out of the
    ///   file.
    public func children(ofGroup path: String) throws(HDF5Error) -> [HDF5Child] {
        try links(ofGroup: path).map(\.child)
    }

    /// Everything below a group, each group followed by what it holds.
    ///
    /// A group that several paths lead to is listed each time, but entered only once, so this ends for every file.
    public func descendants(ofGroup path: String) throws(HDF5Error) -> [HDF5Child] {
        var result: [HDF5Child] = []
        var entered: Set<OpenObject.Identity> = []
        var pending = Array(try links(ofGroup: path).reversed())
        while let (child, identity) = pending.popLast() {
            result.append(child)
            if child.kind == .group, let identity, entered.insert(identity).inserted {
                pending += try links(ofGroup: child.path).reversed()
            }
        }
        return result
    }

    /// The dataset of numbers at a path, for reading.
    ///
    /// - Throws: `.missingObject`; `.unsupported` when it does not hold numbers or is stored in a way that is not read;
    ///   `.damaged` when its shape does not agree with the bytes in the file.
    public func dataset(at path: String) throws(HDF5Error) -> HDF5Dataset {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        return try dataset(openedAs: try openObject(at: path, .dataset), at: path)
    }

    /// A group that stays open, for looking up many objects in it.
    ///
    /// - Throws: `.missingObject` when there is no group at the path, `.unsupported` when the way leads out of the file.
    public func group(at path: String) throws(HDF5Error) -> HDF5Group {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        return HDF5Group(file: self, path: path, object: try openObject(at: path, .group))
    }

    // MARK: - Helpers

    /// The library's lock must be held.
    func dataset(openedAs object: consuming OpenObject, at path: String) throws(HDF5Error) -> HDF5Dataset {
        let place = Place(file: self.path, object: path)
        guard let fileSize = sizeWhenOpened else {
            throw place.error(.invalidRequest, "is being written; close the file and open it for reading")
        }
        let type = try place.require(H5Dget_type(object.id), "has no readable datatype")
        defer { H5Tclose(type) }
        let format = try ElementFormat(datatype: type, at: place)
        let data = try StoredData(of: object.id, at: place)
        let shape = try DatasetShape(of: object.id, elementByteCount: format.type.byteCount, at: place)
        let storage: HDF5Dataset.Storage
        switch try data.access(for: shape, fileSize: fileSize) {
        case .contiguous(let offset): storage = .readContiguous(offset: offset)
        case .throughLibrary: storage = .readThroughLibrary(object)
        }
        return HDF5Dataset(
            file: self, path: path, shape: shape, format: format, storedByteCount: Int(clamping: data.byteCount),
            storage: storage)
    }

    /// Opens what is at a path, which must be a group or a dataset as asked for. The library's lock must be held.
    func openObject(at path: String, _ kind: HDF5ObjectKind) throws(HDF5Error) -> OpenObject {
        let place = Place(file: self.path, object: path)
        var resolver = LinkResolver(file: id, place: place)
        return try openObject(at: path, kind, with: &resolver)
    }

    private func openObject(
        at path: String, _ kind: HDF5ObjectKind, with resolver: inout LinkResolver
    ) throws(HDF5Error) -> OpenObject {
        try checkOpen()
        let place = resolver.place
        switch try resolver.resolve(try ObjectPath(absolute: path, at: place)) {
        case .found(let object):
            if object.kind == kind { return object }
            throw place.error(.missingObject, "\(object.kind.predicate), expected \(kind.noun)")
        case .missing: throw place.error(.missingObject, "does not exist")
        case .refused(let reason): throw place.error(.unsupported, reason)
        }
    }

    /// The links of a group, and the identity of each object that could be found.
    private func links(ofGroup path: String) throws(HDF5Error) -> [(child: HDF5Child, identity: OpenObject.Identity?)] {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        var resolver = LinkResolver(file: id, place: Place(file: self.path, object: path))
        let group = try openObject(at: path, .group, with: &resolver)
        let trail = resolver.trail
        let names = try linkNames(of: group, at: resolver.place).sorted { $0.lexicographicallyPrecedes($1) }
        var result: [(child: HDF5Child, identity: OpenObject.Identity?)] = []
        for bytes in names {
            let name = String(decoding: bytes, as: UTF8.self)
            var identity: OpenObject.Identity?
            var kind = HDF5ObjectKind.other(reason: "has a name that no path can hold")
            if ObjectPath(name).components == [name], name.utf8.elementsEqual(bytes) {
                (kind, identity) = target(of: name, in: group, with: &resolver)
            }
            if kind == .group, let identity, trail.contains(identity) {
                kind = .other(reason: "leads back to a group that it lies in")
            } else if trail.count > ObjectPath.maximumDepth {
                kind = .other(reason: "is more than \(ObjectPath.maximumDepth) groups deep")
            }
            result.append((HDF5Child(name: name, path: ObjectPath.joining(path, name), kind: kind), identity))
        }
        return result
    }

    /// What a link leads to. An error becomes a reason: one damaged object must not hide the others.
    private func target(
        of name: String, in group: borrowing OpenObject, with resolver: inout LinkResolver
    ) -> (HDF5ObjectKind, OpenObject.Identity?) {
        do {
            switch try resolver.resolve(name, in: group) {
            case .found(let object): return (object.kind, try object.identity(at: resolver.place))
            case .missing: return (.other(reason: "does not exist"), nil)
            case .refused(let reason): return (.other(reason: reason), nil)
            }
        } catch {
            let cause = error.libraryMessage.map { " (HDF5: \(Place.printable($0)))" } ?? ""
            return (.other(reason: error.message + cause), nil)
        }
    }

    func linkNames(of group: borrowing OpenObject, at place: Place) throws(HDF5Error) -> [[UInt8]] {
        var names: [[UInt8]] = []
        let status = withUnsafeMutablePointer(to: &names) { names in
            chdf5_iterate_links(
                group.id,
                { name, length, context in
                    guard let names = context?.assumingMemoryBound(to: [[UInt8]].self),
                        names.pointee.count < HDF5File.maximumLinkCount
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
