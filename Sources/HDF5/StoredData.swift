import CHDF5

/// Where and how a dataset's data lie in the file, once it is known that they are really there.
///
/// A damaged or hostile file may claim any shape. Nothing is allocated for a shape before it stands in proportion to the
/// bytes that the file holds.
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

    let access: Access
    /// The bytes that the data take in the file, after compression.
    let byteCount: Int

    /// Checks the layout, filters and size of a dataset; throws `.unsupported` or `.damaged`.
    ///
    /// - Parameters:
    ///   - dataset: the library's handle.
    ///   - logicalByteCount: the size of all elements, as the shape and the type claim it.
    init(
        of dataset: hid_t, logicalByteCount: Int, fileSize: UInt64, at place: Place
    ) throws(HDF5Error) {
        let properties = try place.require(H5Dget_create_plist(dataset), "has no readable creation properties")
        defer { H5Pclose(properties) }
        let stored = UInt64(H5Dget_storage_size(dataset))
        let needed = UInt64(logicalByteCount)
        let layout = H5Pget_layout(properties)
        guard [H5D_COMPACT, H5D_CONTIGUOUS, H5D_CHUNKED].contains(layout) else {
            throw Self.unsupportedLayout(layout, at: place)
        }
        guard H5Pget_external_count(properties) == 0 else {
            throw place.error(
                .unsupported,
                "keeps its data in another file (external storage), which is not read; "
                    + "copy the data into this file with h5repack")
        }
        guard stored <= fileSize else {
            throw place.error(.damaged, "claims \(stored) stored bytes, but the whole file has \(fileSize)")
        }
        byteCount = Int(clamping: stored)
        let expansion = layout == H5D_CHUNKED ? try Self.expansion(ofFiltersIn: properties, at: place) : 1
        // Cannot overflow: a file has fewer than 2^63 bytes; the product is then cut to the largest number.
        let (product, overflow) = stored.multipliedReportingOverflow(by: expansion)
        let available = overflow ? UInt64.max : product
        guard needed <= available else {
            throw place.error(
                .damaged,
                stored == 0
                    ? "claims \(needed) bytes of data, but none were ever written"
                    : "claims \(needed) bytes of data, but only \(stored) are stored; is the file damaged?")
        }
        if needed > 0, layout == H5D_CHUNKED {
            try Self.checkChunk(in: properties, of: dataset, available: available, at: place)
        }
        guard layout == H5D_CONTIGUOUS else {
            access = .throughLibrary
            return
        }
        access = .contiguous(
            offset: needed == 0
                ? 0 : try Self.offset(of: dataset, byteCount: needed, fileSize: fileSize, at: place))
    }

    private static func offset(
        of dataset: hid_t, byteCount: UInt64, fileSize: UInt64, at place: Place
    ) throws(HDF5Error) -> UInt64 {
        let address = H5Dget_offset(dataset)
        guard address != chdf5_undefined_address() else {
            throw place.error(.damaged, "has no data in the file")
        }
        let offset = UInt64(address)
        guard offset <= fileSize, byteCount <= fileSize - offset else {
            throw place.error(
                .damaged, "claims \(byteCount) bytes of data at byte \(offset), but the file has \(fileSize) bytes")
        }
        return offset
    }

    private static func unsupportedLayout(_ layout: H5D_layout_t, at place: Place) -> HDF5Error {
        layout == H5D_VIRTUAL
            ? place.error(
                .unsupported, "is a virtual dataset, made of other datasets; copy the data into it with h5repack")
            : place.error(.unsupported, "has an unknown layout, expected contiguous, chunked or compact")
    }

    /// How many bytes one stored byte can become; throws `.unsupported` for a filter that is not known here.
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

    /// The library unpacks whole chunks, so that one chunk must stand in proportion to the file, too.
    private static func checkChunk(
        in properties: hid_t, of dataset: hid_t, available: UInt64, at place: Place
    ) throws(HDF5Error) {
        let type = try place.require(H5Dget_type(dataset), "has no readable datatype")
        defer { H5Tclose(type) }
        var lengths = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
        let rank = try place.require(H5Pget_chunk(properties, H5S_MAX_RANK, &lengths), "has no readable chunk shape")
        var byteCount = UInt64(H5Tget_size(type))
        for length in lengths.prefix(Int(rank)) {
            let (product, overflow) = byteCount.multipliedReportingOverflow(by: UInt64(length))
            byteCount = overflow ? UInt64.max : product
        }
        guard byteCount <= available else {
            throw place.error(
                .damaged,
                "claims chunks of \(byteCount) bytes, more than the stored bytes can hold; is the file damaged?")
        }
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
