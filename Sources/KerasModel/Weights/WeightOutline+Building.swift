import Frontend
import HDF5

extension WeightOutline {
    /// The weights of a model in the form of `LegacyWeights`: a group for each layer of the model.
    ///
    /// - Parameters:
    ///   - configText: the JSON, for a file that holds the whole model; `nil` for weights alone.
    ///   - version: of Keras.
    /// - Throws: for a layer whose class does not tell the order of its weights, where they come from a file of the other form.
    init(listing model: KerasStoredModel, configText: [UInt8]?, version: String) throws(ModelError) {
        self.init(from: model.file.hdf5)
        let root = configText == nil ? "" : "/model_weights"
        let backend = HDF5Attribute(name: "backend", text: Array("tensorflow".utf8), isUTF8: true)
        let versionAttribute = HDF5Attribute(name: "keras_version", text: Array(version.utf8), isUTF8: true)
        if let configText {
            try edit("/") {
                $0.attributes = [
                    versionAttribute, backend, HDF5Attribute(name: "model_config", text: configText, isUTF8: true),
                ]
            }
        }
        var list: [String] = []
        for layer in model.config.model.orderedLayers where !layer.isOperator {
            list.append(layer.name)
            var names: [String] = []
            for tensor in try model.listedTensors(of: layer) {
                var name = tensor.name
                var count = 0
                while names.contains(name) {
                    count += 1
                    name = "\(tensor.name)_\(count)"
                }
                names.append(name)
                try add(
                    .kept(model.weights.datasets[tensor.tensor.index]), shape: tensor.tensor.shape,
                    at: "\(root)/\(layer.name)/\(name)")
            }
            try edit("\(root)/\(layer.name)") {
                $0.attributes += KerasNames.attributes("weight_names", names, form: nil)
            }
        }
        if configText != nil {
            try edit("\(root)/top_level_model_weights") {
                $0.attributes = KerasNames.attributes("weight_names", [], form: nil)
            }
        }
        try edit(root.isEmpty ? "/" : root) {
            $0.attributes += [versionAttribute, backend] + KerasNames.attributes("layer_names", list, form: nil)
        }
    }

    /// The weights of a model in the form of `WeightTree`: groups that follow its objects.
    ///
    /// - Throws: as above.
    init(nesting model: KerasStoredModel) throws(ModelError) {
        self.init(from: model.file.hdf5)
        try edit("/layers") { _ in }
        try edit("/vars") { _ in }
        try nest(model.config.model, at: "/", path: KerasPath([]), of: model)
    }

    private mutating func nest(
        _ node: KerasModelNode, at group: String, path: KerasPath, of model: KerasStoredModel
    ) throws(ModelError) {
        for (layer, group) in WeightTree.groups(of: node, at: group) {
            try nest(layer, at: group, path: path.appending(layer.name), of: model)
        }
    }

    private mutating func nest(
        _ layer: KerasLayer, at group: String, path: KerasPath, of model: KerasStoredModel
    ) throws(ModelError) {
        try edit(group + "/vars") { _ in }
        switch layer.content {
        case .model(let node): return try nest(node, at: group, path: path, of: model)
        case .wrapper(let inner):
            return try nest(inner, at: group + "/layer", path: path.appending(inner.name), of: model)
        case .leaf, .merge: break
        }
        if case .tree(let tree) = model.weights.form, let leaf = tree.leaves[path] {
            for tensor in leaf.tensors + leaf.others {
                let dataset = model.weights.datasets[tensor.index]
                try add(.kept(dataset), shape: tensor.shape, at: group + dataset.path.dropFirst(leaf.group.count))
            }
            return
        }
        let tensors = model.weights.tensors[path] ?? []
        guard layer.weights != nil || tensors.isEmpty else { throw model.unknownOrder(of: layer, at: path) }
        // Layers that step through time keep their weights in a cell.
        let cell = ["LSTM", "GRU", "SimpleRNN"].contains(layer.className) ? "/cell" : ""
        for (index, tensor) in tensors.enumerated() {
            try add(
                .kept(model.weights.datasets[tensor.index]), shape: tensor.shape,
                at: "\(group)\(cell)/vars/\(index)")
        }
    }
}

extension KerasStoredModel {
    /// The tensors of a top-level layer, in the order of legacy HDF5, with names for `weight_names`.
    fileprivate func listedTensors(
        of layer: KerasLayer
    ) throws(ModelError) -> [(name: String, tensor: KerasTensor)] {
        let path = KerasPath([layer.name])
        let isListed: Bool
        if case .legacy = weights.form { isListed = true } else { isListed = false }
        guard let flat = layer.flatWeights(path: path) else {
            let below = layer.leaves(path: path).flatMap { weights.tensors[$0.path] ?? [] }
            let own = below.isEmpty ? weights.tensors[path] ?? [] : below
            guard isListed || own.isEmpty else { throw unknownOrder(of: layer, at: path) }
            return own.map { ($0.name, $0) }
        }
        // An archive has the sums that LoRA makes, and legacy HDF5 their parts.
        if !isListed {
            for leaf in layer.leaves(path: path) where !(leaf.layer.config["lora_rank"].map(\.isNull) ?? true) {
                throw unknownOrder(of: leaf.layer, at: leaf.path)
            }
        }
        return flat.compactMap { weight in
            guard let tensors = weights.tensors[weight.path], weight.index < tensors.count else { return nil }
            let tensor = tensors[weight.index]
            guard !isListed else { return (tensor.name, tensor) }
            return (WeightNames.name(of: weight.weight.role, in: weight.path, dialect: config.dialect), tensor)
        }
    }

    fileprivate func unknownOrder(of layer: KerasLayer, at path: KerasPath) -> ModelError {
        ModelError(
            .malformed,
            "\(file.path): nothing tells in what order a file of the other kind would have the weights of the layer '\(path)' (\(layer.className)), which are of a kind that is not known; let Keras itself save the model in that form"
        )
    }
}
