/// What a layer of the text is for, as far as its type and its wiring tell.
extension LayerDefinition {
    /// Whether it reads data by itself: no bottom, and a name that says so. Python layers without a bottom do nothing else in practice.
    var readsData: Bool {
        bottoms.isEmpty && !tops.isEmpty && (type.contains("Data") || type == "Python")
    }

    /// Whether it is a loss or a metric, those of forks included.
    var isObjective: Bool {
        guard !bottoms.isEmpty else { return false }
        return ["Loss", "Accuracy", "Evaluat", "EvalDetection", "HDF5Output"].contains { type.contains($0) }
    }
}

extension CaffeNetwork {
    /// Whether the prototxt is one for training, rather than one that was made for deployment already: it has data layers, losses or metrics, in
    /// this phase or, with `include` or `exclude`, in another one.
    func hasTrainingParts(_ changes: [DeployChange]) -> Bool {
        if changes.contains(where: \.kind.isOfTraining) { return true }
        let present = Set(network.layers.map(\.id.index))
        return definition.layers.contains { !present.contains($0.index) && ($0.readsData || $0.isObjective) }
    }
}

extension DeployChange.Kind {
    /// Whether it tells of something that only training and evaluation need.
    fileprivate var isOfTraining: Bool {
        switch self {
        case .becameInput, .becameFunction, .droppedObjective: true
        case .feedsNothing, .identity: false
        }
    }
}
