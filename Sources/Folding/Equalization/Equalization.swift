import NetGraph

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Equalises the ranges of channels across layers (Nagel et al. 2019, Data-Free Quantization Through Weight Equalization and Bias Correction, section 4.1).
///
/// Where nothing between layers notices a positive factor of a channel, it goes out of the layers that write the channel and into those that read it:
/// s = sqrt(r1 / r2) makes the largest weights r1 of its writers and r2 of its readers equal, each in multiples of the median of its layer, so that layers as a
/// whole stay as large as they are. With several writers or readers r1 and r2 are the largest of theirs. All channels of the graph change at once, until nothing
/// changes any more; what is written is computed from all factors of a number together, and rounded once.
public struct Equalization {
    /// The network with the factors in its weights.
    public private(set) var folded: FoldedNetwork
    /// What became of each layer with weights, in the order of the network.
    public private(set) var layers: [EqualizedLayer] = []
    /// How often all ranges were measured until they agreed.
    public private(set) var rounds = 0
    /// Whether they did; otherwise the limit of rounds ended it.
    public private(set) var hasConverged = false
    /// Values that hold other numbers than before, by their old and new names; a name of several values that are written in place appears once.
    public private(set) var renamed: [(from: String, to: String)] = []

    /// More rounds change little.
    static let mostRounds = 64
    /// Ranges that differ by less than this, in powers of two, agree.
    static let tolerance = 0x1p-5
    /// The largest factor is 2 to this power.
    static let largestExponent = 16.0

    /// Channels whose range is below that of the median one by more powers of two have no part in their layer.
    private static let leastDeviation = -12.0
    /// Neighbours change at the same time: with whole steps they would pass one another.
    private static let damping = 0.5
    /// A term may become this many times as large as the largest one of its layer.
    private static let largestGrowth = 2.0

    private var graph: ChannelGraph
    private let store: FoldedWeights<AnyWeightStore>
    /// By the root slot of each class: the binary logarithm of the factor that its channels are divided by.
    private var exponents: [Int: Double] = [:]
    /// Classes that cannot take a factor for the sake of their numbers.
    private var limits: [Int: EqualizationObstacle] = [:]
    private var cache: [RangesKey: WeightRanges] = [:]
    private var cachedCount = 0

    /// Layers may share a weight and see it in different ways.
    private struct RangesKey: Hashable {
        var weight: ParameterID
        var layout: WeightLayout
    }

    /// More numbers than these are read again in each round, rather than kept.
    private static let largestCache = 1 << 24

    /// - Parameters:
    ///   - folded: a folded network.
    ///   - weights: of the network before the fold.
    /// - Throws: `WeightError` when numbers cannot be read, or leave their range by the fold.
    public init(_ folded: FoldedNetwork, weights: any WeightStore) throws(WeightError) {
        self.folded = folded
        graph = ChannelGraph(folded.network)
        store = FoldedWeights(base: AnyWeightStore(weights), folded: folded)
        let members = try prepare()
        try settle(members)
        var measured = try measure()
        while !measured.offenders.isEmpty {
            for root in measured.offenders.keys { exponents[root] = 0 }
            limits.merge(measured.offenders) { first, _ in first }
            measured = try measure()
        }
        layers = measured.layers
        try apply()
    }

    // MARK: Factors

    /// The largest and least exponents of each class.
    private struct Limits {
        var least = -Equalization.largestExponent
        /// Whether a layer writes it, and one reads it.
        var isWritten = false
        var isRead = false
    }

