import Frontend
import HDF5

/// The weights of a `.keras` archive or a `.weights.h5` file: a tree of groups that follows the objects of the model, with the tensors of each in
/// `vars/0`, `vars/1` and so on. Layers have groups by their classes, counted in the order of `model.layers` (`_save_state` and
/// `_save_container_state` in `saving_lib.py` of Keras 2.15 and 3).
struct WeightTree: Sendable {
    /// A layer of the model that is a leaf, or a subtree of which no more is known.
    struct Leaf: Sendable {
        /// The absolute path of its group, whether or not there is one.
        var group: String
        /// The tensors that inference knows.
        var tensors: [KerasTensor]
        /// What else is below the group: states of random numbers.
        var others: [KerasTensor]
    }

    private(set) var leaves: [KerasPath: Leaf] = [:]

    var tensors: [KerasPath: [KerasTensor]] { leaves.mapValues(\.tensors).filter { !$0.value.isEmpty } }

    private let file: HDF5File

    init(of config: KerasModelConfig, in file: HDF5File, datasets: inout WeightDatasets) throws(ModelError) {
        self.file = file
        let hasLayers = try Self.kind(of: "/layers", in: file) == .group
        guard hasLayers || config.leaves.allSatisfy({ $0.layer.weights?.isEmpty == true }) else {
            throw ModelError(
                .malformed,
                "\(file.path): has no group 'layers': it holds the weights of a subclassed model, whose attributes are told by its code alone, or of a version of Keras that is not known"
            )
        }
        try add(config.model, at: "/", path: KerasPath([]), datasets: &datasets)
        try checkNothingIsLeft(of: config)
    }

    // MARK: Groups

    /// The groups of the layers of a model, in the order of `model.layers`.
    ///
    /// - Parameter group: of the model.
    static func groups(of model: KerasModelNode, at group: String) -> [(layer: KerasLayer, group: String)] {
        var counts: [String: Int] = [:]
        return model.orderedLayers.filter { !$0.isOperator }.map { layer in
            let name = groupName(of: layer)
            let count = counts[name, default: 0]
            counts[name] = count + 1
            let base = group == "/" ? "" : group
            return (layer, "\(base)/layers/\(name)" + (count == 0 ? "" : "_\(count)"))
        }
    }

    private static func groupName(of layer: KerasLayer) -> String {
        // `my>Scale` is a class of the user's package `my`.
        let name = layer.className.split(separator: ">").last.map(String.init) ?? layer.className
        if case .model(let model) = layer.content { return model.form == .sequential ? "sequential" : "functional" }
        return snakeCase(name)
    }

    private mutating func add(
        _ model: KerasModelNode, at group: String, path: KerasPath, datasets: inout WeightDatasets
    ) throws(ModelError) {
        for (layer, group) in Self.groups(of: model, at: group) {
            try add(layer, at: group, path: path.appending(layer.name), datasets: &datasets)
        }
    }

    private mutating func add(
        _ layer: KerasLayer, at group: String, path: KerasPath, datasets: inout WeightDatasets
    ) throws(ModelError) {
        switch layer.content {
        case .model(let model): return try add(model, at: group, path: path, datasets: &datasets)
        case .wrapper(let inner):
            return try add(inner, at: group + "/layer", path: path.appending(inner.name), datasets: &datasets)
        case .leaf, .merge: break
        }
        var leaf = Leaf(group: group, tensors: [], others: [])
        for dataset in try Self.datasets(below: group, in: file) {
            let tensor = try datasets.open(dataset, named: String(dataset.dropFirst()), of: layer.name)
            // The state of a layer's random numbers is no weight of it.
            if dataset.dropFirst(group.count).holds("/seed_generator") {
                leaf.others.append(tensor)
            } else {
                leaf.tensors.append(tensor)
            }
        }
        leaves[path] = leaf
        guard let weights = layer.weights else { return }
        if leaf.tensors.isEmpty, !weights.isEmpty, try Self.kind(of: group, in: file) == nil {
            throw ModelError(
                .malformed,
                "\(file.path): the layer '\(path)' (\(layer.className)) should have its weights in '\(group)', which is not there; do the JSON and the weights belong together?"
            )
        }
        try WeightCheck(file: file.path).require(
            leaf.tensors, are: weights, of: path.description, className: layer.className)
    }

    /// Keras passes over groups that no layer has; weights that are left over tell that the JSON is another model's.
    private func checkNothingIsLeft(of config: KerasModelConfig) throws(ModelError) {
        guard try Self.kind(of: "/layers", in: file) == .group else { return }
        let known = Set(leaves.values.map(\.group))
        for dataset in try Self.datasets(below: "/layers", in: file) {
            var group = dataset[...]
            while !known.contains(String(group)), let slash = group.lastIndex(of: "/") { group = group[..<slash] }
            guard group.isEmpty else { continue }
            // A model in the model may have weights of its own, and the state of a compiled one.
            throw ModelError(
                .malformed,
                "\(file.path): has weights in '\(dataset)', which no layer of the JSON has; do the JSON and the weights belong together?"
            )
        }
    }

    // MARK: Reading

    private static func kind(of path: String, in file: HDF5File) throws(ModelError) -> HDF5ObjectKind? {
        do throws(HDF5Error) {
            return try file.objectKind(at: path)
        } catch {
            throw ModelError(error)
        }
    }

    /// The datasets below a group: those of `vars` in the order of their numbers, then those of the groups beside it.
    private static func datasets(below group: String, in file: HDF5File) throws(ModelError) -> [String] {
        guard try kind(of: group, in: file) == .group else { return [] }
        let children: [HDF5Child]
        do throws(HDF5Error) {
            children = try file.children(ofGroup: group)
        } catch {
            throw ModelError(error)
        }
        var found: [(order: (Int, Int, String), paths: [String])] = []
        for child in children {
            switch child.kind {
            case .dataset: found.append(((0, Int(child.name) ?? .max, child.name), [child.path]))
            case .group:
                let paths = try datasets(below: child.path, in: file)
                found.append(((child.name == "vars" ? 1 : 2, 0, child.name), paths))
            case .other(let reason):
                throw ModelError(.malformed, "\(file.path): '\(child.path)' \(reason)")
            }
        }
        return found.sorted { $0.order < $1.order }.flatMap(\.paths)
    }
}
