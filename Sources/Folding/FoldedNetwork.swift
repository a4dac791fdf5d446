import NetGraph

/// A network with a plan applied, and how its new parameters come from those of the network before.
public struct FoldedNetwork: Sendable {
    public var network: Network
    /// The parameters that are not taken over as they are. They have identifiers that the network before did not use.
    public var recipes: [ParameterID: ParameterRecipe]
}

/// How a parameter of a folded network is computed.
public enum ParameterRecipe: Hashable, Sendable {
    /// Each element of another parameter times the factor of its channel, rounded once.
    case scaled(ParameterID, layout: ChannelLayout, by: [Double])
    /// These numbers, each rounded once.
    case vector([Double])
}

extension FoldPlan {
    /// The network after the plan.
    ///
    /// The layers of a folded chain go, and their linear layer writes the chain's last value in their place. Parameters that several layers share
    /// stay shared among those whose fold is the same bit for bit; the others get parameters of their own.
    ///
    /// - Parameter network: the network that the plan was made for.
    public func applied(to network: Network) -> FoldedNetwork {
        var applier = PlanApplier(network: network)
        for fold in folds { applier.apply(fold) }
        for leftover in leftovers { applier.apply(leftover) }
        return applier.finished()
    }
}

/// The state of applying a plan.
private struct PlanApplier {
    private var network: Network
    private let original: Network
    private let positions: [LayerID: Int]
    private var recipes: [ParameterID: ParameterRecipe] = [:]
    private var removed: Set<LayerID> = []
    /// The folded weights and biases so far, so that equal folds of one shared parameter give one parameter.
    private var known: [Derivation: ParameterID] = [:]

    private struct Derivation: Hashable {
        var parameter: ParameterID
        /// Along which axis a weight is scaled; `nil` for a vector.
        var layout: ChannelLayout?
        /// Bit patterns: equal bit for bit, so that 0 and -0 differ.
        var numbers: [UInt64]
    }

    init(network: Network) {
        self.network = network
        original = network
        positions = Dictionary(network.layers.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func apply(_ fold: Fold) {
        guard let position = positions[fold.target], let linear = LinearLayer(network.layers[position].operation),
            let last = fold.chain.last.flatMap({ positions[$0] })
        else { return }
        let weight = scaledWeight(linear, fold: fold)
        let bias = foldedBias(linear, fold: fold, layerName: network.layers[position].name)
        network.layers[position].operation = network.layers[position].operation.replacingLinearParameters(
            weight: weight, bias: bias)
        network.layers[position].outputs = network.layers[last].outputs
        removed.formUnion(fold.chain)
    }

    mutating func apply(_ leftover: Leftover) {
        guard let survivor = positions[leftover.survivor], let first = leftover.chain.first.flatMap({ positions[$0] }),
            let last = leftover.chain.last.flatMap({ positions[$0] })
        else { return }
        let name = network.layers[survivor].name
        let shape = [leftover.channelCount]
        let stored = leftover.chain.compactMap { positions[$0] }.flatMap { original.layers[$0].operation.parameters }
        let type = stored.contains { original[$0].elementType == .float64 } ? ElementType.float64 : .float32
        let gamma = network.addParameter(Parameter(name: "\(name) gamma", shape: shape, elementType: type))
        let beta = network.addParameter(Parameter(name: "\(name) beta", shape: shape, elementType: type))
        if let affine = leftover.affine {
            recipes[gamma] = .vector(affine.scale)
            recipes[beta] = .vector(affine.shift)
        }
        network.layers[survivor].operation = .scale(Scale(gamma: gamma, beta: beta))
        network.layers[survivor].inputs = original.layers[first].inputs
        network.layers[survivor].outputs = original.layers[last].outputs
        removed.formUnion(leftover.chain.filter { $0 != leftover.survivor })
    }

    func finished() -> FoldedNetwork {
        var result = network
        result.layers.removeAll { removed.contains($0.id) }
        return FoldedNetwork(network: result, recipes: recipes)
    }

    private mutating func scaledWeight(_ linear: LinearLayer, fold: Fold) -> ParameterID {
        let layout = original[linear.weight].shape.flatMap { linear.outputLayout(weightShape: $0) }
        return derive(linear.weight, layout: layout, numbers: fold.affine?.scale, for: fold.target) {
            guard let layout, let scale = fold.affine?.scale else { return nil }
            return .scaled(linear.weight, layout: layout, by: scale)
        }
    }

    private mutating func foldedBias(_ linear: LinearLayer, fold: Fold, layerName: String) -> ParameterID {
        if let bias = linear.bias {
            return derive(bias, layout: nil, numbers: fold.bias, for: fold.target) { fold.bias.map { .vector($0) } }
        }
        let bias = network.addParameter(
            Parameter(
                name: "\(layerName) bias", shape: [fold.channelCount], elementType: original[linear.weight].elementType)
        )
        recipes[bias] = fold.bias.map { .vector($0) }
        return bias
    }

    /// A parameter that is computed from another one: the same for equal numbers, a new one otherwise.
    private mutating func derive(
        _ parameter: ParameterID, layout: ChannelLayout?, numbers: [Double]?, for target: LayerID,
        recipe: () -> ParameterRecipe?
    ) -> ParameterID {
        // Without numbers nobody can tell whether two folds are equal: each layer gets its own.
        let bits = numbers.map { $0.map(\.bitPattern) } ?? [UInt64(bitPattern: Int64(target.index))]
        let derivation = Derivation(parameter: parameter, layout: layout, numbers: bits)
        if let result = known[derivation] { return result }
        let result = network.addParameter(original[parameter])
        recipes[result] = recipe()
        known[derivation] = result
        return result
    }
}
