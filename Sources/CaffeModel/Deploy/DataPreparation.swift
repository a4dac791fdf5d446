import Frontend
import NetGraph
import Prototxt

extension CaffeNetwork {
    /// The preprocessing of the data layers that became inputs; layers that did none are not listed.
    ///
    /// - Throws: for fields of another type than Caffe's.
    func preprocessing(of deployed: DeployedNetwork) throws(ModelError) -> [DataPreparation] {
        var found: [DataPreparation] = []
        for (definition, top) in dataLayers(in: deployed.network, deployed.changes) {
            let steps = try definition.preprocessingSteps()
            if !steps.isEmpty {
                found.append(DataPreparation(layer: LayerID(definition.index), value: top, steps: steps))
            }
        }
        return found
    }

    /// What the data layers that became inputs do to each channel; layers that do nothing are not listed.
    ///
    /// - Throws: for fields of another type than Caffe's, and for those that contradict each other.
    func dataTransforms(in network: Network, _ changes: [DeployChange]) throws(ModelError) -> [DataTransform] {
        var found: [DataTransform] = []
        // Caffe's layers for HDF5 and constants take no `transform_param`.
        for (definition, top) in dataLayers(in: network, changes)
        where !["HDF5Data", "DummyData"].contains(definition.type) {
            let (scale, means, file) = try definition.scaleAndMeans()
            guard !means.isEmpty || scale != 1 || file != nil else { continue }
            found.append(
                DataTransform(
                    value: top, means: means.map(Double.init), scale: Double(scale),
                    obstacle: file.map { "layer '\(definition.name)' subtracts the image of '\($0)' (mean_file)" }))
        }
        return found
    }

    /// The data layers whose first top is an input of a deployed network. The first top is the data.
    private func dataLayers(
        in network: Network, _ changes: [DeployChange]
    ) -> [(definition: LayerDefinition, top: String)] {
        changes.compactMap { change in
            guard case .becameInput = change.kind, let definition = definition(of: change.layer),
                let top = definition.tops.first,
                network.layers.contains(where: { layer in
                    layer.id == change.layer && layer.outputs.contains { network[$0].name == top }
                })
            else { return nil }
            return (definition, top)
        }
    }
}

extension LayerDefinition {
    /// What `transform_param` of a layer for data says to do to each channel: means by number, or a file of them for each pixel.
    ///
    /// - Throws: for fields of another type than Caffe's, and where means are told in both ways.
    func scaleAndMeans() throws(ModelError) -> (scale: Float, means: [Float], meanFile: String?) {
        let fields = try reader.submessage("transform_param")
        let scale = try fields.float("scale") ?? 1
        let means = try fields.floats("mean_value")
        let file = try fields.string("mean_file")
        guard means.isEmpty || file == nil else {
            throw fields.error(
                atField: "mean_file", "layer '\(name)': has mean_file and mean_value; Caffe allows one")
        }
        return (scale, means, file)
    }

    /// What the fields say that Caffe's data layers, and those of forks, do to the data in TEST.
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
