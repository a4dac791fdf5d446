import CHDF5

/// Writes a compressed dataset chunk by chunk.
///
/// The chunks are cut along the first axes only, so that each holds one run of elements in row-major order: one chunk's
/// worth of memory is enough, whatever the size of the slices that arrive.
final class ChunkWriter: @unchecked Sendable {
    /// The largest chunk. The library's chunk cache, of 1 MiB by default, then still helps other readers.
    static let maximumChunkSize = 1 << 20
    /// The smallest dataset that is worth compressing, in bytes: the index of its chunks takes 2 to 4 KiB.
    static let minimumDatasetSize = 1 << 14

    /// The elements written so far, also those that wait in the buffer.
    private(set) var written = 0
    let elementCount: Int
    let place: Place

    // Everything below, and `written`, is used under the library's lock only.
    private var dataset: OpenObject
    private let shape: [Int]
    private let chunk: [Int]
    private let elementSize: Int
    private var buffer: [UInt8] = []
    /// The elements of the chunk that is being filled; fewer in the last chunk of an axis.
    private var box: Hyperslab

    var isComplete: Bool { written == elementCount }

    /// - Parameter shape: of at least one axis and one element.
    init(dataset: consuming OpenObject, shape: DatasetShape, chunk: [Int], elementSize: Int, place: Place) {
        self.dataset = dataset
        self.shape = shape.lengths
        self.chunk = chunk
        self.elementSize = elementSize
        self.place = place
        elementCount = shape.elementCount
        box = Self.box(at: 0, of: shape.lengths, chunk: chunk)
    }

    /// The shape of chunks for a dataset: whole rows of the first axis that allows at least one in `maximumChunkSize`.
    static func chunk(for shape: [Int], elementSize: Int) -> [Int] {
        let strides = Hyperslab.rowMajorStrides(of: shape)
        let maximumCount = maximumChunkSize / elementSize
        var chunk = shape
        for axis in shape.indices {
            if strides[axis] <= maximumCount {
                chunk[axis] = min(shape[axis], maximumCount / strides[axis])
                break
            }
            chunk[axis] = 1
        }
        return chunk
    }

    /// Takes the next elements, in their stored form.
    func append(_ bytes: UnsafeRawBufferPointer, at element: Int) throws(HDF5Error) {
        guard element == written else {
            throw place.error(
                .invalidRequest,
                "is compressed and must be written in order: expected element \(written), got \(element)")
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(box.elementCount * elementSize - buffer.count)
            buffer.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
            written += part.count / elementSize
            if buffer.count == box.elementCount * elementSize { try writeChunk() }
        }
    }

    private func writeChunk() throws(HDF5Error) {
        let type = try place.require(H5Dget_type(dataset.id), as: .ioFailed, "cannot be written")
        defer { H5Tclose(type) }
        let space = try place.require(H5Dget_space(dataset.id), as: .ioFailed, "cannot be written")
        defer { H5Sclose(space) }
        let start = box.start.map { hsize_t($0) }
        let count = box.count.map { hsize_t($0) }
        try place.require(
            H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nil, count, nil), as: .ioFailed, "cannot be written")
        var length = hsize_t(box.elementCount)
        let memory = try place.require(H5Screate_simple(1, &length, nil), as: .ioFailed, "cannot be written")
        defer { H5Sclose(memory) }
        try place.require(
            H5Dwrite(dataset.id, type, memory, space, chdf5_default_properties(), buffer), as: .ioFailed,
            "cannot be written")
        buffer.removeAll(keepingCapacity: !isComplete)
        if !isComplete { box = Self.box(at: written, of: shape, chunk: chunk) }
    }

    /// The part of the dataset that the chunk beginning at an element covers.
    private static func box(at element: Int, of shape: [Int], chunk: [Int]) -> Hyperslab {
        let strides = Hyperslab.rowMajorStrides(of: shape)
        let start = zip(shape, strides).map { length, stride in element / stride % length }
        let count = shape.indices.map { min(chunk[$0], shape[$0] - start[$0]) }
        return Hyperslab(start: start, count: count)
    }
}
