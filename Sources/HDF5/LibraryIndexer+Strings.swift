import CHDF5

extension LibraryIndexer {
    /// The longest string that is read, in bytes.
    private static let maximumStringSize = 1 << 20

    /// The string that a dataset holds, of fixed or variable length; `nil` when it holds numbers.
    ///
    /// - Throws: `.unsupported` when it is not one string of at most a mebibyte.
    func text(of object: borrowing OpenObject, at place: Place) throws(HDF5Error) -> String? {
        let type = try place.require(H5Dget_type(object.id), "has no readable datatype")
        defer { H5Tclose(type) }
        let typeClass = H5Tget_class(type)
        if [H5T_FLOAT, H5T_INTEGER].contains(typeClass) { return nil }
        guard typeClass == H5T_STRING else {
            throw place.error(.unsupported, "holds \(ElementFormat.name(of: typeClass)), expected a string")
        }
        let size = H5Tget_size(type)
        guard (1...Self.maximumStringSize).contains(size) else {
            throw place.error(
                .unsupported, "holds a string of \(size) bytes, expected at most \(Self.maximumStringSize)")
        }
        let properties = try place.require(H5Dget_create_plist(object.id), "has no readable creation properties")
        defer { H5Pclose(properties) }
        try Self.checkLayout(properties, at: place)
        let shape = try DatasetShape(of: object.id, elementByteCount: size, at: place)
        guard shape.elementCount == 1 else {
            throw place.error(.unsupported, "holds \(shape.elementCount) strings, expected one")
        }
        guard H5Dget_storage_size(object.id) <= fileSize else {
            throw place.error(.damaged, "claims more bytes than the file has; is the file damaged?")
        }
        if try place.require(H5Tis_variable_str(type), "has no readable datatype") > 0 {
            return try variableString(in: object, place: place)
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

    private func variableString(in dataset: borrowing OpenObject, place: Place) throws(HDF5Error) -> String {
        let address = H5Dget_offset(dataset.id)
        guard address != chdf5_undefined_address() else {
            throw place.error(.unsupported, "holds a variable-length string in chunks, expected it in one piece")
        }
        let properties = try place.require(H5Fget_create_plist(file), "cannot be read")
        defer { H5Pclose(properties) }
        var addressSize = 0
        var lengthSize = 0
        try place.require(H5Pget_sizes(properties, &addressSize, &lengthSize), "cannot be read")
        guard addressSize == 8, lengthSize == 8 else {
            throw place.error(.unsupported, "holds a variable-length string in a file without 64-bit addresses")
        }
        let heap = GlobalHeap(descriptor: descriptor, fileSize: fileSize, baseAddress: userBlock, place: place)
        let bytes = try heap.value(ofElementAt: UInt64(address), limit: Self.maximumStringSize)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
