import NetGraph

/// What running a network and its folded twin side by side showed.
public struct Verification: Hashable, Sendable {
    /// One value that both networks have.
    public struct ComparedValue: Hashable, Sendable {
        public var name: String
        /// The layer of the folded network that computes it, and that layer's type.
        public var layer: String
        public var type: String
        public var isOutput: Bool
        /// The output of which a last softmax, sigmoid or tanh reads it; `nil` for other values.
        public var beforeOutput: String?
        public var difference: ValueDifference
        /// The shape of the original's, batch first, channels second.
        public var shape: [Int]
        /// The order of axes that the caller knows.
        public var order: ElementOrder
        /// Set when the two networks give it different shapes.
        public var shapes: String?
        /// Why it was not compared.
        public var obstacle: String?
        /// Whether it follows a layer that decides (ArgMax, DetectionOutput ...): a difference of one rounding may change its numbers at will, so it
        /// is not judged.
        public var isDecision: Bool

        /// Where the worst element is: the number of the sample, and the place in that sample's part of the value, in the caller's order.
        public var worstPlace: (sample: Int, index: [Int]) {
            var rest = difference.worstElement
            var index: [Int] = []
            for length in shape.dropFirst().reversed() where length > 0 {
                index.insert(rest % length, at: 0)
                rest /= length
            }
            if order == .channelsLast, index.count > 1 { index.append(index.removeFirst()) }
            return (difference.worstBatch * max(shape.first ?? 1, 1) + rest, index)
        }

        /// Whether it is farther off than the tolerance, or not finite, or of another shape.
        public func isBeyond(_ tolerance: Double) -> Bool {
            obstacle == nil && !isDecision && (shapes != nil || !(difference.relative <= tolerance))
        }
    }

    /// One place where the folded network differs from the original: a fold, or several that meet.
    public struct Site: Hashable, Sendable {
        public enum Coverage: Hashable, Sendable {
            /// Tried on what the original computed from the samples.
            case network
            /// Cut off from the input by an obstacle: tried on noise of the right shape.
            case site
            /// Not tried, and why.
            case none(reason: String)
        }

        /// Layers of the original that the folded network does not have.
        public var removed: [String]
        /// Layers of the folded network with other numbers than in the original.
        public var changed: [String]
        /// What it computes, by value name.
        public var values: [String]
        public var coverage: Coverage
        public var difference: SiteDifference
        public var isBeyond: Bool { difference.ratio > 1 }
    }

    public var tolerance: Double
    public var sampleCount: Int
    /// Layers of the original that ran, of all that it has.
    public var layersRun: Int
    public var layerCount: Int
    /// In the order in which the folded network computes them.
    public var values: [ComparedValue]
    public var sites: [Site]
    /// Outputs of the original that the folded network does not have.
    public var missingOutputs: [String]
    /// What could not run, once for each layer.
    public var obstacles: [String]

    /// Whether both networks agree: every value within the tolerance, every fold within its bound, no output missing.
    public var isWithin: Bool {
        firstValueBeyond == nil && !sites.contains(where: \.isBeyond) && missingOutputs.isEmpty
    }

    public var firstValueBeyond: ComparedValue? { values.first { $0.isBeyond(tolerance) } }

    /// The place to look at first: a fold that is wrong by itself, else the last one before the first value that is beyond the tolerance.
    public var firstSiteBeyond: Site? { sites.first(where: \.isBeyond) ?? firstValueBeyond.flatMap { siteBefore($0) } }

    /// The last site that computes a value, or one computed before it.
    private func siteBefore(_ value: ComparedValue) -> Site? {
        let names = values.prefix { $0 != value }.map(\.name) + [value.name]
        return sites.last { site in site.values.contains { names.contains($0) } }
    }
}
