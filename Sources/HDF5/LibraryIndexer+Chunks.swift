import CHDF5
import Files

extension LibraryIndexer {
    /// The most chunks that are listed where the library takes a time for it that grows with the square of their number.
    private static let mostChunks: UInt64 = 4096

    /// What the library tells of chunks, and where they belong.
    private struct Visit {
        let grid: ChunkGrid
        var chunks: [ChunkGrid.Chunk] = []
        var fault: Fault?
    }

    func chunkedLayout(
        of dataset: hid_t, properties: hid_t, shape: DatasetShape, at place: Place
    ) throws(HDF5Error) -> StoredNumbers.Layout {
        var lengths = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
        let rank = try place.require(H5Pget_chunk(properties, H5S_MAX_RANK, &lengths), "has no readable chunk shape")
        let filters = try filters(in: properties, elementByteCount: shape.elementByteCount, at: place)
        do throws(Fault) {
            let grid = try ChunkGrid(lengths: lengths.prefix(Int(rank)).map { UInt64($0) }, of: shape)
            guard shape.byteCount > 0 else { return .chunked(grid: grid, filters: filters, chunks: []) }
            let chunks = try chunks(of: dataset, grid: grid)
            return .chunked(grid: grid, filters: filters, chunks: try behindUserBlock(chunks, of: dataset, grid: grid))
        } catch {
            throw place.error(error)
        }
    }

    private func filters(
        in properties: hid_t, elementByteCount: Int, at place: Place
    ) throws(HDF5Error) -> [ChunkFilter] {
        let count = try place.require(H5Pget_nfilters(properties), "has no readable filters")
        var numbers: [Int] = []
        for index in 0..<UInt32(count) {
            var flags: UInt32 = 0
            var valueCount = 1
            var firstValue: UInt32 = 0
            let filter = H5Pget_filter2(properties, index, &flags, &valueCount, &firstValue, 0, nil, nil)
            try place.require(filter, "has an unreadable filter")
            guard filter != H5Z_FILTER_SHUFFLE || valueCount == 0 || Int(firstValue) == elementByteCount else {
                throw place.error(.damaged, "has chunks of elements of another size; is the file damaged?")
            }
            numbers.append(Int(filter))
        }
        do throws(Fault) {
            return try ChunkFilter.filters(numbered: numbers)
        } catch {
            throw place.error(error)
        }
    }

    /// The chunks that are stored, in the order of their numbers.
    private func chunks(of dataset: hid_t, grid: ChunkGrid) throws(Fault) -> [ChunkGrid.Chunk] {
        var count: hsize_t = 0
        guard chdf5_count_chunks(dataset, &count) >= 0 else { throw libraryFault("its chunks cannot be counted") }
        guard count <= fileSize else {
            throw Fault(.damaged, "claims \(count) chunks, but the file has \(fileSize) bytes; is the file damaged?")
        }
        guard chdf5_visits_chunks_slowly() == 0 || count <= Self.mostChunks else {
            throw Fault(
                .unsupported,
                "has \(count) chunks, but this HDF5 library lists at most \(Self.mostChunks) in files of the newer "
                    + "format; repack it with 'h5repack -l CONTI in.h5 out.h5'")
        }
        var visit = Visit(grid: grid)
        let status = withUnsafeMutablePointer(to: &visit) { visit in
            chdf5_visit_chunks(
                dataset,
                { start, skipped, address, size, context in
                    guard let visit = context?.assumingMemoryBound(to: Visit.self), let start else { return 1 }
                    let indices = UnsafeBufferPointer(start: start, count: visit.pointee.grid.lengths.count)
                    switch visit.pointee.grid.position(of: indices.map { UInt64($0) }) {
                    // One that was registered, but has no place, is missing.
                    case .chunk where address == chdf5_undefined_address(), .outside: return 0
                    case .chunk(let number):
                        visit.pointee.chunks.append(
                            ChunkGrid.Chunk(
                                number: number, offset: UInt64(address), byteCount: UInt64(size),
                                skippedFilters: skipped))
                        return 0
                    case .crooked:
                        visit.pointee.fault = Fault(
                            .damaged, "has a chunk where none begins; is the file damaged?")
                        return 1
                    }
                }, visit)
        }
        if let fault = visit.fault { throw fault }
        guard status >= 0 else { throw libraryFault("its chunks cannot be listed; the file may be damaged") }
        let sorted = visit.chunks.sorted { $0.number < $1.number }
        guard !zip(sorted, sorted.dropFirst()).contains(where: { $0.number == $1.number }) else {
            throw Fault(.damaged, "has a chunk twice; is the file damaged?")
        }
        return sorted
    }

    /// The chunks with their places in the file. Not every version of the library counts the user block in; what it reads tells.
    private func behindUserBlock(
        _ chunks: [ChunkGrid.Chunk], of dataset: hid_t, grid: ChunkGrid
    ) throws(Fault) -> [ChunkGrid.Chunk] {
        guard userBlock > 0, let first = chunks.first, first.byteCount <= fileSize else { return chunks }
        let start = zip(grid.coordinates(ofChunk: first.number), grid.lengths).map { hsize_t($0 * $1) }
        var expected = [UInt8](repeating: 0, count: Int(first.byteCount))
        guard chdf5_read_stored_chunk(dataset, start, &expected) >= 0 else {
            throw libraryFault("a chunk of it cannot be read; the file may be damaged")
        }
        for shift in [userBlock, 0] where try bytes(of: first, shift: shift) == expected {
            return chunks.map { chunk in
                var chunk = chunk
                chunk.offset = chunk.offset.addingReportingOverflow(shift).partialValue
                return chunk
            }
        }
        throw Fault(.damaged, "has chunks that are not where they should be; is the file damaged?")
    }

    private func bytes(of chunk: ChunkGrid.Chunk, shift: UInt64) throws(Fault) -> [UInt8]? {
        let (offset, overflow) = chunk.offset.addingReportingOverflow(shift)
        guard !overflow, offset <= fileSize, chunk.byteCount <= fileSize - offset else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(chunk.byteCount))
        let count: Int
        do throws(SystemError) {
            count = try bytes.withUnsafeMutableBufferPointer { buffer throws(SystemError) in
                try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
            }
        } catch {
            throw Fault(.ioFailed, "cannot be read: \(error)")
        }
        return count == bytes.count ? bytes : nil
    }

    /// The fault of a library call that has just failed.
    private func libraryFault(_ message: String) -> Fault {
        Fault(Place(file: path).libraryError(.damaged, message))
    }
}
