import NetGraph
import Synchronization

extension FoldPlan {
    /// The layers in which one channel's largest folded weight is far above the others': bad for 8-bit quantisation with one scale for a tensor.
    ///
    /// Reads every weight that the plan scales, once, in slices.
    ///
    /// - Parameters:
    ///   - network: the network that the plan was made for.
    ///   - weights: its numbers.
    public func outliers(in network: Network, weights: some WeightStore) throws(WeightError) -> [StatisticsFinding] {
        let layers = Dictionary(network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var findings: [StatisticsFinding] = []
        for fold in folds {
            // A table that takes a shift is no weight that is scaled.
            guard let linear = layers[fold.target].flatMap({ LinearLayer($0.operation) }), !linear.shiftsWeight,
                let shape = network[linear.weight].shape, let layout = linear.outputLayout(weightShape: shape),
                let factors = fold.weightFactors(linear, shape: shape), !factors.isEmpty
            else { continue }
            var largest = [Float](repeating: 0, count: layout.channelCount)
            try weights.forEachSlice(of: linear.weight, elementCount: layout.elementCount) {
                (slice: UnsafeMutableBufferPointer<Float>, start) throws(WeightError) in
                for factor in factors { factor.layout.multiply(slice, from: start, by: factor.numbers) }
                layout.raiseMaxima(&largest, by: slice, from: start)
            }
            if let finding = StatisticsFinding(outliersOf: fold.target, magnitudes: largest) {
                findings.append(finding)
            }
        }
        return findings
    }

    /// The same of a network whose weights took more than the plan says.
    ///
    /// - Parameter weights: of the network before the fold.
    public func outliers(
        in folded: FoldedNetwork, weights: any WeightStore
    ) throws(WeightError) -> [StatisticsFinding] {
        let magnitudes = WeightMagnitudes(of: self, in: folded)
        let store = FoldedWeights(base: AnyWeightStore(weights), folded: folded, magnitudes: magnitudes)
        let targets = Set(folds.map(\.target))
        for layer in folded.network.layers where targets.contains(layer.id) {
            guard let linear = LinearLayer(layer.operation), let count = folded.network[linear.weight].elementCount
            else { continue }
            try store.forEachSlice(of: linear.weight, elementCount: count) {
                (_: UnsafeMutableBufferPointer<Float>, _) throws(WeightError) in
            }
        }
        return outliers(in: folded.network, magnitudes: magnitudes)
    }

    /// The same from weights that were computed already.
    ///
    /// - Parameters:
    ///   - network: the folded network.
    ///   - magnitudes: what was noted while its weights were read.
    public func outliers(in network: Network, magnitudes: WeightMagnitudes) -> [StatisticsFinding] {
        let layers = Dictionary(network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return folds.compactMap { fold in
            guard let linear = layers[fold.target].flatMap({ LinearLayer($0.operation) }),
                let largest = magnitudes.largest(of: linear.weight)
            else { return nil }
            return StatisticsFinding(outliersOf: fold.target, magnitudes: largest)
        }
    }
}

/// The largest magnitude of each output channel of the weights that a plan scales, noted while they are computed.
public final class WeightMagnitudes: Sendable {
    private let layouts: [ParameterID: ChannelLayout]
    private let largest = Mutex<[ParameterID: [Float]]>([:])

    /// - Parameters:
    ///   - plan: tells which weights matter.
    ///   - folded: the network after it.
    public init(of plan: FoldPlan, in folded: FoldedNetwork) {
        let targets = Set(plan.folds.map(\.target))
        var layouts: [ParameterID: ChannelLayout] = [:]
        for layer in folded.network.layers where targets.contains(layer.id) {
            guard let linear = LinearLayer(layer.operation), !linear.shiftsWeight,
                case .scaled = folded.recipes[linear.weight],
                let shape = folded.network[linear.weight].shape
            else { continue }
            layouts[linear.weight] = linear.outputLayout(weightShape: shape)
        }
        self.layouts = layouts
    }

    /// Notes a slice of a folded weight; slices may come in any order and more than once.
    ///
    /// - Returns: whether all numbers were seen to be finite; where they were not looked at for that, `false`.
    func note<Element: WeightElement>(
        _ slice: UnsafeMutableBufferPointer<Element>, of parameter: ParameterID, from start: Int
    ) -> Bool {
        guard let layout = layouts[parameter] else { return false }
        return largest.withLock { largest in
            var maxima = largest.removeValue(forKey: parameter) ?? [Float](repeating: 0, count: layout.channelCount)
            let areFinite = layout.raiseMaxima(&maxima, by: slice, from: start)
            largest[parameter] = maxima
            return areFinite
        }
    }

    /// The largest magnitude of each channel; `nil` for a weight of which nothing was noted.
    func largest(of parameter: ParameterID) -> [Float]? { largest.withLock { $0[parameter] } }
}

extension StatisticsFinding {
    /// `nil` when no channel is far above the median one.
    fileprivate init?(outliersOf layer: LayerID, magnitudes: [Float]) {
        // Rarely is any; this tells without putting them in order.
        let largest = Double(magnitudes.max() ?? 0)
        let farBelow = magnitudes.count { $0 > 0 && Self.outlierRatio * Double($0) < largest }
        guard 2 * farBelow > magnitudes.count(where: { $0 > 0 }) - 1 else { return nil }
        let ordered = magnitudes.filter { $0 > 0 }.sorted().map { Double($0) }
        guard let top = ordered.last, top.isFinite, case let median = ordered[ordered.count / 2],
            top > Self.outlierRatio * median, let channel = magnitudes.firstIndex(where: { Double($0) == top })
        else { return nil }
        let channels = magnitudes.indices.filter { Double(magnitudes[$0]) > Self.outlierRatio * median }
        self.init(
            layer: layer, severity: .warning,
            .outlierWeights(channel: channel, ratio: top / median, limit: Int(Self.outlierRatio)), channels: channels)
    }

    /// A ratio beyond which 8 bits leave the median channel fewer than two bits.
    private static let outlierRatio = 64.0
}

extension ChannelLayout {
    /// Raises the largest magnitude of each channel to that of its elements in a slice.
    ///
    /// - Returns: whether all elements were seen to be finite on the way.
    @discardableResult
    fileprivate func raiseMaxima<Element: WeightElement>(
        _ maxima: inout [Float], by elements: UnsafeMutableBufferPointer<Element>, from start: Int
    ) -> Bool {
        guard elementCount > 0 else { return false }
        var areFinite = true
        maxima.withUnsafeMutableBufferPointer { maxima in
            var position = 0
            while position < elements.count {
                let run = run(from: start + position, limit: elements.count - position)
                let part = UnsafeMutableBufferPointer(rebasing: elements[position..<position + run.count])
                if run.ascends {
                    areFinite = false
                    Element.raise(
                        UnsafeMutableBufferPointer(rebasing: maxima[run.channel..<run.channel + run.count]), to: part)
                } else {
                    let largest = Element.largestFiniteMagnitude(part)
                    areFinite = areFinite && largest != nil
                    maxima[run.channel] = max(maxima[run.channel], largest ?? Element.largestMagnitude(part))
                }
                position += run.count
            }
        }
        return areFinite
    }
}
