/// A dataset of numbers, read or written in runs of elements in row-major order.
///
/// From `HDF5File.dataset(at:)` it can be read, from `HDF5File.createDataset` written. It can be used by several
/// threads at once, and must not be used after its file is closed: that is an error of kind `.invalidRequest`.
public final class HDF5Dataset: Sendable {
    /// The absolute path inside the file.
    public let path: String
    /// The lengths of the axes, the slowest first; empty for a scalar.
    public let shape: [Int]
    /// The numbers as they are stored.
    public let elementType: HDF5ElementType
    /// The product of the shape; 1 for a scalar.
    public let elementCount: Int
    /// The bytes that the data take in the file, after compression; of a dataset being written, before it.
    public let storedByteCount: Int

    /// How the elements are reached.
    enum Storage: ~Copyable {
        /// With the number of the object in the file's index.
        case read(StoredNumbers.Storage, Int)
        case writeContiguous(offset: UInt64)
        case writeCompressed(ChunkWriter)
    }

    /// Bytes of converted elements that are in memory at a time.
    static let conversionBufferSize = 256 * 1024

    let file: HDF5File
    let format: ElementFormat
    let storage: Storage

    var place: Place { Place(file: file.path, object: path) }

    init(
        file: HDF5File, path: String, shape: DatasetShape, format: ElementFormat, storedByteCount: Int,
        storage: consuming Storage
    ) {
        self.file = file
        self.path = path
        self.shape = shape.lengths
        self.format = format
        self.storedByteCount = storedByteCount
        self.storage = storage
        elementType = format.type
        elementCount = shape.elementCount
    }

    /// Whether elements are stored with the high byte first.
    package var isBigEndian: Bool { format.isBigEndian }

    /// The value that every element has because none was ever written; `nil` for a dataset that was written.
    ///
    /// libhdf5, and so Caffe, reads such a dataset without a word.
    public var fillValue: Double? {
        let bytes: [UInt8]
        switch storage {
        case .read(.fill(let element), _): bytes = element
        default: return nil
        }
        var value = [0.0]
        bytes.withUnsafeBytes { bytes in
            value.withUnsafeMutableBufferPointer { format.decode(bytes, into: $0) }
        }
        return value[0]
    }

    /// Checks that a run of elements lies inside the dataset, and that the file is open. Only after it may the run be
    /// counted: a range out of bounds can be longer than an `Int` tells.
    func check(_ elements: Range<Int>) throws(HDF5Error) {
        guard file.isOpen else { throw place.error(.invalidRequest, "cannot be used after its file was closed") }
        guard elements.lowerBound >= 0, elements.upperBound <= elementCount else {
            throw place.error(
                .invalidRequest,
                "has \(elementCount) elements, asked for \(elements.lowerBound)..<\(elements.upperBound)")
        }
    }
}
