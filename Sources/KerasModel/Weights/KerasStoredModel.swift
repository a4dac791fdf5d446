import Frontend
import JSON

/// A model as its files hold it: its JSON and its weights, without the network that they make.
struct KerasStoredModel {
    let file: KerasFile
    let config: KerasModelConfig
    /// Where the JSON lies, for messages.
    let configPlace: String
    let weights: KerasFileWeights

    /// - Parameter files: without the network, that is looked for beside the weights.
    init(_ files: ModelFiles) throws(ModelError) {
        guard let path = files.weights else {
            throw ModelError(.internalFault, "a model of Keras is read without a file")
        }
        var files = files
        files.network = try KerasFrontend().network(named: files.network, weights: path)
        file = try KerasFile(readingPath: path)
        (config, configPlace) = try KerasSession.config(of: files, container: file)
        weights = try KerasFileWeights(of: file, for: config)
    }

    /// `2.15.0`, from the file of the weights or from the JSON.
    var version: String? { config.document.root["keras_version"]?.string ?? file.version }

    /// The leaves that have weights, in the order of `model.layers`.
    var leaves: [(path: KerasPath, layer: KerasLayer)] { config.leaves.filter { weights.tensors[$0.path] != nil } }

    /// What the tensors of a leaf are called in it, where they have names: by their roles, or as the file calls them.
    func names(of leaf: KerasLayer, at path: KerasPath) -> [String?] {
        let tensors = weights.tensors[path] ?? []
        if let roles = leaf.weights?.map(\.role), roles.count == tensors.count {
            return roles.map { $0 == .unused ? nil : $0.rawValue }
        }
        return tensors.map { tensor in
            let last = tensor.name.split(separator: "/").last.map(String.init) ?? tensor.name
            let name = last.hasSuffix(":0") ? String(last.dropLast(2)) : last
            return Int(name) == nil ? name : nil
        }
    }
}
