/// The numbers of a dataset: their shape and type, and where in the file they lie, all of it checked against the file's size.
///
/// A damaged or hostile file may claim any shape. Nothing is allocated for a shape before it stands in proportion to the bytes that the
/// file holds.
struct StoredNumbers: Equatable, Sendable {
    enum Storage: Equatable, Sendable {
        /// One run of bytes in the file, elements in row-major order.
        case contiguous(offset: UInt64)
        indirect case chunked(ChunkTable)
        /// In the object's header, elements in row-major order.
        case inHeader([UInt8])
        /// Nothing was ever written: every element is the fill value, here in its stored form.
        case fill([UInt8])
    }

    var shape: DatasetShape
    var format: ElementFormat
    var storage: Storage
    /// The bytes that the data take in the file, after compression.
    var storedByteCount: UInt64
}

extension StoredNumbers {
    /// Where a file says that the data of a dataset are.
    enum Layout {
        /// In one run of bytes; without an offset when none were ever stored.
        case contiguous(offset: UInt64?, byteCount: UInt64)
        case inHeader([UInt8])
        /// In chunks, of which those that are stored are listed in the order of their numbers.
        case chunked(grid: ChunkGrid, filters: [ChunkFilter], chunks: [ChunkGrid.Chunk])
    }

    /// What an element is that was never written.
    enum FillValue: Equatable {
        /// Zero.
        case standard
        /// In its stored form.
        case value([UInt8])
        /// Nothing that anybody could know.
        case undefined
    }

    /// Holds what a file says about a dataset against its size.
    ///
    /// - Throws: `.damaged` when the data cannot be all there, `.unsupported` when they are more than is read.
    init(
        shape: DatasetShape, format: ElementFormat, layout: Layout, fill: FillValue, fileSize: UInt64
    ) throws(Fault) {
        self.shape = shape
        self.format = format
        if shape.byteCount == 0 {
            storage = .inHeader([])
            storedByteCount = 0
            return
        }
        let needed = UInt64(shape.byteCount)
        switch layout {
        case .contiguous(let offset?, let byteCount):
            guard needed <= byteCount else { throw Self.tooFew(byteCount, for: needed) }
            guard offset <= fileSize, needed <= fileSize - offset else {
                throw Fault(
                    .damaged,
                    "claims \(needed) bytes of data at byte \(offset), but the file has \(fileSize) bytes")
            }
            storage = .contiguous(offset: offset)
            storedByteCount = byteCount
        case .inHeader(let bytes):
            guard needed <= bytes.count else { throw Self.tooFew(UInt64(bytes.count), for: needed) }
            storage = .inHeader(bytes)
            storedByteCount = UInt64(bytes.count)
        case .chunked(let grid, let filters, let chunks) where !chunks.isEmpty:
            let table = try ChunkTable(grid: grid, filters: filters, chunks: chunks, shape: shape, fileSize: fileSize)
            storedByteCount = table.storedByteCount
            storage = .chunked(table)
        case .contiguous, .chunked:
            storage = .fill(try Self.element(of: fill, byteCount: format.type.byteCount, needed: needed))
            storedByteCount = 0
        }
    }

    static func tooFew(_ byteCount: UInt64, for needed: UInt64) -> Fault {
        Fault(.damaged, "claims \(needed) bytes of data, but only \(byteCount) are stored; is the file damaged?")
    }

    private static func element(of fill: FillValue, byteCount: Int, needed: UInt64) throws(Fault) -> [UInt8] {
        switch fill {
        case .standard: return [UInt8](repeating: 0, count: byteCount)
        case .value(let bytes) where bytes.count == byteCount: return bytes
        case .value(let bytes):
            throw Fault(
                .damaged,
                "has a fill value of \(bytes.count) bytes, but its elements have \(byteCount); "
                    + "is the file damaged?")
        case .undefined:
            throw Fault(
                .damaged, "claims \(needed) bytes of data, but none were ever written, and it has no fill value")
        }
    }
}

/// How much of a file is unpacked: compression, fill values and several links to one dataset make more of a file than it holds.
enum UnpackLimit {
    /// Every byte of the file may become so many; real weights rarely become more than two.
    static let growth: UInt64 = 32
    /// So much a small file may become in any case.
    static let least: UInt64 = 64 << 20

    /// The bytes that all datasets of a file may have together, and that one chunk may have.
    static func byteCount(fileSize: UInt64) -> UInt64 {
        let (product, overflow) = fileSize.multipliedReportingOverflow(by: growth)
        let (sum, tooLarge) = product.addingReportingOverflow(least)
        return overflow || tooLarge ? .max : sum
    }

    static let description = "\(growth) times the file's size and 64 MiB"
}
