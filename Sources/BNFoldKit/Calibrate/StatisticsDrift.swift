import Calibration
import Frontend
import NetGraph

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How far stored statistics are from those of samples.
public struct StatisticsDrift: Codable, Hashable, Sendable {
    /// The largest distance of two means, in stored deviations, and its channel; `nil` where every stored deviation is 0.
    public var meanDistance: Double?
    public var meanChannel: Int?
    /// The smallest and the largest variance of the samples as a multiple of the stored one, and their channels; channels whose stored variance is 0 are left
    /// out.
    public var leastRatio: Double?
    public var leastRatioChannel: Int?
    public var largestRatio: Double?
    public var largestRatioChannel: Int?
    /// The root of the mean square of the distances of means, and the median of the variances' ratios: what the layer as a whole is off by.
    public var typicalMeanDistance: Double?
    public var medianRatio: Double?

    var meanText: String {
        guard let meanDistance, let meanChannel else { return "-" }
        return "\(Self.text(meanDistance)) deviations (channel \(meanChannel))"
    }

    var ratioText: String {
        guard let leastRatio, let largestRatio, let leastRatioChannel, let largestRatioChannel else { return "-" }
        return
            "\(Self.text(leastRatio)) (channel \(leastRatioChannel)) to \(Self.text(largestRatio)) (channel \(largestRatioChannel))"
    }

    /// Three digits. Written by the C library: all of Foundation takes longer to load than a small network to fold.
    private static func text(_ number: Double) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
            let count = withVaList([number]) { Int(vsnprintf(buffer.baseAddress, buffer.count, "%.3g", $0)) }
            return String(decoding: UnsafeRawBufferPointer(buffer).prefix(max(count, 0)), as: UTF8.self)
        }
    }

    /// `nil` where the layer has no statistics, or another number of them.
    init?(stored: MeasuredStatistics?, _ measured: MeasuredStatistics) {
        guard let stored, stored.mean.count == measured.mean.count,
            stored.variance.count == measured.variance.count
        else { return nil }
        var squares = 0.0
        var ratios: [Double] = []
        for channel in stored.mean.indices
        where stored.variance[channel] > 0 && stored.variance[channel].isFinite && stored.mean[channel].isFinite {
            let distance =
                abs(measured.mean[channel] - stored.mean[channel]) / stored.variance[channel].squareRoot()
            if distance > meanDistance ?? -1 { (meanDistance, meanChannel) = (distance, channel) }
            let ratio = measured.variance[channel] / stored.variance[channel]
            if ratio < leastRatio ?? .infinity { (leastRatio, leastRatioChannel) = (ratio, channel) }
            if ratio > largestRatio ?? -1 { (largestRatio, largestRatioChannel) = (ratio, channel) }
            squares += distance * distance
            ratios.append(ratio)
        }
        guard !ratios.isEmpty else { return }
        typicalMeanDistance = (squares / Double(ratios.count)).squareRoot()
        medianRatio = ratios.sorted()[ratios.count / 2]
    }

    /// The stored mean and variance, factor and epsilon taken out; `nil` where there are none.
    static func stored(
        _ group: StatisticsGroup, in model: any Model
    ) throws(BNFoldError) -> MeasuredStatistics? {
        guard let weights = model.weights, let position = group.positions.first,
            case .batchNorm(let batchNorm) = model.network.layers[position].operation, batchNorm.hasStatistics,
            let meanParameter = batchNorm.mean
        else { return nil }
        let store = AnyWeightStore(weights)
        func numbers(_ parameter: ParameterID) throws(BNFoldError) -> [Double] {
            try liftingWeights { () throws(WeightError) in try store.vector(parameter, of: model.network) }
        }
        let factor = try batchNorm.factor.map { (id) throws(BNFoldError) in try numbers(id).first ?? 1 } ?? 1
        guard factor != 0 else { return nil }
        let mean = try numbers(meanParameter).map { $0 / factor }
        switch batchNorm.spread {
        case .variance(let id):
            return MeasuredStatistics(mean: mean, variance: try numbers(id).map { $0 / factor })
        case .inverseDeviation(let id):
            return MeasuredStatistics(
                mean: mean, variance: try numbers(id).map { batchNorm.variance(ofInverseDeviation: $0) })
        case .applied: return nil
        }
    }
}

extension Double {
    var logarithm: Double { log(self) }
}

extension BatchNorm {
    fileprivate func variance(ofInverseDeviation inverse: Double) -> Double {
        let deviation = 1 / inverse
        let own =
            addsEpsilonToDeviation ? (deviation - epsilon) * (deviation - epsilon) : deviation * deviation - epsilon
        return max(own, 0)
    }
}
