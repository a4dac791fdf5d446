import Frontend
import HDF5
import NetGraph

extension KerasFileWeights {
    /// What a new file of the form of `LegacyWeights` holds.
    func outline(_ legacy: LegacyWeights, for plan: KerasWeightPlan) throws(ModelError) -> WeightOutline {
        var new = WeightOutline(from: file.hdf5)
        var attributes = try new.attributes(of: "/").filter { $0.name != "training_config" }
        if file.kind == .wholeHDF5 {
            for index in attributes.indices where attributes[index].name == "model_config" {
                attributes[index] = Self.text(plan.config.document.bytes, like: attributes[index])
            }
            for child in try new.children(of: "/") where !["optimizer_weights", "model_weights"].contains(child.name) {
                try new.copy(child.path)
            }
        }
        try new.edit("/") { $0.attributes = attributes }
        var list: [String] = []
        let listed = Set(legacy.layers.map(\.name))
        for layer in plan.config.model.orderedLayers where !layer.isOperator {
            let tensors = try newTensors(of: layer, for: plan)
            let origin = legacy.origins[layer.name]
            let name = origin?.name ?? layer.name
            guard !tensors.isEmpty || listed.contains(name) else { continue }
            list.append(name)
            let group = (legacy.root == "/" ? "/" : legacy.root + "/") + name
            var attributes = try new.attributes(of: origin?.group ?? group).filter {
                !KerasNames.isPart($0.name, of: "weight_names")
            }
            let form = origin?.nameForm ?? legacy.layers.lazy.compactMap(\.nameForm).first ?? legacy.nameForm
            attributes += KerasNames.attributes("weight_names", tensors.map(\.name), form: form)
            try new.edit(group) { $0.attributes = attributes }
            for tensor in tensors { try new.add(tensor.source, shape: tensor.shape, at: group + "/" + tensor.name) }
        }
        // Weights of the model that belong to no layer.
        let top = legacy.root == "/" ? "/top_level_model_weights" : legacy.root + "/top_level_model_weights"
        if !list.contains("top_level_model_weights") { try new.copy(top) }
        let others = try new.attributes(of: legacy.root).filter {
            !KerasNames.isPart($0.name, of: "layer_names") && $0.name != "training_config"
        }
        try new.edit(legacy.root) {
            $0.attributes = others + KerasNames.attributes("layer_names", list, form: legacy.nameForm)
        }
        return new
    }

    /// One tensor of a list `weight_names`.
    private struct NewTensor {
        var name: String
        var shape: [Int]
        var source: WeightOutline.Source
    }

    /// The tensors of a top-level layer in the order in which Keras takes them.
    private func newTensors(of layer: KerasLayer, for plan: KerasWeightPlan) throws(ModelError) -> [NewTensor] {
        let path = KerasPath([layer.name])
        guard let flat = layer.flatWeights(path: path) else {
            guard !plan.changes.keys.contains(where: { $0.names.first == layer.name }) else {
                throw ModelError(
                    .internalFault, "the layer '\(layer.name)' has parts that are not known, and cannot be changed")
            }
            return (tensors[path] ?? []).map {
                NewTensor(name: $0.name, shape: $0.shape, source: .kept(datasets[$0.index]))
            }
        }
        var taken: Set<String> = []
        var list: [NewTensor] = []
        for weight in flat {
            var tensor = try newTensor(weight, for: plan)
            let name = tensor.name
            var count = 1
            while !taken.insert(tensor.name).inserted {
                tensor.name = "\(name)_\(count)"
                count += 1
            }
            list.append(tensor)
        }
        return list
    }

    private func newTensor(_ weight: KerasFlatWeight, for plan: KerasWeightPlan) throws(ModelError) -> NewTensor {
        let old = tensors[weight.path] ?? []
        guard let changes = plan.changes[weight.path] else {
            guard weight.index < old.count else {
                throw ModelError(.internalFault, "the layer '\(weight.path)' has no tensor \(weight.index)")
            }
            let tensor = old[weight.index]
            return NewTensor(name: tensor.name, shape: tensor.shape, source: .kept(datasets[tensor.index]))
        }
        guard weight.index < changes.count else {
            throw ModelError(.internalFault, "the layer '\(weight.path)' gets no tensor \(weight.index)")
        }
        switch changes[weight.index] {
        case .kept(let tensor):
            let isOwn = old.contains { $0.index == tensor.index }
            return NewTensor(
                name: isOwn ? tensor.name : name(of: weight.weight.role, path: weight.path, in: plan.config),
                shape: tensor.shape, source: .kept(datasets[tensor.index]))
        case .computed(let parameter, let role, let shape, let type):
            return NewTensor(
                name: name(of: role, path: weight.path, in: plan.config), shape: shape,
                source: .computed(parameter, type, elementCount: shape.reduce(1, *)))
        }
    }

    /// The name that a tensor of a role had in its layer, or one beside it.
    private func name(of role: KerasWeight.Role, path: KerasPath, in config: KerasModelConfig) -> String {
        let old = tensors[path] ?? []
        let roles = leaf(path)?.weights?.map(\.role) ?? []
        for (tensor, oldRole) in zip(old, roles) where oldRole == role { return tensor.name }
        if let sibling = old.first { return WeightNames.name(of: role, beside: sibling.name) }
        return WeightNames.name(of: role, in: path, dialect: config.dialect)
    }

    /// A leaf of the configuration that was read.
    private func leaf(_ path: KerasPath) -> KerasLayer? { leavesByPath[path] }

    /// One text in the form of another.
    private static func text(_ text: [UInt8], like old: HDF5Attribute) -> HDF5Attribute {
        guard case .strings(_, let form) = old.content else {
            return HDF5Attribute(name: old.name, text: text, isUTF8: true)
        }
        switch form {
        case .fixed(_, let padding, let isUTF8) where text.count < HDF5Layout.largestAttribute:
            return HDF5Attribute(
                name: old.name, shape: old.shape,
                content: .strings([text], .fixed(byteCount: text.count + 1, padding: padding, isUTF8: isUTF8)))
        case .fixed(_, _, let isUTF8), .variable(let isUTF8):
            return HDF5Attribute(name: old.name, shape: old.shape, content: .strings([text], .variable(isUTF8: isUTF8)))
        }
    }
}
