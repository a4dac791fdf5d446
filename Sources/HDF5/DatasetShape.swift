import CHDF5

/// The lengths of a dataset's axes, checked so that their product and its size in bytes fit into an `Int`.
struct DatasetShape: Equatable, Sendable {
    let lengths: [Int]
    let elementByteCount: Int
    let elementCount: Int
    let byteCount: Int

    /// The shape with these lengths; nil when one is negative, or the whole is larger than any file.
    init?(_ lengths: [Int], elementByteCount: Int) {
        guard lengths.allSatisfy({ $0 >= 0 }) else { return nil }
        var elementCount = 1
        // The product of the lengths that are not 0 must fit, too: it gives the distance between rows.
        for length in lengths where length > 0 {
            let (product, overflow) = elementCount.multipliedReportingOverflow(by: length)
            if overflow { return nil }
            elementCount = product
        }
        let (byteCount, overflow) = elementCount.multipliedReportingOverflow(by: elementByteCount)
        if overflow { return nil }
        self.lengths = lengths
        self.elementByteCount = elementByteCount
        self.elementCount = lengths.contains(0) ? 0 : elementCount
        self.byteCount = lengths.contains(0) ? 0 : byteCount
    }

    /// The shape that a file claims; throws `.damaged` when no file can hold it.
    init(claimed lengths: some Collection<UInt64>, elementByteCount: Int) throws(Fault) {
        guard let shape = DatasetShape(lengths.map { Int(clamping: $0) }, elementByteCount: elementByteCount) else {
            throw Fault(
                .damaged, "claims the shape \(lengths.map(String.init).joined(separator: "x")), larger than any file")
        }
        self = shape
    }

    /// The shape that a dataset of the library claims; throws `.unsupported` or `.damaged`.
    init(of dataset: hid_t, elementByteCount: Int, at place: Place) throws(HDF5Error) {
        let dataspace = try place.require(H5Dget_space(dataset), "has no readable shape")
        defer { H5Sclose(dataspace) }
        try self.init(ofSpace: dataspace, elementByteCount: elementByteCount, at: place)
    }

    /// The shape that a dataspace of the library claims; throws `.unsupported` or `.damaged`.
    init(ofSpace dataspace: hid_t, elementByteCount: Int, at place: Place) throws(HDF5Error) {
        switch H5Sget_simple_extent_type(dataspace) {
        case H5S_SCALAR, H5S_SIMPLE: break
        case H5S_NULL: throw place.error(.unsupported, "is an empty dataset without a shape (a null dataspace)")
        default: throw place.libraryError(.damaged, "has no readable shape")
        }
        var lengths = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
        let rank = try place.require(
            H5Sget_simple_extent_dims(dataspace, &lengths, nil), "has no readable shape")
        do throws(Fault) {
            self = try DatasetShape(
                claimed: lengths.prefix(Int(rank)).map { UInt64($0) }, elementByteCount: elementByteCount)
        } catch {
            throw place.error(error)
        }
    }
}
