import Frontend
import HDF5
import NetGraph

extension KerasFileWeights {
    /// What a new file of the form of `WeightTree` holds: the groups of the layers are counted anew.
    func outline(_ tree: WeightTree, for plan: KerasWeightPlan) throws(ModelError) -> WeightOutline {
        var new = WeightOutline(from: file.hdf5)
        try new.edit("/") { _ in }
        let attributes = try new.attributes(of: "/")
        try new.edit("/") { $0.attributes = attributes }
        if try !new.children(of: "/layers").isEmpty { try new.edit("/layers") { _ in } }
        try new.copy("/vars")
        try add(
            plan.config.model, old: config.model, from: "/", to: "/", path: KerasPath([]), tree: tree, plan: plan, &new)
        return new
    }

    /// - Parameters:
    ///   - old: the same model as it was read.
    ///   - source: its group in the old file.
    ///   - target: its group in the new one.
    private func add(
        _ model: KerasModelNode, old: KerasModelNode, from source: String, to target: String, path: KerasPath,
        tree: WeightTree, plan: KerasWeightPlan, _ new: inout WeightOutline
    ) throws(ModelError) {
        let sources = Dictionary(
            WeightTree.groups(of: old, at: source).map { ($0.layer.name, $0) }, uniquingKeysWith: { first, _ in first })
        for (layer, group) in WeightTree.groups(of: model, at: target) {
            try add(
                layer, old: sources[layer.name]?.layer, from: sources[layer.name]?.group, to: group,
                path: path.appending(layer.name), tree: tree, plan: plan, &new)
        }
    }

    private func add(
        _ layer: KerasLayer, old: KerasLayer?, from source: String?, to target: String, path: KerasPath,
        tree: WeightTree, plan: KerasWeightPlan, _ new: inout WeightOutline
    ) throws(ModelError) {
        switch (layer.content, old?.content) {
        case (.model(let model), .model(let oldModel)?):
            try copyGroups(from: source, to: target, passingOver: "layers", &new)
            return try add(
                model, old: oldModel, from: source ?? target, to: target, path: path, tree: tree, plan: plan, &new)
        case (.wrapper(let inner), .wrapper(let oldInner)?):
            try copyGroups(from: source, to: target, passingOver: "layer", &new)
            return try add(
                inner, old: oldInner, from: source.map { $0 + "/layer" }, to: target + "/layer",
                path: path.appending(inner.name), tree: tree, plan: plan, &new)
        default: break
        }
        try copyGroups(from: source, to: target, passingOver: nil, &new)
        let leaf = tree.leaves[path]
        for tensor in (leaf?.others ?? []) + (plan.changes[path] == nil ? leaf?.tensors ?? [] : []) {
            let place = datasets[tensor.index].path.dropFirst((leaf?.group ?? "").count)
            try new.add(.kept(datasets[tensor.index]), shape: tensor.shape, at: target + place)
        }
        for (index, tensor) in (plan.changes[path] ?? []).enumerated() {
            // Where the old ones of the layer lie, too.
            let place = "\(target)/vars/\(index)"
            switch tensor {
            case .kept(let tensor): try new.add(.kept(datasets[tensor.index]), shape: tensor.shape, at: place)
            case .computed(let parameter, _, let shape, let type):
                try new.add(
                    .computed(parameter, type, elementCount: shape.reduce(1, *)), shape: shape, at: place)
            }
        }
    }

    /// Makes the groups that a layer has, with their attributes and without their numbers.
    private func copyGroups(
        from source: String?, to target: String, passingOver name: String?, _ new: inout WeightOutline
    ) throws(ModelError) {
        guard let source else { return }
        let children = try new.children(of: source)
        let attributes = try new.attributes(of: source)
        guard !children.isEmpty || !attributes.isEmpty else { return }
        try new.edit(target) { $0.attributes = attributes }
        for child in children where child.kind == .group {
            if child.name == name {
                try new.edit(target + "/" + child.name) { _ in }
            } else {
                try copyGroups(from: child.path, to: target + "/" + child.name, passingOver: nil, &new)
                // A group without anything in it is copied, too.
                try new.edit(target + "/" + child.name) { _ in }
            }
        }
    }
}
