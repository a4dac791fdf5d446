import Folding
import Frontend
import NetGraph

/// What a fold does to the layers of a model: those that go, those whose fields change, and tensors.
struct KerasChanges {
    /// A normalisation whose numbers are others now.
    struct Renormalized: Hashable {
        var epsilon: Double
        /// Whether its numbers, and so its epsilon, are in double precision.
        var isDouble: Bool

        init(_ batchNorm: BatchNorm, in network: Network) {
            epsilon = batchNorm.epsilon
            isDouble = batchNorm.variance.map { network[$0].elementType == .float64 } ?? false
        }
    }

    /// Leaves that are gone.
    private(set) var removed: Set<KerasPath> = []
    /// Linear layers that have a bias now.
    private(set) var biased: Set<KerasPath> = []
    private(set) var renormalized: [KerasPath: Renormalized] = [:]
    private(set) var insertions: [KerasInsertion] = []
    private(set) var tensors: [KerasPath: [KerasNewTensor]] = [:]

    /// - Throws: where the fold cannot be told in the model's JSON, which is a fault of the plan.
    init(_ folded: FoldedNetwork, of model: KerasNetwork) throws(ModelError) {
        let after = Dictionary(folded.network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var parts: [KerasPath: [(before: Layer, after: Layer?, origin: KerasNetwork.Origin)]] = [:]
        var order: [KerasPath] = []
        for layer in model.network.layers {
            guard let origin = model.origins[layer.id] else { continue }
            if parts[origin.path] == nil { order.append(origin.path) }
            parts[origin.path, default: []].append((layer, after[layer.id], origin))
        }
        insertions = try KerasInsertionFinder(folded, of: model).insertions()
        let moved = Set(insertions.map { $0.model.appending($0.name) })
        for layer in folded.network.layers where model.origins[layer.id] == nil {
            guard let insertion = insertions.first(where: { $0.layer == layer.id }) else { continue }
            tensors[insertion.model.appending(insertion.name)] = Self.tensors([(.main, layer)], folded, model)
        }
        for path in order {
            let all = (parts[path] ?? []).filter { $0.origin.part.isOfLeaf }
            let gone = all.filter { $0.after == nil }
            if !gone.isEmpty {
                guard gone.count == all.count else {
                    throw ModelError(
                        .internalFault, "layer '\(path)' is called several times, and not all of its calls fold"
                    )
                }
                removed.insert(path)
                continue
            }
            var tensors: [KerasNewTensor]?
            for call in Set(all.map(\.origin.call)).sorted() {
                let own = all.filter { $0.origin.call == call }
                let changed = Self.tensors(own.map { ($0.origin.part, $0.after ?? $0.before) }, folded, model)
                let isChanged = own.contains { $0.before.operation != ($0.after ?? $0.before).operation }
                guard call == 0 || changed == tensors || !isChanged && tensors == nil else {
                    throw ModelError(
                        .internalFault, "layer '\(path)' is called several times, and its calls do not fold alike"
                    )
                }
                if isChanged { tensors = changed }
            }
            guard let tensors else { continue }
            self.tensors[path] = tensors
            for part in all {
                switch (part.before.operation, part.after?.operation) {
                case (.convolution(let before), .convolution(let after)?),
                    (.deconvolution(let before), .deconvolution(let after)?):
                    if before.bias == nil, after.bias != nil { biased.insert(path) }
                case (.innerProduct(let before), .innerProduct(let after)?):
                    if before.bias == nil, after.bias != nil { biased.insert(path) }
                // Other statistics alone are no change of the layer's fields.
                case (.batchNorm(let before), .batchNorm(let after)?)
                where before.gamma == after.gamma && before.beta == after.beta: break
                case (_, .batchNorm(let after)?) where !moved.contains(path):
                    renormalized[path] = Renormalized(after, in: folded.network)
                default: break
                }
            }
        }
    }

    /// All tensors of a leaf after the fold, in the order of its class.
    private static func tensors(
        _ parts: [(part: KerasNetwork.Part, layer: Layer)], _ folded: FoldedNetwork, _ model: KerasNetwork
    ) -> [KerasNewTensor] {
        func tensor(_ parameter: ParameterID, _ role: KerasWeight.Role) -> KerasNewTensor {
            if folded.recipes[parameter] == nil, let kept = model.tensors[parameter] { return .kept(kept) }
            return .computed(
                parameter, role: role, shape: folded.network[parameter].shape ?? [],
                elementType: folded.network[parameter].elementType)
        }
        let isSeparable = parts.contains { $0.part == .depthwise }
        var result: [KerasNewTensor] = []
        for (part, layer) in parts {
            switch layer.operation {
            case .convolution(let payload), .deconvolution(let payload):
                let role: KerasWeight.Role =
                    part == .depthwise
                    ? .depthwiseKernel
                    : isSeparable ? .pointwiseKernel : payload.weightOrder == .depthwise ? .depthwiseKernel : .kernel
                result.append(tensor(payload.weight, role))
                if let bias = payload.bias { result.append(tensor(bias, .bias)) }
            case .innerProduct(let product):
                result.append(tensor(product.weight, .kernel))
                if let bias = product.bias { result.append(tensor(bias, .bias)) }
            case .embed(let embed): result.append(tensor(embed.weight, .embeddings))
            case .batchNorm(let batchNorm):
                let roles: [(ParameterID?, KerasWeight.Role)] = [
                    (batchNorm.gamma, .gamma), (batchNorm.beta, .beta), (batchNorm.mean, .movingMean),
                    (batchNorm.variance, .movingVariance),
                ]
                result += roles.compactMap { parameter, role in parameter.map { tensor($0, role) } }
            default: break
            }
        }
        return result
    }
}

extension BatchNorm {
    fileprivate var variance: ParameterID? { if case .variance(let variance) = spread { variance } else { nil } }
}

extension KerasNetwork.Part {
    /// Whether it is done by a leaf of the model, rather than put around it.
    var isOfLeaf: Bool {
        switch self {
        case .helper, .input, .output: false
        case .main, .depthwise, .activation: true
        }
    }
}
