import Frontend
import HDF5

/// The weights of `model.save("x.h5")` and `save_weights("x.h5")`: a group for each layer of the model, whose attribute `weight_names` lists the
/// paths of its tensors in it. Keras gives them to layers by their order alone (`load_weights_from_hdf5_group` in `hdf5_format.py` and
/// `legacy_h5_format.py`); here names must not contradict it.
struct LegacyWeights: Sendable {
    /// A layer as the file lists it.
    struct Layer: Sendable {
        var name: String
        /// The absolute path of its group.
        var group: String
        /// All of them, in the order of `weight_names`.
        var tensors: [KerasTensor]
        /// How `weight_names` is stored; `nil` without weights.
        var nameForm: HDF5StringForm?
    }

    /// Where the groups of layers are: `/model_weights` or `/`.
    let root: String
    private(set) var layers: [Layer]
    let nameForm: HDF5StringForm?
    /// By leaf.
    private(set) var tensors: [KerasPath: [KerasTensor]] = [:]
    /// The layer of the file that the weights of a layer of the model came from, by name.
    private(set) var origins: [String: Layer] = [:]

    init(of config: KerasModelConfig, in file: HDF5File, datasets: inout WeightDatasets) throws(ModelError) {
        do throws(HDF5Error) {
            root = try file.objectKind(at: "/model_weights") == .group ? "/model_weights" : "/"
            guard let list = try KerasNames("layer_names", of: root, in: file) else {
                throw HDF5Error(
                    .damaged, file: file.path, object: root, "has no attribute 'layer_names', which lists the layers")
            }
            nameForm = list.form
            var layers: [Layer] = []
            var names: Set<String> = []
            for name in list.names {
                guard names.insert(name).inserted else {
                    throw HDF5Error(.damaged, file: file.path, object: root, "lists two layers of the name '\(name)'")
                }
                layers.append(try Self.layer(name, root: root, in: file))
            }
            self.layers = layers
        } catch {
            throw ModelError(error)
        }
        for index in layers.indices {
            try open(&layers[index], in: file, datasets: &datasets)
        }
        try assign(to: config, file: file.path)
    }

    private static func layer(_ name: String, root: String, in file: HDF5File) throws(HDF5Error) -> Layer {
        let group = path(of: name, in: root)
        let kind = isInside(name) ? try file.objectKind(at: group) : nil
        if case .other(let reason) = kind { throw HDF5Error(.unsupported, file: file.path, object: group, reason) }
        guard kind == .group else {
            throw HDF5Error(
                .damaged, file: file.path, object: root, "lists the layer '\(name)', for which it has no group")
        }
        return Layer(name: name, group: group, tensors: [], nameForm: nil)
    }

    private func open(_ layer: inout Layer, in file: HDF5File, datasets: inout WeightDatasets) throws(ModelError) {
        let list: KerasNames?
        do throws(HDF5Error) {
            list = try KerasNames("weight_names", of: layer.group, in: file)
        } catch {
            throw ModelError(error)
        }
        guard let list else {
            throw ModelError(
                .malformed,
                "\(file.path): '\(layer.group)' has no attribute 'weight_names', which lists the weights of the layer '\(layer.name)'"
            )
        }
        layer.nameForm = list.form
        var names: Set<String> = []
        for name in list.names {
            guard Self.isInside(name) else {
                throw ModelError(
                    .malformed,
                    "\(file.path): '\(layer.group)' lists the weight '\(name)', which leads out of the group of the layer '\(layer.name)'"
                )
            }
            guard names.insert(name).inserted else {
                throw ModelError(
                    .malformed, "\(file.path): '\(layer.group)' lists two weights of the name '\(name)'")
            }
            layer.tensors.append(
                try datasets.open(Self.path(of: name, in: layer.group), named: name, of: layer.name))
        }
    }

    private static func path(of name: String, in group: String) -> String {
        group == "/" ? "/" + name : group + "/" + name
    }

    /// Whether a name leads to something in its group.
    private static func isInside(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return !name.utf8.contains(0)
            && parts.allSatisfy { part in
                !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
            }
    }

    // MARK: Layers of the model

    /// Gives the tensors to the layers of the model, in order.
    private mutating func assign(to config: KerasModelConfig, file: String) throws(ModelError) {
        let check = WeightCheck(file: file)
        let stored = layers.filter { !$0.tensors.isEmpty }
        var position = 0
        let ordered = config.model.orderedLayers.filter { !$0.isOperator }
        // A layer of an unknown class may have weights or none: then the name decides.
        let names = Set(ordered.map(\.name))
        for layer in ordered {
            let path = KerasPath([layer.name])
            let flat = layer.flatWeights(path: path)
            if let flat, flat.isEmpty {
                if position < stored.count, stored[position].name == layer.name {
                    try check.require(stored[position].tensors, are: [], of: layer.name, className: layer.className)
                }
                continue
            }
            if flat == nil,
                position >= stored.count
                    || (stored[position].name != layer.name && names.contains(stored[position].name))
            {
                continue
            }
            guard position < stored.count else {
                throw ModelError(
                    .malformed,
                    "\(file): has weights for \(stored.count) layers, and none for the layer '\(layer.name)' (\(layer.className)), which needs some; do the JSON and the weights belong together?"
                )
            }
            let source = stored[position]
            position += 1
            // Names that the JSON does not have at all are those of the same net built once more, as Keras accepts them.
            guard source.name == layer.name || !names.contains(source.name) else {
                throw ModelError(
                    .malformed,
                    "\(file): lists the weights of '\(source.name)' where the order of the model has the layer '\(layer.name)'; Keras goes by the order, so one would get the weights of the other: do the JSON and the weights belong together?"
                )
            }
            origins[layer.name] = source
            guard let flat else {
                tensors[path] = source.tensors
                continue
            }
            try Self.refuseAdapters(of: layer, in: source, file: file)
            try check.require(
                source.tensors, are: flat.map(\.weight), of: layer.name, className: layer.className)
            var parts: [KerasPath: [Int: KerasTensor]] = [:]
            for (tensor, weight) in zip(source.tensors, flat) {
                parts[weight.path, default: [:]][weight.index] = tensor
            }
            for (path, part) in parts { tensors[path] = part.sorted { $0.key < $1.key }.map(\.value) }
        }
        if position < stored.count {
            throw ModelError(
                .malformed,
                "\(file): has weights for a layer '\(stored[position].name)' that the JSON lacks; do the JSON and the weights belong together?"
            )
        }
    }

    /// Legacy HDF5 keeps the two factors of LoRA beside a kernel without them, where an archive keeps the sum; Keras multiplies them by a number
    /// (`lora_alpha / lora_rank`) that its JSON need not have.
    private static func refuseAdapters(
        of layer: KerasLayer, in source: Layer, file: String
    ) throws(ModelError) {
        let factor = source.tensors.first { tensor in
            tensor.name.utf8.split(separator: UInt8(ascii: "/")).last?.starts(with: "lora_".utf8) ?? false
        }
        guard let factor else { return }
        throw ModelError(
            .malformed,
            "\(file): the layer '\(layer.name)' (\(layer.className)) has weights of LoRA ('\(factor.name)') beside its own, which are not read from a file of this kind; save the model as an archive in Keras (model.save(\"model.keras\")), which stores their sum"
        )
    }
}
