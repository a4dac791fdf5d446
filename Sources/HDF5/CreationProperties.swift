import CHDF5

/// The library's properties of new groups and contiguous datasets, made once for all of them. Used under the library's lock.
final class CreationProperties {
    let group: hid_t
    let contiguous: hid_t

    init(at place: Place) throws(HDF5Error) {
        let failed = "cannot be created"
        let group = try place.require(H5Pcreate(chdf5_group_creation_class()), as: .cannotCreate, failed)
        let contiguous = H5Pcreate(chdf5_dataset_creation_class())
        self.group = group
        self.contiguous = contiguous
        try place.require(contiguous, as: .cannotCreate, failed)
        try place.require(chdf5_disable_object_times(group), as: .cannotCreate, failed)
        try place.require(chdf5_disable_object_times(contiguous), as: .cannotCreate, failed)
        try place.require(H5Pset_layout(contiguous, H5D_CONTIGUOUS), as: .cannotCreate, failed)
        // Early: the place in the file is needed before anything is written.
        try place.require(H5Pset_alloc_time(contiguous, H5D_ALLOC_TIME_EARLY), as: .cannotCreate, failed)
    }

    deinit {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        H5Pclose(group)
        if contiguous >= 0 { H5Pclose(contiguous) }
    }
}

/// The library's properties of one compressed dataset.
struct ChunkedProperties: ~Copyable {
    let creation: hid_t
    let access: hid_t

    init(chunk: [Int], compression: Int, at place: Place) throws(HDF5Error) {
        let failed = "cannot be created"
        creation = H5Pcreate(chdf5_dataset_creation_class())
        access = H5Pcreate(chdf5_dataset_access_class())
        try place.require(min(creation, access), as: .cannotCreate, failed)
        try place.require(chdf5_disable_object_times(creation), as: .cannotCreate, failed)
        let chunk = chunk.map { hsize_t($0) }
        try place.require(H5Pset_chunk(creation, CInt(chunk.count), chunk), as: .cannotCreate, failed)
        try place.require(H5Pset_shuffle(creation), as: .cannotCreate, failed)
        try place.require(H5Pset_deflate(creation, UInt32(compression)), as: .cannotCreate, failed)
        // No cache: each chunk is written when it is complete, so that a full disk shows in the call that wrote it.
        try place.require(H5Pset_chunk_cache(access, 1, 0, 1), as: .cannotCreate, failed)
    }

    deinit {
        if creation >= 0 { H5Pclose(creation) }
        if access >= 0 { H5Pclose(access) }
    }
}
