import CHDF5

/// How a dataset's data are stored, and whether they can be there at all.
///
/// A damaged or hostile file may claim any shape. Nothing is allocated for a shape before it stands in proportion to
/// the bytes that the file holds.
struct StoredData {
    /// How the data are reached.
    enum Access: Equatable {
        /// One run of bytes in the file, elements in row-major order.
        case contiguous(offset: UInt64)
        /// In chunks or in the object's header: only the library finds them.
        case throughLibrary
    }

    /// Deflate makes no more than 1032 bytes of one (zlib, technical details); a little more for rounding.
    private static let largestExpansion: UInt64 = 1100

    /// The bytes that the data take in the file, after compression.
    let byteCount: UInt64
    private let dataset: hid_t
    private let isContiguous: Bool
    /// How many bytes one stored byte can become.
    private let expansion: UInt64
    /// The elements of one chunk; 0 when there are no chunks.
    private let chunkElementCount: UInt64
    private let place: Place

    /// Looks at the layout and the filters of a dataset; throws `.unsupported` for those that are not read.
    ///
    /// This must come before the dataset's shape is asked for: to tell the shape of a virtual dataset, the library may
    /// open the files that it is made of.
    init(of dataset: hid_t, at place: Place) throws(HDF5Error) {
        let properties = try place.require(H5Dget_create_plist(dataset), "has no readable creation properties")
        defer { H5Pclose(properties) }
        let layout = H5Pget_layout(properties)
        guard [H5D_COMPACT, H5D_CONTIGUOUS, H5D_CHUNKED].contains(layout) else {
            throw Self.unsupportedLayout(layout, at: place)
        }
        guard H5Pget_external_count(properties) == 0 else {
            throw place.error(
                .unsupported,
                "keeps its data in another file (external storage), which is not read; copy the data into this file")
        }
        let isChunked = layout == H5D_CHUNKED
        isContiguous = layout == H5D_CONTIGUOUS
        expansion = isChunked ? try Self.expansion(ofFiltersIn: properties, at: place) : 1
        chunkElementCount = isChunked ? try Self.chunkElementCount(in: properties, at: place) : 0
        byteCount = UInt64(H5Dget_storage_size(dataset))
        self.dataset = dataset
        self.place = place
    }

    /// How to reach the data, once it is known that the file can hold them; throws `.damaged` when it cannot.
    ///
    /// - Parameter shape: what the file claims.
    func access(for shape: DatasetShape, fileSize: UInt64) throws(HDF5Error) -> Access {
        let needed = UInt64(shape.byteCount)
        guard byteCount <= fileSize else {
            throw place.error(.damaged, "claims \(byteCount) stored bytes, but the whole file has \(fileSize)")
        }
        if needed == 0 { return isContiguous ? .contiguous(offset: 0) : .throughLibrary }
        guard byteCount > 0 else {
            throw place.error(.damaged, "claims \(needed) bytes of data, but none were ever written")
        }
        let available = Self.product(byteCount, expansion)
        guard needed <= available else {
            throw place.error(
                .damaged, "claims \(needed) bytes of data, but only \(byteCount) are stored; is the file damaged?")
        }
        // The library unpacks whole chunks.
        let chunkByteCount = Self.product(chunkElementCount, UInt64(shape.elementByteCount))
        guard chunkByteCount <= available else {
            throw place.error(
                .damaged,
                "claims chunks of \(chunkByteCount) bytes, but only \(byteCount) are stored; is the file damaged?")
        }
        return isContiguous ? .contiguous(offset: try offset(of: needed, fileSize: fileSize)) : .throughLibrary
    }

    private func offset(of byteCount: UInt64, fileSize: UInt64) throws(HDF5Error) -> UInt64 {
        let address = H5Dget_offset(dataset)
        guard address != chdf5_undefined_address() else { throw place.error(.damaged, "has no data in the file") }
        let offset = UInt64(address)
        guard offset <= fileSize, byteCount <= fileSize - offset else {
            throw place.error(
                .damaged, "claims \(byteCount) bytes of data at byte \(offset), but the file has \(fileSize) bytes")
        }
        return offset
    }

    private static func unsupportedLayout(_ layout: H5D_layout_t, at place: Place) -> HDF5Error {
        layout == H5D_VIRTUAL
            ? place.error(.unsupported, "is a virtual dataset, made of other datasets; copy the data into this file")
            : place.error(.unsupported, "has an unknown layout, expected contiguous, chunked or compact")
    }

    /// How many bytes one stored byte can become by these filters; throws `.unsupported` for a filter that is not known
    /// here.
    private static func expansion(ofFiltersIn properties: hid_t, at place: Place) throws(HDF5Error) -> UInt64 {
        let count = try place.require(H5Pget_nfilters(properties), "has no readable filters")
        var seen: Set<H5Z_filter_t> = []
        for index in 0..<UInt32(count) {
            var flags: UInt32 = 0
            var valueCount = 0
            let filter = H5Pget_filter2(properties, index, &flags, &valueCount, nil, 0, nil, nil)
            try place.require(filter, "has an unreadable filter")
            guard [H5Z_FILTER_DEFLATE, H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32].contains(filter) else {
                throw place.error(
                    .unsupported,
                    "is packed with the filter \(name(ofFilter: filter)), expected gzip, shuffle or "
                        + "fletcher32; unpack it with 'h5repack -f NONE in.h5 out.h5'")
            }
            guard seen.insert(filter).inserted else {
                throw place.error(.unsupported, "is packed twice with the filter \(name(ofFilter: filter))")
            }
            guard H5Zfilter_avail(filter) > 0 else {
                throw place.error(
                    .unsupported, "is packed with the filter \(name(ofFilter: filter)), which this HDF5 library lacks")
            }
        }
        return seen.contains(H5Z_FILTER_DEFLATE) ? largestExpansion : 1
    }

    private static func chunkElementCount(in properties: hid_t, at place: Place) throws(HDF5Error) -> UInt64 {
        var lengths = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
        let rank = try place.require(H5Pget_chunk(properties, H5S_MAX_RANK, &lengths), "has no readable chunk shape")
        return lengths.prefix(Int(rank)).reduce(1) { product($0, UInt64($1)) }
    }

    /// The product, or the largest number when it is larger.
    private static func product(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : product
    }

    private static func name(ofFilter filter: H5Z_filter_t) -> String {
        switch filter {
        case H5Z_FILTER_DEFLATE: "gzip"
        case H5Z_FILTER_SHUFFLE: "shuffle"
        case H5Z_FILTER_FLETCHER32: "fletcher32"
        case H5Z_FILTER_SZIP: "szip"
        case H5Z_FILTER_NBIT: "nbit"
        case H5Z_FILTER_SCALEOFFSET: "scaleoffset"
        // From the register of filters that The HDF Group keeps.
        case 305: "lzo"
        case 307: "bzip2"
        case 32000: "lzf"
        case 32001: "blosc"
        case 32004: "lz4"
        case 32008: "bitshuffle"
        case 32013: "zfp"
        case 32015: "zstd"
        case 32026: "blosc2"
        default: "number \(filter)"
        }
    }
}
