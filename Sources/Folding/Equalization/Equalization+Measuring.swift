import NetGraph

/// A layer with weights before and after its channels were equalised.
public struct EqualizedLayer: Hashable, Sendable {
    public var layer: LayerID
    /// The channels of its output, and how many of them have another range now.
    public var channelCount: Int
    public var scaledCount: Int
    public var before: Figures
    public var after: Figures
    /// Why channels of its output keep their range, with their number, the most frequent reason first.
    public var kept: [Kept]

    /// How well a weight fits whole numbers of 8 bits with one step for all.
    public struct Figures: Hashable, Sendable {
        /// The largest range of an output channel, in multiples of the median one of those that are not next to nothing; `nil` where all are 0.
        public var ratio: Double?
        /// What is left of the weight, in decibels; `nil` where nothing is lost, or nothing is there.
        public var signalToNoise: Double?
    }

    public struct Kept: Hashable, Sendable {
        public var obstacle: EqualizationObstacle
        public var count: Int
    }
}

/// Goes through weights as they are, and as they will be.
struct EqualizationMeasure {
    /// The layer's site and the factors of its channels.
    var site: ChannelGraph.Site
    var inputFactors: [Double]
    var outputDivisors: [Double]
    var ranges: WeightRanges

    /// Numbers that would leave the range of their format, by the cell of the weight.
    private(set) var offenders: Set<Int> = []
    private(set) var before = EqualizedLayer.Figures()
    private(set) var after = EqualizedLayer.Figures()

    init(site: ChannelGraph.Site, inputFactors: [Double], outputDivisors: [Double], ranges: WeightRanges) {
        self.site = site
        self.inputFactors = inputFactors
        self.outputDivisors = outputDivisors
        self.ranges = ranges
    }

    /// Reads the weight once.
    mutating func run(_ weights: some WeightStore, type: ElementType) throws(WeightError) {
        let plain = ranges.ranges(
            inputFactors: inputFactors.map { _ in 1 }, outputDivisors: outputDivisors.map { _ in 1 }
        ).outputs
        let scaled = ranges.ranges(inputFactors: inputFactors, outputDivisors: outputDivisors).outputs
        (before.ratio, after.ratio) = (Self.ratio(plain), Self.ratio(scaled))
        let steps = (
            QuantizationGrid.step(largest: plain.max() ?? 0), QuantizationGrid.step(largest: scaled.max() ?? 0)
        )
        let walk = WeightWalk(site.layout)
        let factors = (0..<walk.cellCount).map { cell in
            let (output, input) = walk.channels(ofCell: cell)
            return inputFactors[input] / outputDivisors[output]
        }
        let isScaled = factors.contains { $0 != 1 }
        let limits = NumberLimits(type)
        var (old, new, found) = (QuantizationNoise(), QuantizationNoise(), Set<Int>())
        try weights.forEachSlice(of: site.linear.weight, elementCount: walk.elementCount) {
            (slice: UnsafeMutableBufferPointer<Double>, start) throws(WeightError) in
            walk.forEachRun(from: start, count: slice.count) { position, count, cell, stride in
                var cell = cell
                for index in position..<position + count {
                    old.add(slice[index], step: steps.0)
                    if isScaled {
                        let number = slice[index] * factors[cell]
                        new.add(number, step: steps.1)
                        if factors[cell] != 1, limits.isLeft(by: slice[index], becoming: number) { found.insert(cell) }
                    }
                    cell += stride
                }
            }
        }
        offenders = found
        before.signalToNoise = old.ratio
        after.signalToNoise = isScaled ? new.ratio : old.ratio
    }

    private static func ratio(_ ranges: [Double]) -> Double? {
        guard let median = median(of: ranges), let largest = ranges.max() else { return nil }
        return largest / median
    }

    /// The median of ranges that matter: not of those that a number format of 24 digits would lose beside the largest one. `nil` where all are 0.
    static func median(of ranges: [Double]) -> Double? {
        guard let largest = ranges.max(), largest > 0 else { return nil }
        let ordered = ranges.filter { $0 > largest * 0x1p-24 }.sorted()
        return ordered[ordered.count / 2]
    }
}

/// What a number format holds without loss.
struct NumberLimits {
    private let largest: Double
    private let leastNormal: Double
    /// Numbers below this one are next to nothing, and may lose digits.
    private let negligible: Double

    init(_ type: ElementType) {
        largest = type.greatestFiniteMagnitude
        switch type {
        case .float16: (leastNormal, negligible) = (0x1p-14, 0)
        case .float32: (leastNormal, negligible) = (0x1p-126, 0x1p-100)
        case .float64: (leastNormal, negligible) = (.leastNormalMagnitude, 0x1p-1000)
        }
    }

    /// Whether a number that is multiplied loses digits by it, or the range.
    func isLeft(by before: Double, becoming after: Double) -> Bool {
        let magnitude = abs(after)
        if magnitude > largest { return true }
        return magnitude < leastNormal && magnitude < abs(before) && abs(before) > negligible
    }
}
