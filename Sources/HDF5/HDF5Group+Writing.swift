extension HDF5Group {
    /// Creates a group in this one.
    ///
    /// - Parameter name: without '/'.
    /// - Returns: the new group, which stays open.
    /// - Throws: `.cannotCreate`, for example when the name is taken.
    public func createGroup(_ name: String) throws(HDF5Error) -> HDF5Group {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        try file.checkWritable()
        let path = try path(ofMember: name)
        switch object {
        case .some(let object): return try file.createGroup(name, in: object, at: path)
        case .none: throw notWritten
        }
    }

    /// Creates a dataset in this group, as `HDF5File.createDataset` does.
    public func createDataset(
        _ name: String, shape: [Int], elementType: HDF5ElementType = .float32, compression: Int = 0
    ) throws(HDF5Error) -> HDF5Dataset {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        try file.checkWritable()
        let path = try path(ofMember: name)
        switch object {
        case .some(let object):
            return try file.createDataset(
                name, in: object, at: path, shape: shape, elementType: elementType, compression: compression)
        case .none: throw notWritten
        }
    }

    private var notWritten: HDF5Error {
        Place(file: file.path, object: path).error(.invalidRequest, "was opened for reading and cannot be written")
    }

    private func path(ofMember name: String) throws(HDF5Error) -> String {
        let path = prefix + name
        guard ObjectPath.isName(name), !name.utf8.contains(0) else {
            throw Place(file: file.path, object: path).error(.cannotCreate, "is no name that an object can have")
        }
        return path
    }
}
