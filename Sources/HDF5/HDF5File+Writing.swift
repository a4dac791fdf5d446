import CHDF5

extension HDF5File {
    /// Creates a group in a group that exists.
    ///
    /// - Throws: `.cannotCreate`, for example when the name is taken; `.missingObject` when there is no such parent.
    public func createGroup(_ path: String) throws(HDF5Error) {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        try checkWritable()
        let place = Place(file: self.path, object: path)
        let (parentPath, name) = try parentAndName(of: path, at: place)
        let parent = try openObject(at: parentPath, .group)
        let properties = try place.require(
            H5Pcreate(chdf5_group_creation_class()), as: .cannotCreate, "cannot be created")
        defer { H5Pclose(properties) }
        try place.require(chdf5_disable_object_times(properties), as: .cannotCreate, "cannot be created")
        let group = H5Gcreate2(
            parent.id, name, chdf5_default_properties(), properties, chdf5_default_properties())
        H5Gclose(try place.require(group, as: .cannotCreate, "cannot be created"))
    }

    /// Creates a dataset in a group that exists, to be written with `HDF5Dataset.write`.
    ///
    /// Without compression it is laid out as Caffe does it: contiguous, little-endian, of fixed extent. What is not
    /// written before the file is closed reads as zeros.
    ///
    /// - Parameters:
    ///   - shape: the lengths of the axes, up to 32; empty for a scalar.
    ///   - elementType: `.float32` or `.float64`.
    ///   - compression: 0 for none, or a gzip level from 1 to 9, with shuffled bytes. Scalars, and datasets of less
    ///     than 16 KiB, whose index would take what compression saves, are never compressed.
    public func createDataset(
        _ path: String, shape: [Int], elementType: HDF5ElementType = .float32, compression: Int = 0
    ) throws(HDF5Error) -> HDF5Dataset {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        try checkWritable()
        let place = Place(file: self.path, object: path)
        guard elementType == .float32 || elementType == .float64 else {
            throw place.error(.cannotCreate, "cannot be created as \(elementType), expected float32 or float64")
        }
        guard (0...9).contains(compression) else {
            throw place.error(.cannotCreate, "cannot be compressed at level \(compression), expected 0 to 9")
        }
        guard shape.count <= Int(H5S_MAX_RANK),
            let checkedShape = DatasetShape(shape, elementByteCount: elementType.byteCount)
        else {
            throw place.error(.cannotCreate, "cannot be created with the shape \(shape)")
        }
        let (parentPath, name) = try parentAndName(of: path, at: place)
        let parent = try openObject(at: parentPath, .group)
        let chunk =
            compression > 0 && !shape.isEmpty && checkedShape.byteCount >= ChunkWriter.minimumDatasetSize
            ? ChunkWriter.chunk(for: shape, elementSize: elementType.byteCount) : nil
        let object = try makeDataset(
            name, in: parent, shape: shape, elementType: elementType,
            compression: chunk.map { (level: compression, chunk: $0) }, at: place)
        let storage: HDF5Dataset.Storage
        if let chunk {
            let writer = ChunkWriter(
                dataset: object, shape: checkedShape, chunk: chunk, elementSize: elementType.byteCount, place: place)
            register(writer)
            storage = .writeCompressed(writer)
        } else {
            storage = .writeContiguous(
                offset: try offset(of: object, byteCount: checkedShape.byteCount, at: place))
        }
        return HDF5Dataset(
            file: self, path: path, shape: checkedShape, format: ElementFormat(type: elementType),
            storedByteCount: checkedShape.byteCount, storage: storage)
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
        _ name: String, in parent: borrowing OpenObject, shape: [Int], elementType: HDF5ElementType,
        compression: (level: Int, chunk: [Int])?, at place: Place
    ) throws(HDF5Error) -> OpenObject {
        let failed = "cannot be created"
        let creation = try place.require(H5Pcreate(chdf5_dataset_creation_class()), as: .cannotCreate, failed)
        defer { H5Pclose(creation) }
        let access = try place.require(H5Pcreate(chdf5_dataset_access_class()), as: .cannotCreate, failed)
        defer { H5Pclose(access) }
        try place.require(chdf5_disable_object_times(creation), as: .cannotCreate, failed)
        if let compression {
            let chunk = compression.chunk.map { hsize_t($0) }
            try place.require(H5Pset_chunk(creation, CInt(chunk.count), chunk), as: .cannotCreate, failed)
            try place.require(H5Pset_shuffle(creation), as: .cannotCreate, failed)
            try place.require(H5Pset_deflate(creation, UInt32(compression.level)), as: .cannotCreate, failed)
            // No cache: each chunk is written when it is complete, so that a full disk shows in the call that wrote it.
            try place.require(H5Pset_chunk_cache(access, 1, 0, 1), as: .cannotCreate, failed)
        } else {
            try place.require(H5Pset_layout(creation, H5D_CONTIGUOUS), as: .cannotCreate, failed)
            // Early: the place in the file is needed before anything is written.
            try place.require(H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY), as: .cannotCreate, failed)
        }
        let lengths = shape.map { hsize_t($0) }
        let space = try place.require(
            shape.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(CInt(shape.count), lengths, nil),
            as: .cannotCreate, failed)
        defer { H5Sclose(space) }
        let type = elementType == .float64 ? chdf5_float64_little_endian() : chdf5_float32_little_endian()
        let dataset = H5Dcreate2(parent.id, name, type, space, chdf5_default_properties(), creation, access)
        return OpenObject(takingOver: try place.require(dataset, as: .cannotCreate, failed))
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