    /// Finds the classes that may be scaled.
    private mutating func prepare() throws(WeightError) -> [Int: Limits] {
        var members: [Int: Limits] = [:]
        for site in graph.sites {
            for slot in site.outputs..<site.outputs + site.linear.outputChannels
            where graph.obstacle(ofSlot: slot) == nil {
                members[graph.root(of: slot), default: Limits()].isWritten = true
            }
            for slot in site.inputs..<site.inputs + site.layout.inputChannels
            where graph.obstacle(ofSlot: slot) == nil {
                members[graph.root(of: slot), default: Limits()].isRead = true
            }
        }
        members = members.filter { $0.value.isWritten && $0.value.isRead }
        // No term grows beyond the largest one of its layer: what a channel that hardly varies adds must not become the largest number there is.
        for addend in graph.addends {
            let numbers = try store.vector(addend.parameter, of: folded.network)
            let largest = numbers.reduce(0) { max($0, abs($1)) }
            for (place, number) in numbers.enumerated() where number != 0 && number.isFinite {
                let root = graph.root(of: addend.slot + place)
                guard var limits = members[root] else { continue }
                limits.least = max(limits.least, log2(abs(number) / (largest * Self.largestGrowth)))
                members[root] = limits
            }
        }
        return members
    }

    private mutating func settle(_ free: [Int: Limits]) throws(WeightError) {
        guard !free.isEmpty else {
            hasConverged = true
            return
        }
        while rounds < Self.mostRounds, !hasConverged {
            rounds += 1
            var written: [Int: Double] = [:]
            var read: [Int: Double] = [:]
            for site in graph.sites {
                let inputs = graph.roots(from: site.inputs, count: site.layout.inputChannels)
                let outputs = graph.roots(from: site.outputs, count: site.linear.outputChannels)
                guard (inputs + outputs).contains(where: { free[$0] != nil }) else { continue }
                let ranges = try ranges(of: site).ranges(
                    inputFactors: inputs.map { exp2(exponents[$0, default: 0]) },
                    outputDivisors: outputs.map { exp2(exponents[$0, default: 0]) })
                Self.raise(&written, to: ranges.outputs, of: outputs)
                Self.raise(&read, to: ranges.inputs, of: inputs)
            }
            var largest = 0.0
            for (root, limits) in free {
                let old = exponents[root, default: 0]
                let new = min(max(old + step(written[root], read[root]), limits.least), Self.largestExponent)
                exponents[root] = new
                largest = max(largest, abs(new - old))
            }
            hasConverged = largest < Self.tolerance
        }
    }

    /// How far a class has to go for its writers and its readers to deviate alike from the other channels of their layers.
    private func step(_ written: Double?, _ read: Double?) -> Double {
        ((written ?? 0) - (read ?? 0)) / 2 * Self.damping
    }

    /// Raises deviations to how many powers of two the ranges of channels are above that of the median channel of their layer. One that is next to nothing says
    /// nothing.
    private static func raise(_ deviations: inout [Int: Double], to ranges: [Double], of roots: [Int]) {
        guard let median = EqualizationMeasure.median(of: ranges).map({ log2($0) }) else { return }
        for (range, root) in zip(ranges, roots) where range > 0 {
            let deviation = log2(range) - median
            guard deviation > leastDeviation else { continue }
            deviations[root] = max(deviations[root] ?? deviation, deviation)
        }
    }

    private mutating func ranges(of site: ChannelGraph.Site) throws(WeightError) -> WeightRanges {
        let key = RangesKey(weight: site.linear.weight, layout: site.layout)
        if let known = cache[key] { return known }
        let ranges = try WeightRanges(of: site.linear.weight, layout: site.layout, in: store)
        if cachedCount + ranges.magnitudes.count <= Self.largestCache {
            cachedCount += ranges.magnitudes.count
            cache[key] = ranges
        }
        return ranges
    }

    // MARK: Numbers

    private mutating func factors(from slot: Int, count: Int) -> [Double] {
        graph.roots(from: slot, count: count).map { exp2(exponents[$0, default: 0]) }
    }

