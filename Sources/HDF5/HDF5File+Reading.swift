extension HDF5File {
    /// What is at a path; nil when there is nothing.
    ///
    /// Soft links inside the file are followed, others are `.other`.
    public func objectKind(at path: String) throws(HDF5Error) -> HDF5ObjectKind? {
        let index = try readableIndex()
        switch try resolve(path, in: index) {
        case .found(let number, _): return index.kind(of: number)
        case .missing: return nil
        case .refused(let reason): return .other(reason: reason)
        }
    }

    /// The links of a group, sorted by the bytes of their names.
    ///
    /// - Throws: `.missingObject` when there is no group at the path, `.unsupported` when the way leads out of the
    ///   file or a name is not UTF-8, `.damaged` for a name that no path can hold.
    public func children(ofGroup path: String) throws(HDF5Error) -> [HDF5Child] {
        try links(ofGroup: path).map(\.child)
    }

    /// Everything below a group, each group followed by what it holds.
    ///
    /// A group that several paths lead to is listed each time, but entered only once, so this ends for every file.
    public func descendants(ofGroup path: String) throws(HDF5Error) -> [HDF5Child] {
        var result: [HDF5Child] = []
        var entered: Set<Int> = []
        var pending = Array(try links(ofGroup: path).reversed())
        while let (child, number) = pending.popLast() {
            result.append(child)
            if child.kind == .group, let number, entered.insert(number).inserted {
                pending += try links(ofGroup: child.path).reversed()
            }
        }
        return result
    }

    /// The dataset of numbers at a path, for reading.
    ///
    /// - Throws: `.missingObject`; `.unsupported` when it does not hold numbers, is stored in a way that is not read, or would, with
    ///   those that were opened before, be unpacked to more than `UnpackLimit` allows; `.damaged` when its shape does not agree with the
    ///   bytes in the file, or chunks are missing.
    public func dataset(at path: String) throws(HDF5Error) -> HDF5Dataset {
        let index = try readableIndex()
        return try dataset(number: try number(of: .dataset, at: path, in: index), at: path, in: index)
    }

    /// A group that stays open, for looking up many objects in it.
    ///
    /// - Throws: `.missingObject` when there is no group at the path, `.unsupported` when the way leads out of the file.
    public func group(at path: String) throws(HDF5Error) -> HDF5Group {
        guard let index else {
            HDF5Library.enter()
            defer { HDF5Library.leave() }
            return HDF5Group(file: self, path: path, object: try openObject(at: path, .group))
        }
        try checkOpen()
        return HDF5Group(file: self, path: path, number: try number(of: .group, at: path, in: index))
    }

    /// The string that a dataset holds, of fixed or variable length, for example the 'learned_net' of a solver state.
    ///
    /// Bytes that are not UTF-8 are replaced.
    ///
    /// - Throws: `.missingObject`; `.unsupported` when it is not one string of at most a mebibyte.
    public func string(at path: String) throws(HDF5Error) -> String {
        let index = try readableIndex()
        let place = Place(file: self.path, object: path)
        guard case .dataset(let dataset) = index.objects[try number(of: .dataset, at: path, in: index)] else {
            throw place.error(.missingObject, "does not exist")
        }
        do throws(Fault) {
            if let text = dataset.text { return try text.get() }
            let numbers = try dataset.numbers.get()
            if case .integer = numbers.format.type { throw Fault(.unsupported, "holds integers, expected a string") }
            throw Fault(.unsupported, "holds floating-point numbers, expected a string")
        } catch {
            throw place.error(error)
        }
    }

    // MARK: - For the other parts of the module

    /// Throws `.invalidRequest` for a file that is closed, or being written.
    func readableIndex() throws(HDF5Error) -> FileIndex {
        try checkOpen()
        guard let index else {
            throw place.error(.invalidRequest, "is being written; close the file and open it for reading")
        }
        return index
    }

    /// The dataset with a number.
    func dataset(number: Int, at path: String, in index: FileIndex) throws(HDF5Error) -> HDF5Dataset {
        let place = Place(file: self.path, object: path)
        guard case .dataset(let dataset) = index.objects[number] else {
            throw place.error(.missingObject, "\(index.kind(of: number).predicate), expected a dataset")
        }
        do throws(Fault) {
            let numbers = try dataset.numbers.get()
            try budget.take(numbers.shape.byteCount, for: path, fileSize: sizeWhenOpened ?? 0)
            return HDF5Dataset(
                file: self, path: path, shape: numbers.shape, format: numbers.format,
                storedByteCount: Int(clamping: numbers.storedByteCount), storage: .read(numbers.storage, number))
        } catch {
            throw place.error(error)
        }
    }

    // MARK: - Helpers

    private func resolve(_ path: String, in index: FileIndex) throws(HDF5Error) -> FileIndex.Resolution {
        let place = Place(file: self.path, object: path)
        let components = try ObjectPath(absolute: path, at: place).components
        do throws(Fault) {
            return try index.resolve(components)
        } catch {
            throw place.error(error)
        }
    }

    /// The group or dataset at a path.
    func number(at path: String, in index: FileIndex) throws(HDF5Error) -> Int {
        let place = Place(file: self.path, object: path)
        switch try resolve(path, in: index) {
        case .found(let number, _):
            if case .other(let reason) = index.objects[number] { throw place.error(.missingObject, reason) }
            return number
        case .missing: throw place.error(.missingObject, "does not exist")
        case .refused(let reason): throw place.error(.unsupported, reason)
        }
    }

    /// The object at a path, which must be a group or a dataset as asked for.
    private func number(
        of kind: HDF5ObjectKind, at path: String, in index: FileIndex
    ) throws(HDF5Error) -> Int {
        try find(kind, at: path, in: index).number
    }

    /// The object at a path, which must be a group or a dataset as asked for, and the groups on the way to it.
    private func find(
        _ kind: HDF5ObjectKind, at path: String, in index: FileIndex
    ) throws(HDF5Error) -> (number: Int, trail: [Int]) {
        let place = Place(file: self.path, object: path)
        switch try resolve(path, in: index) {
        case .found(let number, let trail):
            let found = index.kind(of: number)
            if found == kind { return (number, trail) }
            throw place.error(.missingObject, "\(found.predicate), expected \(kind.noun)")
        case .missing: throw place.error(.missingObject, "does not exist")
        case .refused(let reason): throw place.error(.unsupported, reason)
        }
    }

    /// The links of a group, and the number of each object that could be found.
    private func links(ofGroup path: String) throws(HDF5Error) -> [(child: HDF5Child, number: Int?)] {
        let index = try readableIndex()
        let place = Place(file: self.path, object: path)
        let (group, trail) = try find(.group, at: path, in: index)
        guard case .group(let listing) = index.objects[group] else { return [] }
        let folder = ObjectPath.joining(path, "")
        do throws(Fault) {
            return try listing.get().map { (link) throws(Fault) in
                let name = try FileIndex.text(of: link.name)
                var (kind, number) = Self.kind(of: link.target, in: index)
                if kind == .group, let number, trail.contains(number) {
                    kind = .other(reason: "leads back to a group that it lies in")
                } else if trail.count > ObjectPath.maximumDepth {
                    kind = .other(reason: "is more than \(ObjectPath.maximumDepth) groups deep")
                }
                if kind != .group, kind != .dataset { number = nil }
                return (HDF5Child(name: name, path: folder + name, kind: kind), number)
            }
        } catch {
            throw place.error(error)
        }
    }

    /// What a link leads to. An error becomes a reason: one damaged object must not hide the others.
    static func kind(of target: FileIndex.Target, in index: FileIndex) -> (HDF5ObjectKind, Int?) {
        switch target {
        case .object(let number): return (index.kind(of: number), number)
        case .refused(let reason): return (.other(reason: reason), nil)
        case .broken(let fault):
            let cause = fault.libraryMessage.map { " (HDF5: \(Place.printable($0)))" } ?? ""
            return (.other(reason: fault.message + cause), nil)
        }
    }
}
