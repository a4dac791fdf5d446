extension HDF5Dataset {
    /// Pieces from this many bytes on are on their way to the disk while the next ones are made.
    private static let writtenBackSize = 1 << 18
    /// Datasets from this many bytes on have room found for them at once; for smaller ones that takes longer than it saves.
    static let reservedSize = 1 << 24

    /// Writes a run of elements, converting them and rounding at most once.
    ///
    /// Contiguous data are written past the library and its lock, in any order. Compressed data must come in order and
    /// without gaps.
    ///
    /// - Parameters:
    ///   - values: the numbers, in row-major order.
    ///   - element: the place of the first one.
    /// - Throws: `.ioFailed` with the system's reason, for example that the disk is full. From then on the file takes
    ///   nothing more, and `close` throws the same error.
    public func write<T: HDF5Number>(_ values: UnsafeBufferPointer<T>, at element: Int) throws(HDF5Error) {
        let (end, overflow) = element.addingReportingOverflow(values.count)
        guard !overflow, element <= end else {
            throw place.error(.invalidRequest, "has \(elementCount) elements, asked to write at \(element)")
        }
        try check(element..<end)
        try file.checkNothingFailed()
        if values.isEmpty { return }
        guard elementType != .float16 else {
            throw place.error(.invalidRequest, "holds float16, which is written as it is stored")
        }
        if format.isInMemoryForm(of: T.self) {
            return try writeStored(UnsafeRawBufferPointer(values), at: element)
        }
        let size = elementType.byteCount
        let step = min(values.count, Self.conversionBufferSize / size)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: step * size, alignment: 16)
        defer { buffer.deallocate() }
        var done = 0
        while done < values.count {
            let count = min(step, values.count - done)
            let stored = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(count * size)])
            format.encode(UnsafeBufferPointer(rebasing: values[done..<(done + count)]), into: stored)
            try writeStored(UnsafeRawBufferPointer(stored), at: element + done)
            done += count
        }
    }

    /// Writes elements in the form in which the file holds them: little-endian, in the dataset's own format.
    ///
    /// - Parameters:
    ///   - bytes: a whole number of elements.
    ///   - element: the place of the first one.
    /// - Throws: as `write(_:at:)`.
    public func write(stored bytes: UnsafeRawBufferPointer, at element: Int) throws(HDF5Error) {
        let (end, overflow) = element.addingReportingOverflow(bytes.count / elementType.byteCount)
        guard !overflow, element <= end, bytes.count % elementType.byteCount == 0 else {
            throw place.error(.invalidRequest, "has \(elementCount) elements, asked to write at \(element)")
        }
        try check(element..<end)
        try file.checkNothingFailed()
        if !bytes.isEmpty { try writeStored(bytes, at: element) }
    }

    /// Writes the numbers of an array, by default all of the dataset's.
    public func write<T: HDF5Number>(_ values: [T], at element: Int = 0) throws(HDF5Error) {
        try values.withUnsafeBufferPointer { values throws(HDF5Error) in
            try write(values, at: element)
        }
    }

    private func writeStored(_ bytes: UnsafeRawBufferPointer, at element: Int) throws(HDF5Error) {
        switch storage {
        case .writeContiguous(let offset):
            do {
                // Cannot overflow: offset and size were checked when the dataset was created.
                let place = offset + UInt64(element * elementType.byteCount)
                try file.descriptor.write(bytes, at: place)
                if bytes.count >= Self.writtenBackSize { file.descriptor.beginWritingBack(bytes.count, at: place) }
            } catch {
                throw file.failing(with: place.error(.ioFailed, "cannot be written: \(error)"))
            }
        case .writeCompressed(let writer):
            HDF5Library.enter()
            defer { HDF5Library.leave() }
            try check(element..<element)
            do {
                try writer.append(bytes, at: element)
            } catch {
                throw error.kind == .invalidRequest ? error : file.failing(with: error)
            }
        default:
            throw place.error(.invalidRequest, "was opened for reading and cannot be written")
        }
    }
}
