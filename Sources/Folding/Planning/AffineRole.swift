import NetGraph

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
            if batchNorm.axis != 1 { return .refused(.notPerChannel(axes: "axis \(batchNorm.axis)")) }
            return .element
        case .opaque(let opaque) where opaque.isNormalization:
            return .refused(.notModelled(cause: opaque.cause ?? "its class is not known"))
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
