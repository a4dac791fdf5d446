import Files

/// The metadata of a file, read through a window that moves along: what belongs together lies close to each other.
///
/// What is read in all is limited by the file's size, so that a file whose parts lead to each other again and again has an end.
struct MetadataWindow {
    /// The window is so large where it jumps, and grows where it moves on to what comes next.
    private static let leastSize: UInt64 = 1 << 12
    private static let largestSize: UInt64 = 1 << 16
    private static let alignment: UInt64 = 1 << 12

    /// How often every byte of the file may be asked for, and brought in by the window. Sound files need each a few times at most; the
    /// window brings in much that is not asked for where objects lie far apart.
    private static let largestReuse: UInt64 = 16
    private static let largestTransfer: UInt64 = 256
    /// So much is allowed in any case.
    private static let leastReuse: UInt64 = 1 << 20
    private static let leastTransfer: UInt64 = 64 << 20

    /// Bytes from the base on.
    let size: UInt64
    /// Where addresses in the file begin to count: the size of its user block.
    let base: UInt64
    private let descriptor: FileDescriptor
    let place: Place
    private var start: UInt64 = 0
    private var bytes: [UInt8] = []
    private var windowSize = leastSize
    private var usable: UInt64
    private var transferable: UInt64

    init(_ descriptor: FileDescriptor, fileSize: UInt64, base: UInt64, place: Place) {
        self.descriptor = descriptor
        self.base = min(base, fileSize)
        self.place = place
        size = fileSize - self.base
        usable = Self.limit(fileSize, Self.largestReuse, Self.leastReuse)
        transferable = Self.limit(fileSize, Self.largestTransfer, Self.leastTransfer)
    }

    private static func limit(_ size: UInt64, _ factor: UInt64, _ least: UInt64) -> UInt64 {
        let (product, overflow) = size.multipliedReportingOverflow(by: factor)
        return overflow || product > .max - least ? .max : product + least
    }

    /// A block of the file; `nil` when the file does not reach so far.
    ///
    /// - Throws: `.ioFailed` when it cannot be read, `.damaged` when far more was asked for than the file holds.
    mutating func block(at address: UInt64, count: UInt64) throws(HDF5Error) -> MetadataBlock? {
        guard address <= size, count <= size - address, let length = Int(exactly: count) else { return nil }
        try spend(max(count, 16))
        if address < start || address + count > start + UInt64(bytes.count) {
            let begin = address - address % Self.alignment
            let end = start + UInt64(bytes.count)
            let movesOn = address >= start && begin <= end
            windowSize = movesOn ? min(windowSize * 2, Self.largestSize) : Self.leastSize
            try fill(from: begin, to: min(max(address + count, begin + windowSize), size))
        }
        let offset = Int(address - start)
        return MetadataBlock(bytes[offset..<offset + length])
    }

    /// Counts work on names and the like, which may be more than the bytes that were asked for.
    mutating func spend(_ count: UInt64) throws(HDF5Error) {
        guard count <= usable else { throw endless }
        usable -= count
    }

    private mutating func fill(from begin: UInt64, to end: UInt64) throws(HDF5Error) {
        guard end - begin <= transferable else { throw endless }
        transferable -= end - begin
        let length = Int(end - begin)
        let (descriptor, offset) = (descriptor, base + begin)
        var failure: SystemError?
        // Nothing is cleared that is read over at once; what was not read is no part of the array.
        bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            do throws(SystemError) {
                let target = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<length])
                count = try descriptor.read(into: target, at: offset)
            } catch {
                failure = error
            }
        }
        start = begin
        if let failure {
            bytes = []
            throw place.error(.ioFailed, "cannot be read: \(failure)")
        }
        guard bytes.count == length else {
            bytes = []
            throw place.error(.ioFailed, "cannot be read: the file has become shorter since it was opened")
        }
    }

    private var endless: HDF5Error {
        place.error(.damaged, "has parts that lead to each other again and again; is the file damaged?")
    }
}
