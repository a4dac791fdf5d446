import NetGraph

extension FoldPlan {
    /// The network after the plan.
    ///
    /// Parameters that several layers share stay shared among those whose fold is the same bit for bit; the others get parameters of their own. What
    /// the plan says of layers that the network does not have is left aside.
    ///
    /// - Parameter network: the network that the plan was made for.
    public func applied(to network: Network) -> FoldedNetwork {
        var applier = PlanApplier(network: network)
        applier.rewire(rewiring)
        for fold in folds { applier.apply(fold) }
        for leftover in leftovers { applier.apply(leftover) }
        return applier.finished(rewiring)
    }
}

/// The state of applying a plan.
private struct PlanApplier {
    private var network: Network
    private let original: Network
    private let positions: [LayerID: Int]
    private var recipes: [ParameterID: ParameterRecipe] = [:]
    private var inserted: [LayerID: Layer] = [:]
    /// The folded weights and biases so far, so that equal folds of one shared parameter give one parameter.
    private var known: [Derivation: ParameterID] = [:]
    /// Of each parameter, whether several layers use it: only those can be derived twice.
    private let isShared: [Bool]

    private struct Derivation: Hashable {
        var parameter: ParameterID
        /// Along which axes a weight is scaled; for a bias those that its shift is summed along.
        var layouts: [ChannelLayout] = []
        /// The weight that a shift is summed over.
        var weight: ParameterID?
        /// Bit patterns: equal bit for bit, so that 0 and -0 differ.
        var numbers: [UInt64]
    }

