import NetGraph

/// How the weights of two files differ, tensor by tensor, whatever their formats.
public struct WeightDifference: Sendable {
    /// Layers with parameters that only one of the files has.
    public var onlyInFirst: [String] = []
    public var onlyInSecond: [String] = []
    /// Layers that both have, in the order of the first file.
    public var tensors: [TensorDifference] = []
    /// What to say of tensors that were never written, for each file that has such.
    public var unwrittenRemarks: [String] = []

    public init() {}

    /// The difference of one tensor.
    public struct TensorDifference: Hashable, Sendable {
        public var layer: String
        /// Its number among those of its layer, from 0.
        public var index: Int
        /// What the framework calls it in its layer; `nil` where it has only a number there.
        public var name: String?
        /// `nil` where a file lacks the tensor.
        public var firstShape: [Int]?
        public var secondShape: [Int]?
        /// `nil` when the shapes differ.
        public var numbers: NumberDifference?

        public init(
            layer: String, index: Int, name: String? = nil, firstShape: [Int]?, secondShape: [Int]?
        ) {
            self.layer = layer
            self.index = index
            self.name = name
            self.firstShape = firstShape
            self.secondShape = secondShape
        }
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

    public init(elementCount: Int, elementType: ElementType) {
        self.elementCount = elementCount
        self.elementType = elementType
    }

    /// The largest difference relative to the largest magnitude of the first list.
    public var largestRelative: Double {
        if largestAbsolute == 0 { return 0 }
        return largestMagnitude > 0 ? largestAbsolute / largestMagnitude : .infinity
    }

    /// Takes the next pair of numbers.
    public mutating func add(_ first: Double, _ second: Double, at element: Int) {
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
