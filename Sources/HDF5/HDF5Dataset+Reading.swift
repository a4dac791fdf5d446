import CHDF5

extension HDF5Dataset {
    /// Reads a run of elements into the beginning of a buffer, converting them and rounding at most once.
    ///
    /// Contiguous data are read past the library and its lock. Besides the buffer this takes a quarter of a mebibyte
    /// where elements are converted, and for chunked data the library's chunk cache.
    ///
    /// - Parameters:
    ///   - elements: places in row-major order, inside `0..<elementCount`.
    ///   - values: room for at least as many numbers.
    public func read<T: HDF5Number>(
        elements: Range<Int>, into values: UnsafeMutableBufferPointer<T>
    ) throws(HDF5Error) {
        try check(elements)
        guard values.count >= elements.count else {
            throw place.error(
                .invalidRequest,
                "cannot be read: \(elements.count) elements do not fit into a buffer of \(values.count)")
        }
        if elements.isEmpty { return }
        let values = UnsafeMutableBufferPointer(rebasing: values[..<elements.count])
        if format.isInMemoryForm(of: T.self) {
            return try readStored(elements, into: UnsafeMutableRawBufferPointer(values))
        }
        let size = elementType.byteCount
        let step = min(elements.count, Self.conversionBufferSize / size)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: step * size, alignment: 16)
        defer { buffer.deallocate() }
        var done = 0
        while done < elements.count {
            let count = min(step, elements.count - done)
            let stored = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(count * size)])
            let start = elements.lowerBound + done
            try readStored(start..<(start + count), into: stored)
            format.decode(
                UnsafeRawBufferPointer(stored),
                into: UnsafeMutableBufferPointer(rebasing: values[done..<(done + count)]))
            done += count
        }
    }

    /// Reads a run of elements, or all of them, into a new array.
    public func values<T: HDF5Number>(
        _ elements: Range<Int>? = nil, as numberType: T.Type = T.self
    ) throws(HDF5Error) -> [T] {
        let elements = elements ?? 0..<elementCount
        try check(elements)
        var values = [T](repeating: 0, count: elements.count)
        try values.withUnsafeMutableBufferPointer { values throws(HDF5Error) in
            try read(elements: elements, into: values)
        }
        return values
    }

    /// Reads elements as they are stored, filters undone.
    private func readStored(_ elements: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) throws(HDF5Error) {
        switch storage {
        case .readContiguous(let offset):
            // Cannot overflow: the last byte was found to lie inside the file.
            try readContiguous(into: bytes, at: offset + UInt64(elements.lowerBound * elementType.byteCount))
        case .readThroughLibrary(let object):
            try readThroughLibrary(elements, of: object.id, into: bytes)
        default:
            throw place.error(.invalidRequest, "is being written; close the file and open it for reading")
        }
    }

    private func readContiguous(into bytes: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(HDF5Error) {
        let count: Int
        do {
            count = try file.descriptor.read(into: bytes, at: offset)
        } catch {
            throw place.error(.ioFailed, "cannot be read: \(error)")
        }
        guard count == bytes.count else {
            throw place.error(.ioFailed, "cannot be read: the file has become shorter since it was opened")
        }
    }

    /// Reads box after box. The library is asked for the stored type, so that it converts nothing.
    private func readThroughLibrary(
        _ elements: Range<Int>, of dataset: hid_t, into bytes: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        // Once more under the lock: closing the file closes the dataset's handle as well.
        try check(elements)
        let type = try place.require(H5Dget_type(dataset), "has no readable datatype")
        defer { H5Tclose(type) }
        let space = try place.require(H5Dget_space(dataset), "has no readable shape")
        defer { H5Sclose(space) }
        guard !shape.isEmpty else {
            try place.require(
                H5Dread(
                    dataset, type, chdf5_whole_space(), chdf5_whole_space(), chdf5_default_properties(),
                    bytes.baseAddress),
                "cannot be read; the file may be damaged")
            return
        }
        var done = 0
        for box in Hyperslab.covering(elements, of: shape) {
            let start = box.start.map { hsize_t($0) }
            let count = box.count.map { hsize_t($0) }
            try place.require(
                H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nil, count, nil), "cannot be selected from")
            var length = hsize_t(box.elementCount)
            let memory = try place.require(H5Screate_simple(1, &length, nil), "cannot be selected from")
            defer { H5Sclose(memory) }
            try place.require(
                H5Dread(dataset, type, memory, space, chdf5_default_properties(), bytes.baseAddress.map { $0 + done }),
                "cannot be read; the file may be damaged")
            done += box.elementCount * elementType.byteCount
        }
    }
}
