import NetGraph

/// What a layer says about one of its parameters.
struct ExpectedBlob {
    /// Its role in the field's words: `weight`, `bias`, `mean`.
    var role: String
    /// Its shape as far as prototxt and bottoms tell; `nil` where nothing is known.
    var shape: [Int?]?
}

/// Gives the parameters of a net their identifiers, resolves sharing by name, and holds them against the weights file.
final class ParameterRegistry {
    let weights: (any WeightFile)?
    private(set) var parameters: [Parameter] = []
    /// Where the numbers of each parameter are.
    private(set) var blobs: [ParameterID: StoredBlob] = [:]
    /// The names under which parameters are shared.
    private(set) var sharedNames: [ParameterID: String] = [:]
    private var owners: [String: ParameterID] = [:]
    /// Parameters that no layer so far had a blob for, with the error that this is.
    private var missing: [ParameterID: CaffeModelError] = [:]

    init(weights: (any WeightFile)?) { self.weights = weights }

    /// The parameters of a layer whose blobs are known by role.
    ///
    /// - Throws: for a layer that the weights file does not know, a missing or surplus blob, a wrong shape.
    func register(_ expected: [ExpectedBlob], of layer: LayerDefinition) throws(CaffeModelError) -> [ParameterID] {
        let stored = try weights?.blobs(ofLayer: layer.name)
        if let stored, let surplus = stored.keys.filter({ $0 >= expected.count }).min() {
            throw wrongCount(
                layer, expected: expected, found: stored.count, detail: ", among them \(stored[surplus]?.place ?? "")")
        }
        let names = try layer.sharedNames()
        var result: [ParameterID] = []
        for (index, blob) in expected.enumerated() {
            let shared = names.indices.contains(index) ? names[index] : ""
            result.append(
                try register(blob, at: index, of: layer, sharedName: shared, stored: stored, expected: expected))
        }
        return result
    }

    /// The parameters of a layer that nothing is known about: whatever the file holds for it.
    func registerAll(of layer: LayerDefinition) throws(CaffeModelError) -> [ParameterID] {
        let stored = try weights?.blobs(ofLayer: layer.name) ?? [:]
        let names = try layer.sharedNames()
        let sharedCount = names.lastIndex { owners[$0] != nil && !$0.isEmpty }.map { $0 + 1 } ?? 0
        let count = max((stored.keys.max() ?? -1) + 1, sharedCount)
        let expected = (0..<count).map { ExpectedBlob(role: "blob \($0)", shape: nil) }
        return try register(expected, of: layer)
    }

    /// To be called when every layer is registered.
    ///
    /// - Throws: when a shared parameter has a blob in none of its layers.
    func finish() throws(CaffeModelError) {
        if let first = missing.min(by: { $0.key < $1.key }) { throw first.value }
    }

    private func register(
        _ expected: ExpectedBlob, at index: Int, of layer: LayerDefinition, sharedName: String,
        stored: [Int: StoredBlob]?,
        expected all: [ExpectedBlob]
    ) throws(CaffeModelError) -> ParameterID {
        let blob = try stored?[index].map { found throws(CaffeModelError) in try fitted(found, to: expected, of: layer)
        }
        if !sharedName.isEmpty, let owner = owners[sharedName] {
            if let shape = parameters[owner.index].shape, let own = expected.shape, !Self.fits(shape, own) {
                throw layer.error(
                    "shares the parameter '\(sharedName)' of shape \(BlobShape.describe(shape)), but its \(expected.role) needs \(BlobShape(own))"
                )
            }
            if let blob, blobs[owner] == nil { adopt(blob, for: owner) }
            return owner
        }
        let parameter = ParameterID(parameters.count)
        parameters.append(
            Parameter(
                name: "\(layer.name) \(expected.role)",
                shape: blob?.shape ?? expected.shape.flatMap { BlobShape($0).known }))
        if !sharedName.isEmpty {
            owners[sharedName] = parameter
            sharedNames[parameter] = sharedName
        }
        if let blob {
            adopt(blob, for: parameter)
        } else if let weights {
            let error = missingBlob(layer, index: index, stored: stored, expected: all, file: weights)
            guard !sharedName.isEmpty else { throw error }
            missing[parameter] = error
        }
        return parameter
    }

    private func adopt(_ blob: StoredBlob, for parameter: ParameterID) {
        blobs[parameter] = blob
        parameters[parameter.index].shape = blob.shape
        parameters[parameter.index].elementType = blob.elementType
        missing[parameter] = nil
    }

    /// The blob with the shape that the layer needs; a legacy shape is taken for what it stands for.
    private func fitted(
        _ blob: StoredBlob, to expected: ExpectedBlob, of layer: LayerDefinition
    ) throws(CaffeModelError) -> StoredBlob {
        guard let shape = expected.shape, !Self.fits(blob.shape, shape) else { return blob }
        if weights?.mayHaveLegacyShapes == true, blob.shape.count == 4, shape.count < 4 {
            let padding = 4 - shape.count
            let rest = Array(blob.shape[padding...])
            if blob.shape[..<padding].allSatisfy({ $0 == 1 }), Self.fits(rest, shape) {
                var result = blob
                result.shape = rest
                return result
            }
        }
        throw CaffeModelError(
            .malformed,
            "\(weights?.path ?? ""): \(blob.place) has shape \(BlobShape.describe(blob.shape)), but the \(expected.role) of layer '\(layer.name)' (\(layer.type)) needs \(BlobShape(shape)); are both from the same training run?"
        )
    }

    private func missingBlob(
        _ layer: LayerDefinition, index: Int, stored: [Int: StoredBlob]?, expected: [ExpectedBlob], file: any WeightFile
    ) -> CaffeModelError {
        if let stored {
            return wrongCount(
                layer, expected: expected, found: stored.count, detail: ", the \(expected[index].role) is missing")
        }
        return CaffeModelError(
            .malformed,
            "\(file.path): no \(file.describe(layer: layer.name)) for layer '\(layer.name)' (\(layer.type)), which needs \(Self.list(expected)); Caffe would run it with random numbers; are weights and prototxt from the same training run?"
        )
    }

    private func wrongCount(
        _ layer: LayerDefinition, expected: [ExpectedBlob], found: Int, detail: String
    ) -> CaffeModelError {
        CaffeModelError(
            .malformed,
            "\(weights?.path ?? ""): \(weights?.describe(layer: layer.name) ?? "") holds \(found) blob\(found == 1 ? "" : "s")\(detail); layer '\(layer.name)' (\(layer.type)) needs \(Self.list(expected)); are both from the same training run?"
        )
    }

    private static func list(_ expected: [ExpectedBlob]) -> String {
        expected.isEmpty
            ? "none" : "\(expected.count) (\(expected.map(\.role).joined(separator: ", ")))"
    }

    private static func fits(_ shape: [Int], _ expected: [Int?]) -> Bool {
        shape.count == expected.count && zip(shape, expected).allSatisfy { $1 == nil || $0 == $1 }
    }
}
