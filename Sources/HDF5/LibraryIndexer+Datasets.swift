import CHDF5

extension LibraryIndexer {
    func dataset(_ object: borrowing OpenObject, at place: Place) throws(HDF5Error) -> FileIndex.Dataset {
        var result: FileIndex.Dataset
        do throws(HDF5Error) {
            result = FileIndex.Dataset(numbers: .success(try numbers(of: object.id, at: place)), text: nil)
        } catch {
            result = FileIndex.Dataset(numbers: .failure(try Self.fault(error)), text: nil)
            do throws(HDF5Error) {
                result.text = try text(of: object, at: place).map { .success($0) }
            } catch {
                result.text = .failure(try Self.fault(error))
            }
        }
        return result
    }

    private func numbers(of dataset: hid_t, at place: Place) throws(HDF5Error) -> StoredNumbers {
        let type = try place.require(H5Dget_type(dataset), "has no readable datatype")
        defer { H5Tclose(type) }
        let format = try ElementFormat(datatype: type, at: place)
        let properties = try place.require(H5Dget_create_plist(dataset), "has no readable creation properties")
        defer { H5Pclose(properties) }
        try Self.checkLayout(properties, at: place)
        let shape = try DatasetShape(of: dataset, elementByteCount: format.type.byteCount, at: place)
        let layout = try layout(of: dataset, type: type, properties: properties, shape: shape, at: place)
        let fill = try Self.fillValue(in: properties, type: type, byteCount: format.type.byteCount, at: place)
        do throws(Fault) {
            return try StoredNumbers(shape: shape, format: format, layout: layout, fill: fill, fileSize: fileSize)
        } catch {
            throw place.error(error)
        }
    }

    /// Throws `.unsupported` for data that are not in the file.
    ///
    /// This must come before the dataset's shape is asked for: to tell the shape of a virtual dataset, the library may
    /// open the files that it is made of.
    static func checkLayout(_ properties: hid_t, at place: Place) throws(HDF5Error) {
        let layout = H5Pget_layout(properties)
        guard [H5D_COMPACT, H5D_CONTIGUOUS, H5D_CHUNKED].contains(layout) else {
            throw layout == H5D_VIRTUAL
                ? place.error(
                    .unsupported, "is a virtual dataset, made of other datasets; copy the data into this file")
                : place.error(.unsupported, "has an unknown layout, expected contiguous, chunked or compact")
        }
        guard H5Pget_external_count(properties) == 0 else {
            throw place.error(
                .unsupported,
                "keeps its data in another file (external storage), which is not read; copy the data into this file")
        }
    }

    private func layout(
        of dataset: hid_t, type: hid_t, properties: hid_t, shape: DatasetShape, at place: Place
    ) throws(HDF5Error) -> StoredNumbers.Layout {
        switch H5Pget_layout(properties) {
        case H5D_COMPACT:
            // What a header holds has less than 64 KiB, whatever the shape claims.
            let stored = UInt64(H5Dget_storage_size(dataset))
            guard UInt64(shape.byteCount) <= stored, stored <= 1 << 16 else {
                throw place.error(StoredNumbers.tooFew(stored, for: UInt64(shape.byteCount)))
            }
            return .inHeader(try Self.contents(of: dataset, type: type, byteCount: shape.byteCount, at: place))
        case H5D_CHUNKED:
            return try chunkedLayout(of: dataset, properties: properties, shape: shape, at: place)
        default:
            let address = H5Dget_offset(dataset)
            return .contiguous(
                offset: address == chdf5_undefined_address() ? nil : UInt64(address),
                byteCount: UInt64(H5Dget_storage_size(dataset)))
        }
    }

    /// All elements, unconverted, of a dataset whose size is known to be small.
    private static func contents(
        of dataset: hid_t, type: hid_t, byteCount: Int, at place: Place
    ) throws(HDF5Error) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        if byteCount == 0 { return bytes }
        try place.require(
            H5Dread(dataset, type, chdf5_whole_space(), chdf5_whole_space(), chdf5_default_properties(), &bytes),
            "cannot be read; the file may be damaged")
        return bytes
    }

    private static func fillValue(
        in properties: hid_t, type: hid_t, byteCount: Int, at place: Place
    ) throws(HDF5Error) -> StoredNumbers.FillValue {
        var status = H5D_FILL_VALUE_UNDEFINED
        var time = H5D_FILL_TIME_NEVER
        try place.require(H5Pfill_value_defined(properties, &status), "has no readable fill value")
        try place.require(H5Pget_fill_time(properties, &time), "has no readable fill value")
        if time == H5D_FILL_TIME_NEVER { return .undefined }
        switch status {
        case H5D_FILL_VALUE_DEFAULT: return .standard
        case H5D_FILL_VALUE_USER_DEFINED:
            var bytes = [UInt8](repeating: 0, count: byteCount)
            try place.require(H5Pget_fill_value(properties, type, &bytes), "has no readable fill value")
            return .value(bytes)
        default: return .undefined
        }
    }
}