    init(network: Network) {
        self.network = network
        original = network
        var useCounts = [Int](repeating: 0, count: network.parameters.count)
        for layer in network.layers {
            for parameter in layer.operation.parameters { useCounts[parameter.index] += 1 }
        }
        isShared = useCounts.map { $0 > 1 }
        positions = Dictionary(network.layers.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func rewire(_ rewiring: Rewiring) {
        for value in rewiring.regauged where original.values.indices.contains(value.before.index) {
            var new = original[value.before]
            new.name = value.name
            _ = network.addValue(new)
        }
        for (value, name) in rewiring.names where network.values.indices.contains(value.index) {
            network.values[value.index].name = name
        }
        for (layer, values) in rewiring.inputs {
            if let position = positions[layer] { network.layers[position].inputs = values }
        }
        for (layer, values) in rewiring.outputs {
            if let position = positions[layer] { network.layers[position].outputs = values }
        }
    }

    mutating func apply(_ fold: Fold) {
        guard let position = positions[fold.target], let linear = LinearLayer(network.layers[position].operation) else {
            return
        }
        let weight = linear.shiftsWeight ? mappedWeight(linear, fold: fold) : scaledWeight(linear, fold: fold)
        let bias = fold.changesBias ? foldedBias(linear, fold: fold, position: position) : linear.bias
        network.layers[position].operation = network.layers[position].operation.replacingLinearParameters(
            weight: weight, bias: bias)
    }

    mutating func apply(_ leftover: Leftover) {
        guard leftover.chain.contains(where: { positions[$0] != nil }) else { return }
        let stored = leftover.chain.compactMap { positions[$0] }.flatMap { original.layers[$0].operation.parameters }
        let type = stored.contains { original[$0].elementType == .float64 } ? ElementType.float64 : .float32
        // Without a number of channels the same factor holds for all of them.
        let isUniform =
            leftover.affine.map { $0.isUniform && leftover.channelCount == 1 && leftover.kind.mayBeUniform } ?? false
        let shape = isUniform ? [] : [leftover.channelCount]
        let axes = AffineAxes.axes(isUniform ? 0..<0 : 1..<2)
        func parameter(_ role: String, _ numbers: [Double]?) -> ParameterID {
            let parameter = network.addParameter(
                Parameter(name: "\(leftover.name) \(role)", shape: shape, elementType: type))
            recipes[parameter] = numbers.map { .vector($0) }
            return parameter
        }
        let operation: Operation
        switch leftover.kind {
        case .bias:
            operation = .bias(Bias(beta: parameter("beta", leftover.affine?.shift), axes: axes))
        case .scale:
            let gamma = parameter("gamma", leftover.affine?.scale)
            let beta = leftover.hasShift ? parameter("beta", leftover.affine?.shift) : nil
            operation = .scale(Scale(gamma: gamma, beta: beta, axes: axes))
        case .batchNorm(let epsilon):
            let numbers = leftover.affine.map { NormalizationNumbers($0, epsilon: epsilon, type: type) }
            let gamma = parameter("gamma", numbers?.gamma)
            let beta = parameter("beta", numbers?.beta)
            let mean = parameter("mean", numbers?.mean)
            let variance = parameter("variance", numbers?.variance)
            operation = .batchNorm(
                BatchNorm(
                    mean: mean, spread: .variance(variance), gamma: gamma, beta: beta,
                    stored: [gamma, beta, mean, variance], epsilon: epsilon))
        }
        let layer = Layer(
            id: leftover.survivor, name: leftover.name, type: leftover.type, operation: operation,
            inputs: [leftover.input], outputs: [leftover.output])
        if let position = positions[leftover.survivor] {
            network.layers[position] = layer
        } else {
            inserted[leftover.survivor] = layer
        }
    }

    func finished(_ rewiring: Rewiring) -> FoldedNetwork {
        var result = network
        let removed = Set(rewiring.removed)
        result.layers.removeAll(keepingCapacity: true)
        for layer in network.layers {
            result.layers += (rewiring.insertedBefore[layer.id] ?? []).compactMap { inserted[$0] }
            if !removed.contains(layer.id) { result.layers.append(layer) }
            result.layers += (rewiring.insertedBehind[layer.id] ?? []).compactMap { inserted[$0] }
        }
        // Layers that went may have been those that wrote outputs.
        result.sortOutputs()
        return FoldedNetwork(network: result, recipes: recipes)
    }

    // MARK: Parameters

    private mutating func scaledWeight(_ linear: LinearLayer, fold: Fold) -> ParameterID {
        let factors = fold.weightFactors(linear, shape: original[linear.weight].shape)
        if let factors, factors.isEmpty { return linear.weight }
        return derive(
            linear.weight, layouts: factors.map { $0.map(\.layout) } ?? [],
            numbers: factors.map { $0.flatMap(\.numbers) },
            for: fold.target
        ) { factors.map { .scaled(linear.weight, by: $0) } }
    }

    /// The weight of a table, which takes shifts as well.
    private mutating func mappedWeight(_ linear: LinearLayer, fold: Fold) -> ParameterID {
        guard let affine = fold.affine, !affine.hasNoShift else { return scaledWeight(linear, fold: fold) }
        let layout = original[linear.weight].shape.flatMap { linear.outputLayout(weightShape: $0) }
        return derive(
            linear.weight, layouts: [], numbers: affine.scale + affine.center + affine.offset, for: fold.target
        ) { layout.map { .mapped(linear.weight, $0, affine) } }
    }

    private mutating func foldedBias(_ linear: LinearLayer, fold: Fold, position: Int) -> ParameterID {
        let shift = fold.forwardShift(linear, shape: original[linear.weight].shape)
        let recipe: ParameterRecipe? = shift.map { .shifted($0) } ?? fold.bias.map { .vector($0) }
        let layouts = shift.map { [$0.outputs, $0.shift.layout] } ?? []
        let numbers =
            shift.map { $0.shift.numbers + $0.affine.scale + $0.affine.center + $0.affine.offset } ?? fold.bias
        guard let bias = linear.bias else {
            let weight = original[linear.weight]
            // Calls of one layer get one bias.
            let derivation =
                weight.mayBeParted
                ? nil
                : numbers.map { numbers in
                    Derivation(
                        parameter: linear.weight, layouts: layouts, weight: linear.weight,
                        numbers: numbers.map(\.bitPattern))
                }
            if let bias = derivation.flatMap({ known[$0] }) { return bias }
            let bias = network.addParameter(
                Parameter(
                    name: "\(network.layers[position].name) bias", shape: [fold.channelCount],
                    elementType: weight.elementType, mayBeParted: weight.mayBeParted))
            recipes[bias] = recipe
            if let derivation { known[derivation] = bias }
            return bias
        }
        return derive(bias, layouts: layouts, weight: shift?.weight, numbers: numbers, for: fold.target) { recipe }
    }

    /// A parameter that is computed from another one: the same for equal numbers, a new one otherwise.
    private mutating func derive(
        _ parameter: ParameterID, layouts: [ChannelLayout], weight: ParameterID? = nil, numbers: [Double]?,
        for target: LayerID, recipe: () -> ParameterRecipe?
    ) -> ParameterID {
        var derivation: Derivation?
        if isShared[parameter.index] {
            // Without numbers nobody can tell whether two folds are equal: each layer gets its own.
            let bits = numbers.map { $0.map(\.bitPattern) } ?? [UInt64(bitPattern: Int64(target.index))]
            derivation = Derivation(parameter: parameter, layouts: layouts, weight: weight, numbers: bits)
        }
        if let result = derivation.flatMap({ known[$0] }) { return result }
        let result = network.addParameter(original[parameter])
        recipes[result] = recipe()
        if let derivation { known[derivation] = result }
        return result
    }
}

extension LeftoverForm.Kind {
    /// Whether one number may stand for all channels.
    fileprivate var mayBeUniform: Bool { if case .batchNorm = self { false } else { true } }
}

/// An affine as the numbers of a BatchNorm: gamma (x - mean) / sqrt(variance + epsilon) + beta.
///
/// The variance is 1 - epsilon as the number format holds it, so that the deviation is 1: in that format exactly, otherwise but for half a rounding.
private struct NormalizationNumbers {
    var gamma: [Double]
    var beta: [Double]
    var mean: [Double]
    var variance: [Double]

    init(_ affine: ChannelAffine, epsilon: Double, type: ElementType) {
        let stored = type == .float64 ? 1 - epsilon : Double(Float(1 - epsilon))
        gamma = affine.scale
        // Mean and term apart, as they were stored: together they might cancel out.
        let fits = (affine.center + affine.offset).allSatisfy { Float($0).isFinite }
        beta = fits ? affine.offset : affine.shift
        mean = fits ? affine.center : affine.scale.map { _ in 0 }
        variance = affine.scale.map { _ in stored }
    }
}

extension Fold {
    /// What the weight is multiplied by; `nil` in a plan made without weights, and for a weight that does not divide into its channels.
    func weightFactors(_ linear: LinearLayer, shape: [Int]?) -> [ChannelFactors]? {
        guard let shape, let affine, let outputs = linear.outputLayout(weightShape: shape) else { return nil }
        var factors: [ChannelFactors] = []
        // A layer that takes nothing behind it keeps the factors of its outputs.
        if takes.contains(where: { $0.direction == .backward }) {
            guard outputs.channelCount == affine.channelCount else { return nil }
            factors.append(ChannelFactors(layout: outputs, numbers: affine.scale))
        }
        if let inputAffine, !inputAffine.hasUnitScale {
            let channels = linear.inputChannels(weightShape: shape) ?? inputAffine.channelCount
            guard let layout = linear.inputLayout(weightShape: shape, channels: channels),
                let expanded = inputAffine.expanded(to: channels)
            else { return nil }
            factors.append(ChannelFactors(layout: layout, numbers: expanded.scale))
        }
        return factors
    }

    /// The bias that takes a shift of the inputs; `nil` when there is none.
    func forwardShift(_ linear: LinearLayer, shape: [Int]?) -> ForwardShift? {
        guard let shape, let affine, let inputAffine, !inputAffine.hasNoShift,
            let outputs = linear.outputLayout(weightShape: shape)
        else { return nil }
        let channels = linear.inputChannels(weightShape: shape) ?? inputAffine.channelCount
        guard let layout = linear.inputLayout(weightShape: shape, channels: channels),
            let expanded = inputAffine.expanded(to: channels)
        else { return nil }
        return ForwardShift(
            weight: linear.weight, bias: linear.bias, outputs: outputs,
            shift: ChannelFactors(layout: layout, numbers: expanded.shift), affine: affine)
    }
}