    /// What the factors make of each layer, and the classes whose factors some number does not bear.
    private mutating func measure() throws(WeightError) -> (
        layers: [EqualizedLayer], offenders: [Int: EqualizationObstacle]
    ) {
        var layers: [EqualizedLayer] = []
        var offenders: [Int: EqualizationObstacle] = [:]
        for site in graph.sites {
            let layer = folded.network.layers[site.position]
            var measure = EqualizationMeasure(
                site: site, inputFactors: factors(from: site.inputs, count: site.layout.inputChannels),
                outputDivisors: factors(from: site.outputs, count: site.linear.outputChannels),
                ranges: try ranges(of: site))
            try measure.run(store, type: folded.network[site.linear.weight].elementType)
            let walk = WeightWalk(site.layout)
            for cell in measure.offenders {
                let (output, input) = walk.channels(ofCell: cell)
                for slot in [site.inputs + input, site.outputs + output] {
                    let root = graph.root(of: slot)
                    guard exponents[root, default: 0] != 0 else { continue }
                    offenders[root] = .range(layer: layer.name, type: layer.type)
                }
            }
            let outputs = graph.roots(from: site.outputs, count: site.linear.outputChannels)
            layers.append(
                EqualizedLayer(
                    layer: layer.id, channelCount: outputs.count,
                    scaledCount: outputs.count { exponents[$0, default: 0] != 0 }, before: measure.before,
                    after: measure.after, kept: kept(outputs)))
        }
        for addend in graph.addends {
            let limits = NumberLimits(folded.network[addend.parameter].elementType)
            let numbers = try store.vector(addend.parameter, of: folded.network)
            for (place, divisor) in factors(from: addend.slot, count: addend.count).enumerated()
            where divisor != 1 && limits.isLeft(by: numbers[place], becoming: numbers[place] / divisor) {
                let owner = folded.network.layers.first { $0.operation.parameters.contains(addend.parameter) }
                offenders[graph.root(of: addend.slot + place)] = .range(
                    layer: owner?.name ?? "", type: owner?.type ?? "")
            }
        }
        return (layers, offenders)
    }

    private mutating func kept(_ roots: [Int]) -> [EqualizedLayer.Kept] {
        var counts: [EqualizationObstacle: Int] = [:]
        var order: [EqualizationObstacle] = []
        for root in roots where exponents[root] == nil || limits[root] != nil {
            let obstacle = limits[root] ?? graph.obstacle(ofSlot: root) ?? .unread
            if counts[obstacle] == nil { order.append(obstacle) }
            counts[obstacle, default: 0] += 1
        }
        return order.map { EqualizedLayer.Kept(obstacle: $0, count: counts[$0, default: 0]) }.sorted {
            $0.count > $1.count
        }
    }

    private mutating func apply() throws(WeightError) {
        guard exponents.values.contains(where: { $0 != 0 }) else { return }
        var replacements: [ParameterID: ParameterID] = [:]
        for site in graph.sites where replacements[site.linear.weight] == nil {
            replacements[site.linear.weight] = folded.scale(
                site.linear, layout: site.layout,
                inputFactors: factors(from: site.inputs, count: site.layout.inputChannels),
                outputDivisors: factors(from: site.outputs, count: site.linear.outputChannels))
        }
        for addend in graph.addends where replacements[addend.parameter] == nil {
            let divisors = factors(from: addend.slot, count: addend.count)
            guard divisors.contains(where: { $0 != 1 }) else { continue }
            replacements[addend.parameter] = try folded.divide(addend.parameter, by: divisors, store: store)
        }
        for position in folded.network.layers.indices {
            folded.network.layers[position].operation = folded.network.layers[position].operation.replacing(
                replacements)
        }
        var values: Set<ValueID> = []
        for layer in folded.network.layers {
            for output in layer.outputs {
                let slots = graph.slots(of: output)
                if graph.roots(from: slots.lowerBound, count: slots.count).contains(where: {
                    exponents[$0, default: 0] != 0
                }) {
                    values.insert(output)
                }
            }
        }
        renamed = folded.network.regauge(values, hint: "equalized")
    }
}
