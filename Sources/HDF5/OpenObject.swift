import CHDF5

/// An open group, dataset or other object of a file, closed at the end of its life.
struct OpenObject: ~Copyable {
    /// What one object of a file shares with no other one, by whatever path it is reached.
    struct Identity: Hashable {
        let bits: (UInt64, UInt64)

        static func == (left: Identity, right: Identity) -> Bool { left.bits == right.bits }

        func hash(into hasher: inout Hasher) {
            hasher.combine(bits.0)
            hasher.combine(bits.1)
        }
    }

    /// The library's handle; valid during the life of this value and until the file is closed.
    let id: hid_t

    /// Takes over a handle, which must be valid.
    init(takingOver id: hid_t) {
        self.id = id
    }

    /// The root group of a file.
    init(rootOf file: hid_t, at place: Place) throws(HDF5Error) {
        id = try place.require(H5Oopen(file, "/", chdf5_default_properties()), "its root group cannot be opened")
    }

    deinit {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        // After the file was closed, and all its objects with it, this fails and does nothing: handles are not used
        // twice.
        H5Idec_ref(id)
    }

    /// A second owner of the same object.
    func shared(at place: Place) throws(HDF5Error) -> OpenObject {
        try place.require(H5Iinc_ref(id), "cannot be opened again")
        return OpenObject(takingOver: id)
    }

    /// What the object is.
    var kind: HDF5ObjectKind {
        switch H5Iget_type(id) {
        case H5I_GROUP: .group
        case H5I_DATASET: .dataset
        case H5I_DATATYPE: .other(reason: "is a named datatype")
        default: .other(reason: "is of an unknown kind")
        }
    }

    func identity(at place: Place) throws(HDF5Error) -> Identity {
        var bits: [UInt64] = [0, 0]
        try place.require(chdf5_object_identity(id, &bits), "cannot be opened; the file may be damaged")
        return Identity(bits: (bits[0], bits[1]))
    }
}
