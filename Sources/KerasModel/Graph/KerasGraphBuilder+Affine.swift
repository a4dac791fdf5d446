import Frontend
import JSON
import NetGraph

extension KerasGraphBuilder {
    /// Normalisations by stored statistics; `nil` for any other class.
    mutating func translateAffine(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue]? {
        guard KerasClasses.normalizations.contains(call.layer.className) else { return nil }
        guard let input = call.inputs.first, call.inputs.count == 1 else {
            return opaque(call, "it reads \(call.inputs.count) tensors")
        }
        return try batchNormalization(call, input)
    }

    /// gamma (x - mean) / sqrt(variance + epsilon) + beta along an axis of the file.
    ///
    /// Weights: gamma and beta unless `scale` or `center` say otherwise, mean, variance; three more with `renorm`, which inference ignores. `mode` is of Keras 1:
    /// 1 takes the statistics of each sample, 2 those of each batch, in inference as well.
    private mutating func batchNormalization(
        _ call: KerasLayerCall, _ input: KerasValue
    ) throws(ModelError) -> [KerasValue] {
        let fields = call.fields
        guard let parameters = parameters(of: call, shapes: []), let roles = call.layer.weights else {
            return opaque(call, "its weights are not plain numbers")
        }
        func parameter(_ role: KerasWeight.Role) -> ParameterID? {
            zip(roles, parameters).first { $0.0.role == role }?.1
        }
        guard let mean = parameter(.movingMean), let variance = parameter(.movingVariance) else {
            return opaque(call, "it has no mean and variance")
        }
        let epsilon = fields.decimal("epsilon") ?? 1e-3
        var batchNorm = BatchNorm(
            mean: mean, spread: .variance(variance), gamma: parameter(.gamma), beta: parameter(.beta),
            stored: parameters,
            epsilon: network[variance].elementType == .float64 ? epsilon : Double(Float(epsilon)),
            movingAverageFraction: fields.decimal("momentum") ?? 0.99)
        let axes = fields["axis"].flatMap { node in
            node.elements.map { $0.compactMap(\.wholeNumber) } ?? node.wholeNumber.map { [$0] }
        }
        if let axes, axes.count != 1 { batchNorm.unknownFields = ["axis"] }
        let told = axes?.first ?? -1
        if let axis = input.networkAxis(told > 0 ? told + call.leadingAxes : told) {
            batchNorm.axis = axis
        } else {
            // Which of the axes it is depends on how many there are.
            batchNorm.unknownFields = ["axis"]
        }
        // What a layer does not train it does not take from the batch either.
        if call.runsAsInTraining, call.layer.isTrainable { batchNorm.usesGlobalStatistics = false }
        switch fields.integer("mode") {
        case nil, 0: break
        case 2: batchNorm.usesGlobalStatistics = false
        default: batchNorm.hasStatistics = false
        }
        if options.assumesStoredStatistics { batchNorm.usesGlobalStatistics = true }
        if batchNorm.unknownFields.isEmpty, let length = input.networkShape?.length(ofAxis: batchNorm.axis),
            let stored = network[mean].shape, stored != [length]
        {
            throw ModelError(
                .malformed,
                "\(file): layer '\(call.name)' (\(call.layer.className)) has statistics of shape \(TensorShape.describe(stored)) for an axis of length \(length); do the weights belong to this model?"
            )
        }
        return [try add(.batchNorm(batchNorm), to: [input], of: call)]
    }
}
