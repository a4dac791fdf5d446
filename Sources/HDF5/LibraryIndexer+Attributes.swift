import CHDF5

extension LibraryIndexer {
    /// More attributes than any real object has.
    private static let maximumAttributeCount = 1 << 16

    /// What is attached to an object, or why it cannot be listed. Values are read here: where they lie the library does not tell.
    func attributes(of object: hid_t, at place: Place) throws(HDF5Error) -> Result<[StoredAttribute], Fault> {
        do throws(HDF5Error) {
            var attributes: [StoredAttribute] = []
            for name in try attributeNames(of: object, at: place) {
                do throws(HDF5Error) {
                    let value = try attributeValue(name, of: object, at: place)
                    attributes.append(StoredAttribute(name: name, value: .success(value)))
                } catch {
                    attributes.append(StoredAttribute(name: name, value: .failure(try Self.fault(error))))
                }
            }
            return .success(attributes)
        } catch {
            return .failure(try Self.fault(error))
        }
    }

    private func attributeNames(of object: hid_t, at place: Place) throws(HDF5Error) -> [[UInt8]] {
        var names: [[UInt8]] = []
        let status = withUnsafeMutablePointer(to: &names) { names in
            chdf5_iterate_attributes(
                object,
                { name, length, context in
                    guard let names = context?.assumingMemoryBound(to: [[UInt8]].self),
                        names.pointee.count < LibraryIndexer.maximumAttributeCount
                    else { return 1 }
                    names.pointee.append(Array(UnsafeRawBufferPointer(start: name, count: length)))
                    return 0
                }, names)
        }
        try place.require(status, "has attributes that cannot be listed; the file may be damaged")
        guard status == 0 else {
            throw place.error(
                .damaged, "has more than \(Self.maximumAttributeCount) attributes; is the file damaged?")
        }
        return names
    }

    private func attributeValue(
        _ name: [UInt8], of object: hid_t, at place: Place
    ) throws(HDF5Error) -> StoredAttribute.Value {
        let attribute = try place.require(
            (name + [0]).withUnsafeBytes { name in
                H5Aopen(object, name.baseAddress?.assumingMemoryBound(to: CChar.self), chdf5_default_properties())
            }, "cannot be opened; the file may be damaged")
        defer { H5Aclose(attribute) }
        guard H5Aget_storage_size(attribute) <= fileSize else {
            throw place.error(.damaged, "claims more bytes than the file has; is the file damaged?")
        }
        let type = try place.require(H5Aget_type(attribute), "has no readable datatype")
        defer { H5Tclose(type) }
        let space = try place.require(H5Aget_space(attribute), "has no readable shape")
        defer { H5Sclose(space) }
        let size = H5Tget_size(type)
        guard size > 0 else { throw place.error(.damaged, "has elements of no bytes; is the file damaged?") }
        let shape = try DatasetShape(ofSpace: space, elementByteCount: size, at: place)
        guard UInt64(shape.elementCount) <= fileSize, UInt64(shape.byteCount) <= fileSize else {
            throw place.error(.damaged, "claims more bytes than the file has; is the file damaged?")
        }
        guard H5Tget_class(type) == H5T_STRING else {
            let format = try ElementFormat(datatype: type, at: place)
            return StoredAttribute.Value(
                shape: shape, content: .numbers(format, try bytes(of: attribute, type: type, shape: shape, at: place)))
        }
        let isUTF8 = H5Tget_cset(type) == H5T_CSET_UTF8
        if try place.require(H5Tis_variable_str(type), "has no readable datatype") > 0 {
            let strings = try variableStrings(
                of: attribute, type: type, space: space, count: shape.elementCount, at: place)
            // What the file keeps for each is no pointer.
            let stored = try DatasetShape(ofSpace: space, elementByteCount: 16, at: place)
            return StoredAttribute.Value(shape: stored, content: .strings(strings, .variable(isUTF8: isUTF8)))
        }
        let padding: HDF5StringForm.Padding =
            switch H5Tget_strpad(type) {
            case H5T_STR_NULLPAD: .zeros
            case H5T_STR_SPACEPAD: .spaces
            default: .zeroTerminated
            }
        let form = HDF5StringForm.fixed(byteCount: size, padding: padding, isUTF8: isUTF8)
        let bytes = try bytes(of: attribute, type: type, shape: shape, at: place)
        return StoredAttribute.Value(
            shape: shape, content: .strings(form.strings(in: bytes, count: shape.elementCount), form))
    }

    /// The elements as they are stored.
    private func bytes(of attribute: hid_t, type: hid_t, shape: DatasetShape, at place: Place) throws(HDF5Error)
        -> [UInt8]
    {
        var bytes = [UInt8](repeating: 0, count: shape.byteCount)
        if bytes.isEmpty { return bytes }
        try place.require(H5Aread(attribute, type, &bytes), "cannot be read; the file may be damaged")
        return bytes
    }

    private func variableStrings(
        of attribute: hid_t, type: hid_t, space: hid_t, count: Int, at place: Place
    ) throws(HDF5Error) -> [[UInt8]] {
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
        if count == 0 { return [] }
        try place.require(H5Aread(attribute, type, &pointers), "cannot be read; the file may be damaged")
        defer { chdf5_free_variable(type, space, &pointers) }
        var left = fileSize
        var strings: [[UInt8]] = []
        for pointer in pointers {
            let length = pointer.map { strlen($0) } ?? 0
            guard UInt64(length) <= left else {
                throw place.error(.damaged, "claims more bytes than the file has; is the file damaged?")
            }
            left -= UInt64(length)
            strings.append(Array(UnsafeRawBufferPointer(start: pointer, count: length)))
        }
        return strings
    }
}
