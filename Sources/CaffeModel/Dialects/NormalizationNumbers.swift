import Frontend
import NetGraph

/// The numbers of one batch normalisation, whatever dialect stores them.
struct NormalizationNumbers {
    let batchNorm: BatchNorm
    let elementType: ElementType
    let channels: Int
    /// As they are stored; `nil` where the dialect has none.
    let mean: [Double]?
    private let spread: [Double]?
    let factor: Double?
    let gamma: [Double]?
    let beta: [Double]?

    /// - Throws: for numbers that cannot be read.
    init(_ batchNorm: BatchNorm, of network: CaffeNetwork, in store: CaffeWeightStore) throws(ModelError) {
        func numbers(_ parameter: ParameterID?) throws(ModelError) -> [Double]? {
            guard let parameter else { return nil }
            do throws(WeightError) {
                return try store.vector(parameter, of: network.network)
            } catch {
                throw ModelError(error)
            }
        }
        self.batchNorm = batchNorm
        mean = try numbers(batchNorm.mean)
        switch batchNorm.spread {
        case .variance(let parameter), .inverseDeviation(let parameter): spread = try numbers(parameter)
        case .applied: spread = nil
        }
        factor = try numbers(batchNorm.factor)?.first
        gamma = try numbers(batchNorm.gamma)
        beta = try numbers(batchNorm.beta)
        channels = (mean ?? gamma)?.count ?? 0
        elementType =
            batchNorm.stored.contains { network.network[$0].elementType == .float64 } ? .float64 : .float32
    }

    /// The variance as it is stored, or as it follows from the inverse deviation.
    ///
    /// - Throws: a reason, as the end of a sentence, where no variance has that deviation.
    func variance() throws(DialectReason) -> [Double] {
        guard let spread else { throw DialectReason("holds no variance") }
        guard case .inverseDeviation = batchNorm.spread else { return spread }
        var result: [Double] = []
        for (channel, inverse) in spread.enumerated() {
            let total = 1 / (inverse * inverse)
            // Rounding to Float moves the square by some 2^-23 of itself.
            guard inverse > 0, total.isFinite, total >= batchNorm.epsilon * (1 - 1e-6) else {
                throw DialectReason(
                    "has the inverse deviation \(inverse) in channel \(channel), which no variance and eps \(Float(batchNorm.epsilon)) give"
                )
            }
            result.append(max(total - batchNorm.epsilon, 0))
        }
        return result
    }

    /// Mean and variance, divided by the factor.
    ///
    /// - Throws: a reason where the layer was never trained.
    func statistics() throws(DialectReason) -> (mean: [Double], variance: [Double]) {
        guard factor != 0 else {
            throw DialectReason(
                "was never trained: its moving-average factor is 0, so there are no statistics to write; 'bnfold calibrate' measures them"
            )
        }
        guard let mean else { throw DialectReason("holds no mean") }
        let variance = try variance()
        guard let factor, factor != 1 else { return (mean, variance) }
        return (mean.map { $0 / factor }, variance.map { $0 / factor })
    }

    /// Factor and term of each channel.
    ///
    /// - Throws: a reason where the statistics give none.
    func affine() throws(DialectReason) -> ChannelFactors {
        let gamma = gamma ?? [Double](repeating: 1, count: channels)
        let beta = beta ?? [Double](repeating: 0, count: channels)
        let identity = ChannelFactors(factors: gamma, terms: beta)
        guard let spread else { return identity }
        let mean = factor == 0 ? [Double](repeating: 0, count: channels) : try statistics().mean
        var inverse: [Double]
        if case .inverseDeviation = batchNorm.spread {
            inverse = spread
        } else {
            inverse = spread.map { variance in
                let variance = factor == 0 ? 0 : variance / (factor ?? 1)
                return batchNorm.addsEpsilonToDeviation
                    ? 1 / (variance.squareRoot() + batchNorm.epsilon)
                    : 1 / (variance + batchNorm.epsilon).squareRoot()
            }
        }
        if let channel = inverse.firstIndex(where: { !$0.isFinite }) {
            throw DialectReason("has a variance in channel \(channel) that gives no deviation")
        }
        return ChannelFactors(
            factors: zip(gamma, inverse).map { $0 * $1 },
            terms: inverse.indices.map { beta[$0] - gamma[$0] * inverse[$0] * mean[$0] })
    }
}

/// Why a layer cannot have another form, as the end of a sentence that begins with the layer.
struct DialectReason: Error {
    let text: String

    init(_ text: String) { self.text = text }
}
