import NetGraph

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads the per-channel vectors of affine layers, turns them into affines, and notes what is suspect about them.
struct StatisticsReader {
    private let network: Network
    private let weights: any WeightStore
    private let allowsUntrained: Bool
    private(set) var findings: [StatisticsFinding] = []
    private var cache: [ParameterID: [Double]] = [:]

    init(network: Network, weights: any WeightStore, allowsUntrained: Bool) {
        self.network = network
        self.weights = weights
        self.allowsUntrained = allowsUntrained
    }

    /// The numbers of a small parameter.
    mutating func vector(_ parameter: ParameterID) throws(WeightError) -> [Double] {
        if let known = cache[parameter] { return known }
        let values = try weights.vector(parameter, of: network)
        cache[parameter] = values
        return values
    }

    /// Notes every parameter of a layer that holds a value which is not finite.
    mutating func checkFinite(_ parameters: [ParameterID], of layer: Layer) throws(WeightError) {
        for parameter in parameters {
            let values = try vector(parameter)
            let channels = values.indices.filter { !values[$0].isFinite }
            guard let index = channels.first else { continue }
            note(
                layer, .error,
                .notFinite(
                    parameter: network[parameter].name, value: FloatingPointText(values[index]), index: index,
                    others: channels.count - 1),
                channels)
        }
    }

    /// scale = gamma / deviation, mostly sqrt(variance / n + epsilon), center = mean / n, offset = beta: one root and one division for each channel.
    ///
    /// - Returns: `nil` when the parameters have different numbers of channels.
    mutating func affine(
        of batchNorm: BatchNorm, layer: Layer, gamma outerGamma: [Double]?, beta outerBeta: [Double]?
    ) throws(WeightError) -> ChannelAffine? {
        let ownGamma = try optionalVector(batchNorm.gamma)
        let ownBeta = try optionalVector(batchNorm.beta)
        let factor = try optionalVector(batchNorm.factor)?.first ?? 1
        let known = findings.count
        try checkFinite(batchNorm.stored, of: layer)
        let isFinite = findings.count == known

        var mean = try optionalVector(batchNorm.mean)
        let stored: [Double]?
        switch batchNorm.spread {
        case .variance(let parameter), .inverseDeviation(let parameter): stored = try vector(parameter)
        case .applied: stored = nil
        }
        guard let count = mean?.count ?? stored?.count ?? ownGamma?.count ?? outerGamma?.count,
            mean?.count ?? count == count, stored?.count ?? count == count,
            let gamma = Self.spread(ownGamma ?? outerGamma, over: count, missing: 1),
            let beta = Self.spread(ownBeta ?? outerBeta, over: count, missing: 0)
        else { return nil }
        if let ownGamma, isFinite { examineGamma(ownGamma, of: layer) }
        mean = mean?.map { factor == 0 ? 0 : $0 / factor }

        let scale: [Double]
        switch batchNorm.spread {
        case .variance:
            let variance = (stored ?? []).map { factor == 0 ? 0 : $0 / factor }
            scale = zip(gamma, variance).map { $0 / batchNorm.deviation(ofVariance: $1) }
            if isFinite { examine(batchNorm, layer: layer, mean: mean ?? [], variance: variance, factor: factor) }
        case .inverseDeviation:
            scale = zip(gamma, stored ?? []).map { $0 * $1 }
        case .applied:
            scale = gamma
        }
        return ChannelAffine(scale: scale, center: mean, offset: beta)
    }

    mutating func optionalVector(_ parameter: ParameterID?) throws(WeightError) -> [Double]? {
        guard let parameter else { return nil }
        return try vector(parameter)
    }

    /// Notes channels that a Scale makes constant.
    mutating func examineGamma(_ gamma: [Double], of layer: Layer) {
        let dead = gamma.indices.filter { gamma[$0] == 0 }
        guard !dead.isEmpty else { return }
        note(layer, .warning, .deadChannels(of: gamma.count), dead)
    }

    private mutating func examine(
        _ batchNorm: BatchNorm, layer: Layer, mean: [Double], variance: [Double], factor: Double
    ) {
        let epsilon = batchNorm.epsilon
        if factor == 0 {
            note(layer, allowsUntrained ? .warning : .error, .untrained(allowed: allowsUntrained))
            return
        }
        let impossible = variance.indices.filter { !(batchNorm.deviation(ofVariance: variance[$0]) > 0) }
        if let channel = impossible.first {
            note(
                layer, .error,
                .negativeVariance(channel: channel, variance: variance[channel], others: impossible.count - 1),
                impossible)
            return
        }
        let negative = variance.indices.filter { variance[$0] < 0 }
        if !negative.isEmpty {
            note(layer, .warning, .slightlyNegativeVariance(of: variance.count, epsilon: epsilon), negative)
        }
        if mean.allSatisfy({ $0 == 0 }), variance.allSatisfy({ $0 == 1 }) || variance.allSatisfy({ $0 == 0 }) {
            note(layer, .warning, .identityStatistics(variance: Int(variance.first ?? 0)))
            return
        }
        noteFewIterations(batchNorm, layer: layer, factor: factor)
        let tiny = variance.indices.filter {
            (batchNorm.addsEpsilonToDeviation ? variance[$0].squareRoot() : variance[$0]) < epsilon / 10
        }
        if !tiny.isEmpty {
            note(
                layer, .warning,
                .tinyVariance(
                    of: variance.count, epsilon: epsilon, amplification: 1 / batchNorm.deviation(ofVariance: 0)),
                tiny)
        }
    }

    /// n = (1 - f^N) / (1 - f) tells the number N of averaged iterations. A factor of exactly 1 is what converters write.
    private mutating func noteFewIterations(_ batchNorm: BatchNorm, layer: Layer, factor: Double) {
        let fraction = batchNorm.movingAverageFraction
        guard factor != 1, factor > 0, fraction > 0, fraction < 1 else { return }
        let forgotten = 1 - factor * (1 - fraction)
        guard forgotten > 0 else { return }
        let iterations = (log(forgotten) / log(fraction)).rounded()
        guard iterations < Self.fewIterations, forgotten > Self.settled else { return }
        note(layer, .warning, .fewIterations(Int(iterations), factor: factor))
    }

    /// Fewer averaged iterations than this are worth a warning, unless the average has settled by then.
    private static let fewIterations = 100.0
    /// The share of the starting value in the average below which it counts as settled.
    private static let settled = 0.01

    private mutating func note(
        _ layer: Layer, _ severity: StatisticsFinding.Severity, _ detail: StatisticsFinding.Detail,
        _ channels: [Int] = []
    ) {
        let finding = StatisticsFinding(layer: layer.id, severity: severity, detail, channels: channels)
        if !findings.contains(finding) { findings.append(finding) }
    }

    /// The values, or the same one for every channel where there are none; `nil` when they are for another number of channels.
    private static func spread(_ values: [Double]?, over count: Int, missing: Double) -> [Double]? {
        guard let values else { return [Double](repeating: missing, count: count) }
        return values.count == count ? values : nil
    }
}
