import CHDF5

/// The library's properties for opening a file, as we want them always.
struct FileAccess: ~Copyable {
    /// Bytes of unpacked chunks that the library keeps for each dataset. A slice of a chunked dataset touches one row
    /// of chunks; with the default of 1 MiB large layers would be unpacked anew for every slice.
    private static let chunkCacheSize = 32 << 20
    /// Places in the table of cached chunks: a prime number, well above the number of chunks.
    private static let chunkCacheSlots = 8191

    let id: hid_t

    private init(takingOver id: hid_t) {
        self.id = id
    }

    /// For a file that is written: with the plain driver, whatever the environment says, since data are written through its file descriptor.
    static func writing(at place: Place) throws(HDF5Error) -> FileAccess {
        try make(at: place) { H5Pset_fapl_sec2($0) }
    }

    /// For a file that is open already, to be read through its descriptor. The source must outlive the file that the library opens.
    static func reading(
        _ source: UnsafeMutablePointer<chdf5_source>, at place: Place
    ) throws(HDF5Error) -> FileAccess {
        try make(at: place) { chdf5_set_reading_driver($0, source) }
    }

    private static func make(at place: Place, driver: (hid_t) -> herr_t) throws(HDF5Error) -> FileAccess {
        let failed = "the HDF5 library could not be set up"
        let id = try place.require(H5Pcreate(chdf5_file_access_class()), as: .ioFailed, failed)
        let access = FileAccess(takingOver: id)
        try place.require(driver(id), as: .ioFailed, failed)
        // Closing the file closes its datasets, too, instead of waiting for them.
        try place.require(H5Pset_fclose_degree(id, H5F_CLOSE_STRONG), as: .ioFailed, failed)
        try place.require(chdf5_disable_file_locking(id), as: .ioFailed, failed)
        try place.require(H5Pset_cache(id, 0, Self.chunkCacheSlots, Self.chunkCacheSize, 1), as: .ioFailed, failed)
        return access
    }

    deinit {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        H5Pclose(id)
    }
}
