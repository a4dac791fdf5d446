import NetGraph

/// A run of affine layers, each the only reader of the one before: one `ChannelAffine` in effect.
struct AffineChain {
    /// Positions in `network.layers`, in order.
    var positions: [Int]
}

/// What a layer is to a planner that looks for affine layers.
enum AffineRole {
    case notAffine
    case element
    /// A BatchNorm, Scale or Bias that is no affine per channel.
    case refused(RefusalReason)
}

extension Operation {
    /// Whether the layer is an affine per channel, and if it is of the kind but is none, why.
    func affineRole(inputCount: Int, network: Network) -> AffineRole {
        guard inputCount > 0 else { return .notAffine }
        switch self {
        case .batchNorm(let batchNorm):
            if !batchNorm.hasStatistics { return .refused(.noStatistics) }
            if !batchNorm.usesGlobalStatistics { return .refused(.batchStatistics) }
            if !batchNorm.unknownFields.isEmpty { return .refused(.unknownFields(batchNorm.unknownFields)) }
            return .element
        case .scale(let scale):
            guard inputCount == 1, let gamma = scale.gamma else { return .refused(.secondInput) }
            return Self.role(of: scale.axes, parameterShape: network[gamma].shape)
        case .bias(let bias):
            guard inputCount == 1, let beta = bias.beta else { return .refused(.secondInput) }
            return Self.role(of: bias.axes, parameterShape: network[beta].shape)
        case .power(let power):
            return power.power == 1 ? .element : .notAffine
        default:
            return .notAffine
        }
    }

    private static func role(of axes: AffineAxes, parameterShape: [Int]?) -> AffineRole {
        if axes.isScalar || axes.isPerChannel(parameterShape: parameterShape) { return .element }
        switch axes {
        case .unresolved(let axis):
            return .refused(.axisUnknown(axis: axis))
        case .axes(let range):
            let names =
                range.count == 1 ? "axis \(range.lowerBound)" : "axes \(range.lowerBound) to \(range.upperBound - 1)"
            return .refused(.notPerChannel(axes: names))
        }
    }
}

extension AffineChain {
    /// Every chain of a network, each as long as it can be, in the order of their first layers.
    ///
    /// - Parameter roles: the role of each layer, by position.
    static func all(in network: Network, roles: [AffineRole], connections: Connections) -> [AffineChain] {
        var chains: [AffineChain] = []
        var chainOfLayer: [Int: Int] = [:]
        for (position, layer) in network.layers.enumerated() {
            guard case .element = roles[position] else { continue }
            if let producer = connections.producer(of: layer.inputs[0]), let chain = chainOfLayer[producer],
                connections.onlyConsumer(of: layer.inputs[0]) == position
            {
                chains[chain].positions.append(position)
                chainOfLayer[position] = chain
            } else {
                chainOfLayer[position] = chains.count
                chains.append(AffineChain(positions: [position]))
            }
        }
        return chains
    }

    /// The affine of the whole chain; `nil` when its layers have different numbers of channels.
    func affine(in network: Network, statistics: inout StatisticsReader) throws(WeightError) -> ChannelAffine? {
        var result: ChannelAffine?
        var index = 0
        while index < positions.count {
            let layer = network.layers[positions[index]]
            var element: ChannelAffine?
            switch layer.operation {
            case .batchNorm(let batchNorm):
                // The Scale that follows belongs to the BatchNorm: gamma / sqrt(...) is then rounded once.
                var gamma: [Double]?
                var beta: [Double]?
                if batchNorm.gamma == nil, batchNorm.beta == nil, index + 1 < positions.count,
                    case .scale(let scale) = network.layers[positions[index + 1]].operation, !scale.axes.isScalar
                {
                    gamma = try scale.gamma.map { parameter throws(WeightError) in try statistics.vector(parameter) }
                    beta = try scale.beta.map { parameter throws(WeightError) in try statistics.vector(parameter) }
                    index += 1
                }
                element = try statistics.affine(of: batchNorm, layer: layer, gamma: gamma, beta: beta)
            case .scale(let scale):
                guard let gamma = scale.gamma else { return nil }
                element = ChannelAffine(
                    scale: try statistics.vector(gamma),
                    offset: try scale.beta.map { parameter throws(WeightError) in try statistics.vector(parameter) },
                    isUniform: scale.axes.isScalar)
            case .bias(let bias):
                guard let beta = bias.beta else { return nil }
                let terms = try statistics.vector(beta)
                element = ChannelAffine(
                    scale: [Double](repeating: 1, count: terms.count), offset: terms, isUniform: bias.axes.isScalar)
            case .power(let power):
                element = .uniform(scale: power.scale, offset: power.shift)
            default:
                return nil
            }
            guard let element else { return nil }
            if let before = result {
                guard let both = before.followed(by: element) else { return nil }
                result = both
            } else {
                result = element
            }
            index += 1
        }
        return result
    }
}
