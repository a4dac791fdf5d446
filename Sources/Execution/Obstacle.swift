import NetGraph

/// Why a value of a network cannot be computed: the first layer on the way to it that cannot run.
public struct Obstacle: Hashable, Sendable, CustomStringConvertible {
    public let layer: LayerID
    public let layerName: String
    public let type: String
    /// Part of a sentence: "its type is not modelled".
    public let reason: String

    public var description: String { "layer '\(layerName)' (\(type)) cannot run: \(reason)" }
}

extension Layer {
    /// What keeps the layer from running, whatever its inputs are; `nil` when nothing does.
    var obstacle: Obstacle? {
        guard let reason = operation.reasonNotToRun else { return nil }
        return Obstacle(layer: id, layerName: name, type: type, reason: reason)
    }
}

extension Operation {
    fileprivate var reasonNotToRun: String? {
        switch self {
        case .opaque(let opaque): opaque.cause ?? "its type is not modelled"
        case .dataSource: "it reads data by itself"
        case .objective: "it is needed for training or evaluation only"
        case .stochastic: "it draws random numbers"
        case .batchNorm(let batchNorm) where !batchNorm.hasStatistics: "it has no statistics"
        case .batchNorm(let batchNorm) where !batchNorm.unknownFields.isEmpty:
            "its field \(batchNorm.unknownFields.map { "'\($0)'" }.joined(separator: ", ")) is not known"
        default: nil
        }
    }
}
