import Files

extension HDF5Dataset {
    /// Reads a run of elements into the beginning of a buffer, converting them and rounding at most once.
    ///
    /// Besides the buffer this takes a quarter of a mebibyte where elements are converted, and for chunked data the cache of chunks.
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

    /// Reads a run of elements as they are stored, filters undone, into a buffer of as many bytes.
    package func readBytes(
        elements: Range<Int>, into bytes: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        try check(elements)
        guard bytes.count == elements.count * elementType.byteCount else {
            throw place.error(.invalidRequest, "cannot be read into a buffer of \(bytes.count) bytes")
        }
        if !elements.isEmpty { try readStored(elements, into: bytes) }
    }

    /// Reads elements as they are stored, filters undone.
    private func readStored(_ elements: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) throws(HDF5Error) {
        switch storage {
        case .read(let stored, let number): try read(elements, of: stored, number: number, into: bytes)
        default: throw place.error(.invalidRequest, "is being written; close the file and open it for reading")
        }
    }

    private func read(
        _ elements: Range<Int>, of stored: StoredNumbers.Storage, number: Int,
        into bytes: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        let size = elementType.byteCount
        switch stored {
        case .contiguous(let offset):
            // Cannot overflow: the last byte was found to lie inside the file.
            try read(into: bytes, at: offset + UInt64(elements.lowerBound * size))
        case .inHeader(let content):
            bytes.copyBytes(from: content[elements.lowerBound * size..<elements.upperBound * size])
        case .fill(let element):
            for start in stride(from: 0, to: bytes.count, by: size) {
                UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + size]).copyBytes(from: element)
            }
        case .chunked(let table):
            try read(elements, of: table, number: number, into: bytes)
        }
    }

    private func read(into bytes: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(HDF5Error) {
        let count: Int
        do throws(SystemError) {
            count = try file.smallReads.read(into: bytes, at: offset, of: file)
        } catch {
            throw place.error(.ioFailed, "cannot be read: \(error)")
        }
        guard count == bytes.count else {
            throw place.error(.ioFailed, "cannot be read: the file has become shorter since it was opened")
        }
    }

    // MARK: Chunks

    /// Reads box after box, and of each what lies in each chunk.
    private func read(
        _ elements: Range<Int>, of table: ChunkTable, number: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        var done = 0
        for box in Hyperslab.covering(elements, of: shape) {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: bytes[done..<done + box.elementCount * elementType.byteCount])
            for chunk in table.grid.chunks(touching: box) {
                let stored = table.chunks[chunk]
                try file.chunkCache.withChunk(
                    chunk, of: number, byteCount: table.grid.byteCount, rowCount: table.grid.rowCount,
                    make: { () throws(HDF5Error) in try unpacked(stored, of: table) },
                    use: { content in
                        table.grid.copy(
                            content, ofChunk: chunk, to: part, of: box, elementByteCount: elementType.byteCount)
                    })
            }
            done += part.count
        }
    }

    private func unpacked(_ chunk: ChunkGrid.Chunk, of table: ChunkTable) throws(HDF5Error) -> [UInt8] {
        var stored = [UInt8](repeating: 0, count: Int(chunk.byteCount))
        try stored.withUnsafeMutableBufferPointer { bytes throws(HDF5Error) in
            try read(into: UnsafeMutableRawBufferPointer(bytes), at: chunk.offset)
        }
        do throws(Fault) {
            return try table.unpack(stored, of: chunk, elementByteCount: elementType.byteCount)
        } catch {
            throw place.error(error)
        }
    }
}
