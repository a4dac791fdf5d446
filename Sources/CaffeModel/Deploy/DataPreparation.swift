import Frontend
import NetGraph
import Prototxt

extension CaffeNetwork {
    /// The preprocessing of the data layers that became inputs; layers that did none are not listed.
    ///
    /// - Throws: for fields of another type than Caffe's.
    func preprocessing(of deployed: DeployedNetwork) throws(ModelError) -> [DataPreparation] {
        var found: [DataPreparation] = []
        for change in deployed.changes {
            guard case .becameInput = change.kind, let definition = definition(of: change.layer),
                let top = definition.tops.first,
                deployed.network.layers.contains(where: { layer in
                    layer.id == change.layer && layer.outputs.contains { deployed.network[$0].name == top }
                })
            else { continue }
            let steps = try definition.preprocessingSteps()
            if !steps.isEmpty { found.append(DataPreparation(layer: change.layer, value: top, steps: steps)) }
        }
        return found
    }
}

extension LayerDefinition {
    /// What the fields say that Caffe's data layers, and those of forks, do to the data in TEST. The first top is the data.
    fileprivate func preprocessingSteps() throws(ModelError) -> [DataPreparation.Step] {
        var steps: [DataPreparation.Step] = []
        for (parameters, isRelevant) in Self.relevantFields {
            let fields = try reader.submessage(parameters)
            for name in fields.fieldNames where isRelevant(name) {
                let values = (fields.message?.values(named: name) ?? []).map(\.oneLine)
                guard Self.defaults[name] != values else { continue }
                steps.append(
                    DataPreparation.Step(field: "\(parameters).\(name)", value: values.joined(separator: ", ")))
            }
        }
        return steps
    }

    /// The fields that tell what is done to each image, by the message that they stand in. `LegacyTransform` has moved those of old nets.
    private static let relevantFields: [(parameters: String, isRelevant: @Sendable (String) -> Bool)] = [
        ("image_data_param", { ["new_height", "new_width", "is_color"].contains($0) }),
        ("window_data_param", { ["crop_mode", "context_pad"].contains($0) }),
        ("data_param", { $0 == "force_encoded_color" }),
        ("transform_param", { !isForTrainingOnly($0) }),
        ("python_param", { ["module", "layer", "param_str"].contains($0) }),
    ]

    /// Random changes, which make more of the training data.
    private static func isForTrainingOnly(_ field: String) -> Bool {
        ["mirror", "distort_param", "expand_param", "noise_param", "emit_constraint"].contains(field)
            || field.contains("rand")
    }

    /// Values that do nothing.
    private static let defaults = [
        "scale": ["1"], "crop_size": ["0"], "force_color": ["false"], "force_gray": ["false"], "is_color": ["true"],
        "force_encoded_color": ["false"], "new_height": ["0"], "new_width": ["0"], "context_pad": ["0"],
    ]
}

extension ValueNode {
    /// The value on one line, without comments.
    fileprivate var oneLine: String {
        switch self {
        case .scalar(let scalar): scalar.text
        case .list(let list): list.elements.map(\.oneLine).joined(separator: ", ")
        case .message(let message):
            "{ " + message.fields.map { "\($0.name): \($0.value.oneLine)" }.joined(separator: " ") + " }"
        }
    }
}
