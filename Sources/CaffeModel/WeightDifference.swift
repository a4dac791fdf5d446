import NetGraph

/// How the weights of two files differ, blob by blob, whatever their containers.
public struct WeightDifference: Sendable {
    /// Layers with blobs that only one of the files has.
    public var onlyInFirst: [String] = []
    public var onlyInSecond: [String] = []
    /// Layers that both have, in the order of the first file.
    public var blobs: [BlobDifference] = []

    /// The difference of one blob.
    public struct BlobDifference: Hashable, Sendable {
        public var layer: String
        public var index: Int
        /// `nil` where a file lacks the blob.
        public var firstShape: [Int]?
        public var secondShape: [Int]?
        /// `nil` when the shapes differ.
        public var numbers: NumberDifference?
    }

    /// Compares two files in slices.
    ///
    /// - Throws: `CaffeModelError` when a file cannot be read.
    public init(_ first: String, _ second: String) throws(CaffeModelError) {
        let files = (try WeightFiles.open(first), try WeightFiles.open(second))
        let names = (try files.0.layerNames(), try files.1.layerNames())
        let known = (Set(names.0), Set(names.1))
        onlyInFirst = names.0.filter { !known.1.contains($0) }
        onlyInSecond = names.1.filter { !known.0.contains($0) }
        for name in names.0 where known.1.contains(name) {
            let stored = (try files.0.blobs(ofLayer: name) ?? [:], try files.1.blobs(ofLayer: name) ?? [:])
            for index in Set(stored.0.keys).union(stored.1.keys).sorted() {
                let pair = (stored.0[index], stored.1[index])
                var difference = BlobDifference(
                    layer: name, index: index, firstShape: pair.0?.shape, secondShape: pair.1?.shape)
                if let left = pair.0, let right = pair.1, left.shape == right.shape {
                    difference.numbers = try Self.compare(left, in: files.0, right, in: files.1)
                }
                blobs.append(difference)
            }
        }
    }

    private static func compare(
        _ left: StoredBlob, in first: any WeightFile, _ right: StoredBlob, in second: any WeightFile
    ) throws(CaffeModelError) -> NumberDifference {
        let count = left.shape.reduce(1, *)
        let capacity = min(max(count, 1), 1 << 16)
        let buffers = (
            UnsafeMutableBufferPointer<Double>.allocate(capacity: capacity),
            UnsafeMutableBufferPointer<Double>.allocate(capacity: capacity)
        )
        buffers.0.initialize(repeating: 0)
        buffers.1.initialize(repeating: 0)
        defer {
            buffers.0.deallocate()
            buffers.1.deallocate()
        }
        // Units in the last place are those of the narrower format.
        let type = left.elementType == .float64 && right.elementType == .float64 ? ElementType.float64 : .float32
        var difference = NumberDifference(elementCount: count, elementType: type)
        var start = 0
        while start < count {
            let length = min(capacity, count - start)
            try first.read(left, from: start, into: UnsafeMutableBufferPointer(rebasing: buffers.0[..<length]))
            try second.read(right, from: start, into: UnsafeMutableBufferPointer(rebasing: buffers.1[..<length]))
            for index in 0..<length { difference.add(buffers.0[index], buffers.1[index], at: start + index) }
            start += length
        }
        return difference
    }
}

/// How two lists of numbers differ.
public struct NumberDifference: Hashable, Sendable {
    public let elementCount: Int
    private let elementType: ElementType
    /// Elements that are not equal; NaN equals NaN.
    public private(set) var differingCount = 0
    /// The largest |a - b|, infinite where only one of the two is finite.
    public private(set) var largestAbsolute = 0.0
    /// The element of the largest difference.
    public private(set) var worstElement = 0
    /// The largest magnitude in the first list.
    public private(set) var largestMagnitude = 0.0
    /// The largest distance in units in the last place.
    public private(set) var largestUnits: UInt64 = 0
    /// Elements by their distance in units: 0, 1, 2, 3 to 4, 5 to 8, ... doubling; the last bucket holds all above.
    public private(set) var histogram = [Int](repeating: 0, count: Self.bucketCount)

    public static let bucketCount = 16

    init(elementCount: Int, elementType: ElementType) {
        self.elementCount = elementCount
        self.elementType = elementType
    }

    /// The largest difference relative to the largest magnitude of the first list.
    public var largestRelative: Double {
        if largestAbsolute == 0 { return 0 }
        return largestMagnitude > 0 ? largestAbsolute / largestMagnitude : .infinity
    }

    mutating func add(_ first: Double, _ second: Double, at element: Int) {
        if first.isFinite { largestMagnitude = max(largestMagnitude, abs(first)) }
        if first == second || first.isNaN && second.isNaN {
            histogram[0] += 1
            return
        }
        differingCount += 1
        let distance = abs(first - second)
        let absolute = distance.isNaN ? .infinity : distance
        if absolute > largestAbsolute {
            largestAbsolute = absolute
            worstElement = element
        }
        let units = units(between: first, and: second)
        largestUnits = max(largestUnits, units)
        histogram[Self.bucket(of: units)] += 1
    }

    private func units(between first: Double, and second: Double) -> UInt64 {
        guard first.isFinite, second.isFinite else { return .max }
        if elementType == .float64 {
            let left = Self.ordered(Int64(bitPattern: first.bitPattern))
            let (distance, overflows) = left.subtractingReportingOverflow(
                Self.ordered(Int64(bitPattern: second.bitPattern)))
            return overflows ? .max : distance.magnitude
        }
        let left = Int64(Int32(bitPattern: Float(first).bitPattern))
        let right = Int64(Int32(bitPattern: Float(second).bitPattern))
        return (Self.ordered(left, minimum: Int64(Int32.min)) - Self.ordered(right, minimum: Int64(Int32.min)))
            .magnitude
    }

    /// Bit patterns of floating-point numbers as integers in the order of the numbers.
    private static func ordered(_ bits: Int64, minimum: Int64 = .min) -> Int64 { bits < 0 ? minimum &- bits : bits }

    private static func bucket(of units: UInt64) -> Int {
        guard units > 0 else { return 0 }
        return min(1 + (UInt64.bitWidth - (units - 1).leadingZeroBitCount), bucketCount - 1)
    }
}
