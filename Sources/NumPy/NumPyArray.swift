/// An array in an .npy file, or in a member of an .npz file; its first axis counts samples.
///
/// The numbers stay in the file until they are read, and the file stays open as long as one of its arrays lives. Any
/// number of threads may read.
public final class NumPyArray: Sendable {
    /// The name in an .npz file, without `.npy`; nil for an .npy file.
    public let name: String?
    /// The file, as it was named to `NumPyFile.arrays(atPath:)`.
    public let path: String
    /// The extents, the slowest axis first; empty for an array of no axes, which is a single number.
    ///
    /// The extents other than 0 multiply to an `Int`.
    public let shape: [Int]

    private let header: ArrayHeader
    private let content: ArrayContent
    /// How many numbers a sample has.
    private let sampleSize: Int

    /// Reads the header.
    init(name: String?, content: ArrayContent) throws(NumPyError) {
        header = try ArrayHeader(of: content)
        self.name = name
        self.content = content
        path = content.origin.path
        shape = header.shape
        sampleSize = shape.contains(0) ? 0 : shape.dropFirst().reduce(1, *)
    }

    /// The extent of the first axis; 1 for an array of no axes.
    public var sampleCount: Int { shape.first ?? 1 }

    /// The extents of the other axes.
    public var sampleShape: [Int] { Array(shape.dropFirst()) }

    /// How the numbers are stored. Throws when they are no real numbers.
    func elementType() throws(NumPyError) -> ElementType { try header.elementType.get() }

    /// No more numbers than this are read at once: 8 GiB of doubles.
    public static let largestReading = 1 << 30

    /// The numbers of some samples, the last axis varying fastest, whatever order the file has.
    ///
    /// Every type of number is converted exactly to `Double`, but for integers of 64 bits beyond 2^53, which are rounded
    /// to the nearest. Booleans become 0 and 1.
    ///
    /// Of an .npy file and of a stored member, only the bytes asked for are read. In Fortran order, however, a sample is
    /// spread over the whole array, so that each call may go through all of it, in blocks: few calls for many samples
    /// are better. The first reading from an archive goes through the whole member to compare its checksum; a compressed
    /// one is then kept in memory.
    ///
    /// Throws when the array has no such samples, when they are too many at once, when it does not hold real numbers,
    /// and when reading fails or finds damage.
    public func read(samples: Range<Int>) throws(NumPyError) -> [Double] {
        let type = try elementType()
        guard samples.lowerBound >= 0, samples.upperBound <= sampleCount else {
            throw content.origin.malformed(
                "has \(sampleCount) samples, but samples \(samples.lowerBound)..<\(samples.upperBound) were asked for")
        }
        let (count, overflow) = samples.count.multipliedReportingOverflow(by: sampleSize)
        guard !overflow, count <= Self.largestReading else {
            throw content.origin.malformed(
                "has too large samples: \(samples.count) of \(sampleSize) numbers each were asked for at once, but at "
                    + "most \(Self.largestReading) numbers are read; ask for fewer samples")
        }
        var numbers = [Double](repeating: 0, count: count)
        guard count > 0 else { return numbers }
        let reader = SampleReader(
            content: content, type: type, numbersStart: header.byteCount, sampleCount: sampleCount,
            sampleShape: sampleShape)
        try numbers.withUnsafeMutableBufferPointer { (numbers) throws(NumPyError) in
            if header.isFortranOrder {
                try reader.readFortranOrder(samples, into: numbers)
            } else {
                try reader.readCOrder(from: samples.lowerBound * sampleSize, into: numbers)
            }
        }
        return numbers
    }
}
