import Folding
import Frontend
import NetGraph

/// A folded network as it is written.
struct ONNXPreparedFold {
    var folded: FoldedNetwork
    /// The numbers that new ones are made of.
    var constants: [ParameterID: ONNXConstant]
    /// Of weights that keep their whole numbers: how they are made, and their new scales.
    var scales: [ParameterID: Scales] = [:]

    struct Scales {
        var weight: ONNXDequantization
        var parameter: ParameterID
    }
}

extension ONNXNetwork {
    /// Puts factors of weights that are stored as whole numbers and scales into the scales.
    func requantized(_ folded: FoldedNetwork) throws(ModelError) -> ONNXPreparedFold {
        var result = ONNXPreparedFold(folded: folded, constants: constants)
        for layer in folded.network.layers {
            guard let weight = layer.operation.parameters.first, result.scales[weight] == nil,
                case .scaled(let source, let factors) = folded.recipes[weight], var constant = constants[source],
                case .dequantized(let old) = constant.numbers
            else { continue }
            let new = old.multiplied { element in
                var product = 1.0
                withUnsafeMutablePointer(to: &product) { place in
                    let buffer = UnsafeMutableBufferPointer(start: place, count: 1)
                    for each in factors { each.layout.multiply(buffer, from: element, by: each.numbers) }
                }
                return product
            }
            guard let new else {
                throw ModelError(
                    .overflow([layer.id]),
                    "a scale of the weight of '\(layer.name)' leaves the range of its number format")
            }
            constant.numbers = .dequantized(new)
            result.constants[weight] = constant
            result.folded.recipes[weight] = nil
            let scales = result.folded.network.addParameter(
                Parameter(
                    name: "\(folded.network[weight].name) scales", shape: [new.scales.count],
                    elementType: new.scaleType.parameterType ?? .float32))
            result.folded.recipes[scales] = .vector(new.scales)
            result.scales[weight] = ONNXPreparedFold.Scales(weight: new, parameter: scales)
        }
        return result
    }
}
