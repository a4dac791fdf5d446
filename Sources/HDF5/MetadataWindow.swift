import Files

/// The metadata of a file, read through a few windows that move along: what belongs together lies close to each other, in one
/// place or in a few.
///
/// What is read in all is limited by the file's size, so that a file whose parts lead to each other again and again has an end.
struct MetadataWindow {
    /// A window is so large where it jumps, and grows where it moves on to what comes next.
    private static let leastSize: UInt64 = 1 << 12
    private static let largestSize: UInt64 = 1 << 16
    private static let alignment: UInt64 = 1 << 12
    /// A header, its tree and its names may take turns, forwards and backwards.
    private static let mostViews = 4

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
    /// What was read last comes first.
    private var views: [View] = []
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
        let view: Int
        if let known = views.firstIndex(where: { $0.start <= address && address + count <= $0.end }) {
            view = known
        } else {
            let begin = address - address % Self.alignment
            let last = views.first { $0.start <= address && begin <= $0.end }
            let windowSize = last.map { min($0.windowSize * 2, Self.largestSize) } ?? Self.leastSize
            let bytes = try read(from: begin, to: min(max(address + count, begin + windowSize), size))
            if views.count == Self.mostViews { views.removeLast() }
            views.insert(View(start: begin, bytes: bytes, windowSize: windowSize), at: 0)
            view = 0
        }
        let offset = Int(address - views[view].start)
        return MetadataBlock(views[view].bytes[offset..<offset + length])
    }

    /// A part of the file.
    private struct View {
        var start: UInt64
        var bytes: [UInt8]
        /// What was asked for around it.
        var windowSize: UInt64

        var end: UInt64 { start + UInt64(bytes.count) }
    }

    /// Counts work on names and the like, which may be more than the bytes that were asked for.
    mutating func spend(_ count: UInt64) throws(HDF5Error) {
        guard count <= usable else { throw endless }
        usable -= count
    }

    private mutating func read(from begin: UInt64, to end: UInt64) throws(HDF5Error) -> [UInt8] {
        guard end - begin <= transferable else { throw endless }
        transferable -= end - begin
        let length = Int(end - begin)
        let (descriptor, offset) = (descriptor, base + begin)
        var failure: SystemError?
        // Nothing is cleared that is read over at once; what was not read is no part of the array.
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            do throws(SystemError) {
                let target = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<length])
                count = try descriptor.read(into: target, at: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw place.error(.ioFailed, "cannot be read: \(failure)") }
        guard bytes.count == length else {
            throw place.error(.ioFailed, "cannot be read: the file has become shorter since it was opened")
        }
        return bytes
    }

    private var endless: HDF5Error {
        place.error(.damaged, "has parts that lead to each other again and again; is the file damaged?")
    }
}
