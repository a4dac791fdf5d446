import CHDF5

extension HDF5File {
    /// Creates a group in a group that exists.
    ///
    /// - Returns: the new group, which stays open.
    /// - Throws: `.cannotCreate`, for example when the name is taken; `.missingObject` when there is no such parent.
    @discardableResult
    public func createGroup(_ path: String) throws(HDF5Error) -> HDF5Group {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        try checkWritable()
        let (parentPath, name) = try parentAndName(of: path, at: Place(file: self.path, object: path))
        return try createGroup(name, in: try openObject(at: parentPath, .group), at: path)
    }

    /// Creates a dataset in a group that exists, to be written with `HDF5Dataset.write`.
    ///
    /// Without compression it is laid out as Caffe does it: contiguous, little-endian, of fixed extent. What is not
    /// written before the file is closed reads as zeros.
    ///
    /// - Parameters:
    ///   - shape: the lengths of the axes, up to 32; empty for a scalar.
    ///   - elementType: `.float16`, whose elements are written as they are stored, `.float32` or `.float64`.
    ///   - compression: 0 for none, or a gzip level from 1 to 9, with shuffled bytes. Scalars, and datasets of less
    ///     than 16 KiB, whose index would take what compression saves, are never compressed.
    public func createDataset(
        _ path: String, shape: [Int], elementType: HDF5ElementType = .float32, compression: Int = 0
    ) throws(HDF5Error) -> HDF5Dataset {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        try checkWritable()
        let (parentPath, name) = try parentAndName(of: path, at: Place(file: self.path, object: path))
        return try createDataset(
            name, in: try openObject(at: parentPath, .group), at: path, shape: shape, elementType: elementType,
            compression: compression)
    }

    // MARK: - In an open group

    /// The library's lock must be held, and the file be open for writing.
    func createGroup(_ name: String, in parent: borrowing OpenObject, at path: String) throws(HDF5Error) -> HDF5Group {
        let place = Place(file: self.path, object: path)
        let group = H5Gcreate2(
            parent.id, name, chdf5_default_properties(), try creationProperties(at: place).group,
            chdf5_default_properties())
        return HDF5Group(
            file: self, path: path,
            object: OpenObject(takingOver: try place.require(group, as: .cannotCreate, "cannot be created")))
    }

    /// The library's lock must be held, and the file be open for writing.
    func createDataset(
        _ name: String, in parent: borrowing OpenObject, at path: String, shape: [Int], elementType: HDF5ElementType,
        compression: Int
    ) throws(HDF5Error) -> HDF5Dataset {
        let place = Place(file: self.path, object: path)
        guard [.float16, .float32, .float64].contains(elementType) else {
            throw place.error(
                .cannotCreate, "cannot be created as \(elementType), expected float16, float32 or float64")
        }
        guard (0...9).contains(compression) else {
            throw place.error(.cannotCreate, "cannot be compressed at level \(compression), expected 0 to 9")
        }
        guard shape.count <= Int(H5S_MAX_RANK),
            let checkedShape = DatasetShape(shape, elementByteCount: elementType.byteCount)
        else {
            throw place.error(.cannotCreate, "cannot be created with the shape \(shape)")
        }
        let storage: HDF5Dataset.Storage
        if compression > 0, !shape.isEmpty, checkedShape.byteCount >= ChunkWriter.minimumDatasetSize {
            let chunk = ChunkWriter.chunk(for: shape, elementSize: elementType.byteCount)
            let properties = try ChunkedProperties(chunk: chunk, compression: compression, at: place)
            let object = try makeDataset(
                name, in: parent, shape: shape, elementType: elementType, creation: properties.creation,
                access: properties.access, at: place)
            let writer = ChunkWriter(
                dataset: object, shape: checkedShape, chunk: chunk, elementSize: elementType.byteCount, place: place)
            register(writer)
            storage = .writeCompressed(writer)
        } else {
            let object = try makeDataset(
                name, in: parent, shape: shape, elementType: elementType,
                creation: try creationProperties(at: place).contiguous, access: chdf5_default_properties(), at: place)
            let offset = try offset(of: object, byteCount: checkedShape.byteCount, at: place)
            if checkedShape.byteCount >= HDF5Dataset.reservedSize {
                descriptor.reserve(checkedShape.byteCount, at: offset)
            }
            storage = .writeContiguous(offset: offset)
        }
        return HDF5Dataset(
            file: self, path: path, shape: checkedShape, format: ElementFormat(type: elementType),
            storedByteCount: checkedShape.byteCount, storage: storage)
    }

    /// Opens what is at a path of a file that is written, which must be of the kind asked for. The library's lock must be held.
    func openObject(at path: String, _ kind: HDF5ObjectKind) throws(HDF5Error) -> OpenObject {
        try checkOpen()
        let place = Place(file: self.path, object: path)
        var resolver = LinkResolver(file: id, place: place)
        switch try resolver.resolve(try ObjectPath(absolute: path, at: place).components) {
        case .found(let object):
            if object.kind == kind { return object }
            throw place.error(.missingObject, "\(object.kind.predicate), expected \(kind.noun)")
        case .missing: throw place.error(.missingObject, "does not exist")
        case .refused(let reason): throw place.error(.unsupported, reason)
        }
    }

    // MARK: - Helpers

    private func parentAndName(
        of path: String, at place: Place
    ) throws(HDF5Error) -> (parent: String, name: String) {
        let components = try ObjectPath(absolute: path, at: place).components
        guard let name = components.last else {
            throw place.error(.cannotCreate, "is the root group, which exists already")
        }
        return ("/" + components.dropLast().joined(separator: "/"), name)
    }

    private func makeDataset(
        _ name: String, in parent: borrowing OpenObject, shape: [Int], elementType: HDF5ElementType, creation: hid_t,
        access: hid_t, at place: Place
    ) throws(HDF5Error) -> OpenObject {
        let lengths = shape.map { hsize_t($0) }
        let space = try place.require(
            shape.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(CInt(shape.count), lengths, nil),
            as: .cannotCreate, "cannot be created")
        defer { H5Sclose(space) }
        let half =
            elementType == .float16
            ? try place.require(chdf5_create_float16_little_endian(), as: .cannotCreate, "cannot be created") : nil
        defer { if let half { H5Tclose(half) } }
        let type = half ?? (elementType == .float64 ? chdf5_float64_little_endian() : chdf5_float32_little_endian())
        let dataset = H5Dcreate2(parent.id, name, type, space, chdf5_default_properties(), creation, access)
        return OpenObject(takingOver: try place.require(dataset, as: .cannotCreate, "cannot be created"))
    }

    /// Where a contiguous dataset lies in the file; 0 when it has no bytes.
    private func offset(
        of dataset: borrowing OpenObject, byteCount: Int, at place: Place
    ) throws(HDF5Error) -> UInt64 {
        if byteCount == 0 { return 0 }
        let address = H5Dget_offset(dataset.id)
        guard address != chdf5_undefined_address() else {
            throw place.libraryError(.cannotCreate, "cannot be created: the library gave it no place in the file")
        }
        let offset = UInt64(address)
        guard offset <= Int64.max, UInt64(byteCount) <= UInt64(Int64.max) - offset else {
            throw place.error(.cannotCreate, "cannot be created: no file can hold \(byteCount) bytes more")
        }
        return offset
    }
}
