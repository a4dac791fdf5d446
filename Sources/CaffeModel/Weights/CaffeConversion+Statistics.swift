import Folding
import Frontend
import NetGraph
import Prototxt

/// The same pair of files with other statistics: every other layer of every phase, and every other byte of the text, stays.
extension CaffeConversion {
    /// The text of the prototxt, in which layers of SegNet's type `BN` that had no statistics say `bn_mode: INFERENCE`.
    func prototxt(recalibrated folded: FoldedNetwork) throws(ModelError) -> [UInt8] {
        let document = original.definition.document
        let before = Dictionary(network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var edits: [SourceEdit] = []
        for layer in folded.network.layers {
            guard case .batchNorm(let new) = layer.operation, case .batchNorm(let old)? = before[layer.id]?.operation,
                new.hasStatistics, !old.hasStatistics,
                let definition = original.definition.layers.first(where: { $0.index == layer.id.index }),
                let message = definition.field.value.message
            else { continue }
            if let scalar = message.value(named: "bn_param")?.message?.value(named: "bn_mode")?.scalar {
                edits.append(document.replacement(of: scalar, withLiteral: "INFERENCE"))
            } else if let parameters = message.value(named: "bn_param")?.message {
                let mode = NewField(name: "bn_mode", value: .literal("INFERENCE"))
                edits.append(document.insertion(of: [mode], into: parameters, after: parameters.fields.last))
            } else {
                let mode = NewField(name: "bn_mode", value: .literal("INFERENCE"))
                edits.append(
                    document.insertion(
                        of: [NewField(name: "bn_param", value: .message([mode]))], into: message,
                        after: message.fields.last))
            }
        }
        do {
            return try document.applying(edits)
        } catch {
            throw ModelError(
                .internalFault, "\(document.path): the edits of the prototxt do not fit together: \(error)")
        }
    }

    /// Writes the weights, in the container that they came in.
    func writeWeights(
        recalibrated folded: FoldedNetwork, to path: String, compression: Int,
        checkpoint: @escaping () throws(ModelError) -> Void
    ) throws(ModelError) {
        guard let weights else { throw ModelError(.internalFault, "there are no weights to write") }
        var replaced: [String: [Int: ParameterID]] = [:]
        for (old, new) in zip(network.layers, folded.network.layers) {
            for (index, (before, after)) in zip(old.operation.parameters, new.operation.parameters).enumerated()
            where before != after {
                guard let blob = weights.blobs[before], blob.constant == nil else {
                    throw ModelError(
                        .malformed,
                        "\(weights.file.path): holds no \(network[before].name), so there is no place for new statistics"
                    )
                }
                replaced[new.name, default: [:]][index] = after
            }
        }
        var conversion = try CaffeWeightConversion(weights.file, definition: original.definition)
        conversion.replace(
            replaced, by: AnyWeightStore(FoldedWeights(base: weights, folded: folded)), of: folded.network)
        try conversion.write(
            to: path,
            settings: WriteSettings(
                format: WeightContainer.container(of: weights.file).format, compression: compression,
                checkpoint: checkpoint))
        try conversion.check(path, data: nil, format: WeightContainer.container(of: weights.file).format)
    }
}
