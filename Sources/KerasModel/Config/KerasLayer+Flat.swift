/// A tensor in the flat list that legacy HDF5 keeps for a top-level layer.
public struct KerasFlatWeight: Hashable, Sendable {
    /// Of the leaf that owns it.
    public var path: KerasPath
    /// Which of the leaf's tensors it is, as `KerasLayer.weights` counts.
    public var index: Int
    public var weight: KerasWeight
}

extension KerasLayer {
    /// All leaves below a layer, itself where it is one, in the order of `model.layers`.
    ///
    /// - Parameter path: of the layer.
    public func leaves(path: KerasPath) -> [(path: KerasPath, layer: KerasLayer)] {
        switch content {
        case .leaf: [(path, self)]
        case .model(let model): model.orderedLayers.flatMap { $0.leaves(path: path.appending($0.name)) }
        case .wrapper(let inner): inner.leaves(path: path.appending(inner.name))
        // The models have no names of their own that tell them apart.
        case .merge(let models):
            models.enumerated().flatMap { index, model in model.leaves(path: path.appending(String(index))) }
        }
    }

    /// The list that legacy HDF5 (`weight_names`) has for a top-level layer: what training changes first, then the rest; of a layer with
    /// `trainable: false` all counts as the rest (`_legacy_weights` of Keras 2 and 3, `Network.weights` of 2.2.4).
    ///
    /// - Parameter path: of the layer.
    /// - Returns: `nil` where a leaf's class is not known, so that nothing tells how many of the tensors are its own.
    public func flatWeights(path: KerasPath) -> [KerasFlatWeight]? {
        var trained: [KerasFlatWeight] = []
        var rest: [KerasFlatWeight] = []
        for leaf in leaves(path: path) {
            guard let weights = leaf.layer.weights else { return nil }
            for (index, weight) in weights.enumerated() {
                let flat = KerasFlatWeight(path: leaf.path, index: index, weight: weight)
                if weight.isTrainable, leaf.layer.isTrainable { trained.append(flat) } else { rest.append(flat) }
            }
        }
        return trained + rest
    }
}

extension KerasModelConfig {
    /// All leaves of the model in the order of `model.layers`.
    public var leaves: [(path: KerasPath, layer: KerasLayer)] {
        model.orderedLayers.flatMap { $0.leaves(path: KerasPath([$0.name])) }
    }
}
