import Frontend
import NetGraph

/// Holds a converted normalisation, as it is read back, against what it was: the same factor and term of each channel.
struct DialectCheck {
    let net: CaffeNetwork
    let store: CaffeWeightStore

    /// Some roundings to Float, of numbers that may cancel each other.
    private static let tolerance = 4e-6

    /// - Parameter names: new names of layers.
    /// - Throws: for a layer that computes something else.
    func compare(_ layer: DialectLayer, names: [String: String]) throws(ModelError) {
        let network = net.network
        let name = names[layer.name] ?? layer.name
        // A layer of TRAIN alone is not in this net.
        guard let position = network.layers.firstIndex(where: { $0.name == name }) else { return }
        var found: ChannelFactors
        switch network.layers[position].operation {
        case .batchNorm(let batchNorm):
            do {
                found = try NormalizationNumbers(batchNorm, of: net, in: store).affine()
            } catch {
                throw ModelError(.internalFault, "layer '\(name)' \(error)")
            }
        case .scale(let scale):
            found = try vectors(scale)
        default:
            throw ModelError(.internalFault, "layer '\(name)' became another operation")
        }
        if let scale = layer.scale {
            let scaleName = names[scale.name] ?? scale.name
            guard let next = network.layers.first(where: { $0.name == scaleName }),
                case .scale(let operation) = next.operation,
                next.inputs == network.layers[position].outputs
            else { throw ModelError(.internalFault, "layer '\(scaleName)' does not follow '\(name)'") }
            let own = try vectors(operation)
            found = found.followed(by: own.factors, own.terms)
        }
        guard found.factors.count == layer.affine.factors.count else {
            throw ModelError(.internalFault, "layer '\(name)' has another number of channels")
        }
        for channel in found.factors.indices {
            let factor = layer.affine.factors[channel]
            let term = layer.affine.terms[channel]
            let magnitude = max(abs(term), abs(found.terms[channel]), layer.magnitudes[channel])
            guard abs(found.factors[channel] - factor) <= Self.tolerance * abs(factor),
                abs(found.terms[channel] - term) <= Self.tolerance * magnitude
            else {
                throw ModelError(
                    .internalFault,
                    "layer '\(name)' computes \(found.factors[channel]) x + \(found.terms[channel]) in channel \(channel) instead of \(factor) x + \(term)"
                )
            }
        }
    }

    private func vectors(_ scale: Scale) throws(ModelError) -> ChannelFactors {
        do throws(WeightError) {
            let gamma =
                try scale.gamma.map { gamma throws(WeightError) in try store.vector(gamma, of: net.network) } ?? []
            let beta = try scale.beta.map { beta throws(WeightError) in try store.vector(beta, of: net.network) }
            return ChannelFactors(factors: gamma, terms: beta ?? gamma.map { _ in 0 })
        } catch {
            throw ModelError(error)
        }
    }
}
