import CHDF5

extension HDF5File {
    /// The longest string that is read, in bytes.
    private static let maximumStringSize = 1 << 20

    /// The string that a dataset holds, of fixed or variable length, for example the 'learned_net' of a solver state.
    ///
    /// Bytes that are not UTF-8 are replaced.
    ///
    /// - Throws: `.missingObject`; `.unsupported` when it is not one string of at most a mebibyte.
    public func string(at path: String) throws(HDF5Error) -> String {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        let place = Place(file: self.path, object: path)
        guard let fileSize = sizeWhenOpened else {
            throw place.error(.invalidRequest, "is being written; close the file and open it for reading")
        }
        let object = try openObject(at: path, .dataset)
        let type = try place.require(H5Dget_type(object.id), "has no readable datatype")
        defer { H5Tclose(type) }
        let typeClass = H5Tget_class(type)
        guard typeClass == H5T_STRING else {
            throw place.error(.unsupported, "holds \(ElementFormat.name(of: typeClass)), expected a string")
        }
        let size = H5Tget_size(type)
        guard (1...Self.maximumStringSize).contains(size) else {
            throw place.error(
                .unsupported, "holds a string of \(size) bytes, expected at most \(Self.maximumStringSize)")
        }
        let data = try StoredData(of: object.id, at: place)
        let shape = try DatasetShape(of: object.id, elementByteCount: size, at: place)
        guard shape.elementCount == 1 else {
            throw place.error(.unsupported, "holds \(shape.elementCount) strings, expected one")
        }
        let access = try data.access(for: shape, fileSize: fileSize)
        if try place.require(H5Tis_variable_str(type), "has no readable datatype") > 0 {
            return try variableString(at: access, fileSize: fileSize, place: place)
        }
        return try fixedString(in: object, type: type, size: size, at: place)
    }

    private func fixedString(
        in dataset: borrowing OpenObject, type: hid_t, size: Int, at place: Place
    ) throws(HDF5Error) -> String {
        var bytes = [UInt8](repeating: 0, count: size)
        try place.require(
            H5Dread(dataset.id, type, chdf5_whole_space(), chdf5_whole_space(), chdf5_default_properties(), &bytes),
            "cannot be read; the file may be damaged")
        var text = bytes.prefix { $0 != 0 }
        if H5Tget_strpad(type) == H5T_STR_SPACEPAD {
            while text.last == UInt8(ascii: " ") { text.removeLast() }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func variableString(
        at access: StoredData.Access, fileSize: UInt64, place: Place
    ) throws(HDF5Error) -> String {
        guard case .contiguous(let offset) = access else {
            throw place.error(.unsupported, "holds a variable-length string in chunks, expected it in one piece")
        }
        let properties = try place.require(H5Fget_create_plist(id), "cannot be read")
        defer { H5Pclose(properties) }
        var userBlock: hsize_t = 0
        var addressSize = 0
        var lengthSize = 0
        try place.require(H5Pget_userblock(properties, &userBlock), "cannot be read")
        try place.require(H5Pget_sizes(properties, &addressSize, &lengthSize), "cannot be read")
        guard addressSize == 8, lengthSize == 8 else {
            throw place.error(.unsupported, "holds a variable-length string in a file without 64-bit addresses")
        }
        let heap = GlobalHeap(
            descriptor: descriptor, fileSize: fileSize, baseAddress: UInt64(userBlock), place: place)
        let bytes = try heap.value(ofElementAt: offset, limit: Self.maximumStringSize)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
