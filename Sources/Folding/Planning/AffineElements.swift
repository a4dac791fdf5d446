import NetGraph

extension StatisticsReader {
    /// The affine of one layer, from its numbers.
    ///
    /// - Parameter batchNorm: the layer that a Scale belongs to: the affine is that of both, rounded once.
    /// - Returns: `nil` when parameters have different numbers of channels, or none.
    mutating func affine(of layer: Layer, behind batchNorm: Layer?) throws(WeightError) -> ChannelAffine? {
        switch layer.operation {
        case .power(let power):
            return .uniform(scale: power.scale, offset: power.shift)
        case .batchNorm(let batchNorm):
            return try affine(of: batchNorm, layer: layer, gamma: nil, beta: nil)
        case .scale(let scale):
            try checkFinite(layer.operation.parameters, of: layer)
            let gamma = try optionalVector(scale.gamma)
            let beta = try optionalVector(scale.beta)
            if let gamma { examineGamma(gamma, of: layer) }
            if let batchNorm, case .batchNorm(let numbers) = batchNorm.operation {
                return try affine(of: numbers, layer: batchNorm, gamma: gamma, beta: beta)
            }
            guard let gamma, !gamma.isEmpty, beta.map({ $0.count == gamma.count }) ?? true else { return nil }
            return ChannelAffine(scale: gamma, offset: beta, isUniform: scale.axes.isScalar)
        case .bias(let bias):
            try checkFinite(layer.operation.parameters, of: layer)
            guard let terms = try optionalVector(bias.beta), !terms.isEmpty else { return nil }
            return ChannelAffine(
                scale: [Double](repeating: 1, count: terms.count), offset: terms, isUniform: bias.axes.isScalar)
        default:
            return nil
        }
    }
}

extension Operation {
    /// The affine that structure alone tells: NaN for what is not known. A BatchNorm without a factor of its own only divides, so its factors are
    /// positive.
    ///
    /// - Parameter batchNorm: the operation of the layer that a Scale belongs to: the affine is that of both.
    func assumedAffine(behind batchNorm: Operation?) -> ChannelAffine? {
        switch self {
        case .power(let power):
            return .uniform(scale: power.scale, offset: power.shift)
        case .batchNorm(let batchNorm):
            let hasShift = batchNorm.mean != nil || batchNorm.beta != nil
            let isPlain = batchNorm.gamma == nil
            return .uniform(
                scale: isPlain && batchNorm.spread == .applied ? 1 : .nan, offset: hasShift ? .nan : 0,
                hasPositiveScale: isPlain)
        case .scale(let scale):
            var hasShift = scale.beta != nil
            if case .batchNorm(let before) = batchNorm, before.mean != nil { hasShift = true }
            return .uniform(scale: .nan, offset: hasShift ? .nan : 0)
        case .bias:
            return .uniform(scale: 1, offset: .nan)
        default:
            return nil
        }
    }
}
