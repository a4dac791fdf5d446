/// How a dataset is cut into chunks of one shape; those at the far ends reach beyond it.
///
/// Chunks are numbered in row-major order.
struct ChunkGrid: Equatable, Sendable {
    /// A chunk as the file has it.
    struct Chunk: Equatable, Sendable {
        var number: Int
        var offset: UInt64
        /// After its filters.
        var byteCount: UInt64
        /// A bit for each filter that this chunk was not given to.
        var skippedFilters: UInt32
    }

    /// The shape of each chunk.
    let lengths: [Int]
    /// The number of chunks along each axis.
    let counts: [Int]
    /// The elements of one chunk.
    let elementCount: Int
    /// The bytes of one chunk, without filters.
    let byteCount: Int
    let chunkCount: Int

    /// - Throws: `.damaged` for lengths that no chunk can have.
    init(lengths: [UInt64], of shape: DatasetShape) throws(Fault) {
        guard lengths.count == shape.lengths.count, !lengths.isEmpty else {
            throw Fault(
                .damaged, "has \(shape.lengths.count) axes, but chunks of \(lengths.count); is the file damaged?")
        }
        let claimed = lengths.map { Int(clamping: $0) }
        guard !claimed.contains(0), let chunk = DatasetShape(claimed, elementByteCount: shape.elementByteCount) else {
            throw Fault(
                .damaged,
                "claims chunks of shape \(lengths.map(String.init).joined(separator: "x")); is the file damaged?")
        }
        self.lengths = claimed
        elementCount = chunk.elementCount
        byteCount = chunk.byteCount
        // Cannot overflow: no axis has more chunks than elements.
        counts = zip(shape.lengths, claimed).map { length, chunk in (length - 1) / chunk + 1 }
        chunkCount = shape.elementCount == 0 ? 0 : counts.reduce(1, *)
    }

    enum Position {
        case chunk(Int)
        /// Behind the end of an axis.
        case outside
        /// Where no chunk begins.
        case crooked
    }

    /// The chunk whose first element has these indices.
    func position(of start: some Sequence<UInt64>) -> Position {
        var number = 0
        var isInside = true
        for (axis, index) in start.enumerated() {
            let length = UInt64(lengths[axis])
            guard index % length == 0 else { return .crooked }
            guard let place = Int(exactly: index / length), place < counts[axis] else {
                isInside = false
                continue
            }
            if isInside { number = number * counts[axis] + place }
        }
        return isInside ? .chunk(number) : .outside
    }

    /// The place of a chunk along each axis, counted in chunks.
    func coordinates(ofChunk number: Int) -> [Int] {
        var coordinates = [Int](repeating: 0, count: counts.count)
        var rest = number
        for axis in counts.indices.reversed() {
            coordinates[axis] = rest % counts[axis]
            rest /= counts[axis]
        }
        return coordinates
    }

    /// The chunks that a reader of consecutive elements comes back to before it needs no more of them.
    ///
    /// An axis of which each chunk has only one index is done with once it moves on, as is the first one behind such axes.
    var rowCount: Int {
        let first = lengths.firstIndex { $0 > 1 } ?? lengths.count - 1
        return counts[(first + 1)...].reduce(1, *)
    }
}

/// The chunks of a dataset, all of them there.
struct ChunkTable: Equatable, Sendable {
    let grid: ChunkGrid
    /// In the order in which they were used for writing.
    let filters: [ChunkFilter]
    /// By their numbers.
    let chunks: [ChunkGrid.Chunk]

    var storedByteCount: UInt64 { chunks.reduce(0) { $0 + $1.byteCount } }

    /// - Throws: `.damaged` when chunks are missing, or cannot be what they should; `.unsupported` for chunks larger than are read.
    init(
        grid: ChunkGrid, filters: [ChunkFilter], chunks: [ChunkGrid.Chunk], shape: DatasetShape, fileSize: UInt64
    ) throws(Fault) {
        self.grid = grid
        self.filters = filters
        self.chunks = chunks
        let isDeflated = filters.contains(.deflate)
        var stored: UInt64 = 0
        for chunk in chunks {
            guard chunk.offset <= fileSize, chunk.byteCount <= fileSize - chunk.offset else {
                throw Fault(
                    .damaged,
                    "claims a chunk of \(chunk.byteCount) bytes at byte \(chunk.offset), but the file has \(fileSize) "
                        + "bytes")
            }
            stored = stored.addingReportingOverflow(chunk.byteCount).partialValue
        }
        // Deflate makes no more than 1032 bytes of one (zlib, technical details); a little more for rounding.
        let available = stored.multipliedReportingOverflow(by: isDeflated ? 1100 : 1)
        guard available.overflow || UInt64(shape.byteCount) <= available.partialValue else {
            throw StoredNumbers.tooFew(stored, for: UInt64(shape.byteCount))
        }
        guard available.overflow || UInt64(grid.byteCount) <= available.partialValue else {
            throw Fault(
                .damaged,
                "claims chunks of \(grid.byteCount) bytes, but only \(stored) are stored; is the file damaged?")
        }
        guard chunks.count == grid.chunkCount else { throw missing }
        guard UInt64(grid.byteCount) <= UnpackLimit.byteCount(fileSize: fileSize) else {
            throw Fault(
                .unsupported,
                "has chunks of \(grid.byteCount) bytes, but chunks are unpacked up to \(UnpackLimit.description); "
                    + "unpack it with 'h5repack -f NONE -l CONTI in.h5 out.h5'")
        }
    }

    /// The error of chunks that are not there.
    private var missing: Fault {
        var first = 0
        for chunk in chunks where chunk.number == first { first += 1 }
        let start = zip(grid.coordinates(ofChunk: first), grid.lengths).map { String($0 * $1) }
        let count = grid.chunkCount - chunks.count
        return Fault(
            .damaged,
            "misses \(count) of its \(grid.chunkCount) chunks, the first of them at "
                + "(\(start.joined(separator: ", "))): they were never written, or cannot be found any more; "
                + "was the file written to its end?")
    }
}
