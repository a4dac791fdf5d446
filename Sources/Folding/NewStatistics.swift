import NetGraph

/// Statistics that normalisations are to have from now on.
public struct NewStatistics: Hashable, Sendable {
    /// All layers that share them.
    public var layers: [LayerID]
    /// One for each channel.
    public var mean: [Double]
    public var variance: [Double]

    public init(layers: [LayerID], mean: [Double], variance: [Double]) {
        self.layers = layers
        self.mean = mean
        self.variance = variance
    }
}

extension FoldedNetwork {
    /// A network in which nothing changes but the statistics of normalisations, in the form in which each of them stores them: a factor of a moving average is
    /// 1 then. A normalisation without a place for statistics gets them multiplied into its gamma and beta.
    ///
    /// - Throws: `WeightError` for a gamma or beta that cannot be read.
    public init(
        _ network: Network, weights: some WeightStore, statistics: [NewStatistics]
    ) throws(WeightError) {
        self.init(network: network, recipes: [:])
        let positions = Dictionary(
            network.layers.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        for statistics in statistics {
            // Layers that share a parameter share the new one.
            var replaced: [ParameterID: ParameterID] = [:]
            for layer in statistics.layers {
                guard let position = positions[layer] else { continue }
                try replace(in: position, by: statistics, &replaced, weights: weights)
            }
        }
    }

    private mutating func replace(
        in position: Int, by statistics: NewStatistics, _ replaced: inout [ParameterID: ParameterID],
        weights: some WeightStore
    ) throws(WeightError) {
        guard case .batchNorm(var batchNorm) = network.layers[position].operation else { return }
        let deviations = statistics.variance.map(batchNorm.deviation)
        func change(_ parameter: inout ParameterID, to numbers: [Double]) {
            let old = parameter
            parameter = replaced[old] ?? newParameter(old, numbers)
            replaced[old] = parameter
            if let index = batchNorm.stored.firstIndex(of: old) { batchNorm.stored[index] = parameter }
        }
        if var mean = batchNorm.mean {
            change(&mean, to: statistics.mean)
            batchNorm.mean = mean
        }
        if var factor = batchNorm.factor {
            change(&factor, to: [1])
            batchNorm.factor = factor
        }
        switch batchNorm.spread {
        case .variance(var variance):
            change(&variance, to: statistics.variance)
            batchNorm.spread = .variance(variance)
        case .inverseDeviation(var inverse):
            change(&inverse, to: deviations.map { 1 / $0 })
            batchNorm.spread = .inverseDeviation(inverse)
        case .applied:
            guard var gamma = batchNorm.gamma, var beta = batchNorm.beta else { return }
            let factors = try weights.vector(gamma, of: network)
            let terms = try weights.vector(beta, of: network)
            guard factors.count == deviations.count, terms.count == deviations.count else { return }
            let scales = zip(factors, deviations).map { $0 / $1 }
            change(&gamma, to: scales)
            change(&beta, to: terms.indices.map { terms[$0] - statistics.mean[$0] * scales[$0] })
            (batchNorm.gamma, batchNorm.beta) = (gamma, beta)
        }
        batchNorm.hasStatistics = true
        network.layers[position].operation = .batchNorm(batchNorm)
    }

    /// Of the shape and format of the old one.
    private mutating func newParameter(_ old: ParameterID, _ numbers: [Double]) -> ParameterID {
        let parameter = network.addParameter(network[old])
        recipes[parameter] = .vector(numbers)
        return parameter
    }
}
