import Execution

/// Mean and variance of each channel as the samples have them.
public struct MeasuredStatistics: Hashable, Sendable {
    /// One for each channel.
    public var mean: [Double]
    /// That of the population which the samples were drawn from: m / (m - 1) times the samples' own, where m are the elements of a channel.
    public var variance: [Double]

    public init(mean: [Double], variance: [Double]) {
        self.mean = mean
        self.variance = variance
    }
}

/// Gathers the statistics of one group.
enum StatisticsSum {
    /// Mean and variance of each batch, added up (Caffe's `batch_norm_layer.cpp`).
    case batches(count: Double, mean: [Double], variance: [Double])
    /// All elements together.
    case population(ChannelMoments)

    /// - Returns: whether the numbers of channels agree.
    mutating func add(_ moments: ChannelMoments) -> Bool {
        switch self {
        case .population(var sum):
            guard sum.count == 0 || sum.mean.count == moments.mean.count else { return false }
            sum.merge(moments)
            self = .population(sum)
        case .batches(let count, var mean, var variance):
            if count == 0 {
                mean = [Double](repeating: 0, count: moments.mean.count)
                variance = mean
            }
            guard mean.count == moments.mean.count else { return false }
            let own = moments.correctedVariance
            for channel in mean.indices {
                mean[channel] += moments.mean[channel]
                variance[channel] += own[channel]
            }
            self = .batches(count: count + 1, mean: mean, variance: variance)
        }
        return true
    }

    /// `nil` where nothing was added.
    var statistics: MeasuredStatistics? {
        switch self {
        case .population(let sum):
            sum.count == 0 ? nil : MeasuredStatistics(mean: sum.mean, variance: sum.correctedVariance)
        case .batches(let count, let mean, let variance):
            count == 0
                ? nil : MeasuredStatistics(mean: mean.map { $0 / count }, variance: variance.map { $0 / count })
        }
    }
}

extension ChannelMoments {
    /// Of a single element the variance is 0.
    fileprivate var correctedVariance: [Double] { squares.map { $0 / Double(max(count - 1, 1)) } }
}
