import NetGraph

/// Decides what becomes of every affine layer of a network, without changing anything.
///
/// A chain of BatchNorm, Scale, Bias and Power (power 1) counts as one affine. It folds back into the linear layer that it reads, where
/// that is exact; a chain that nothing takes becomes one Scale; what is no affine per channel stays. Time is linear in the network.
public struct FoldPlanner {
    /// How the planner treats statistics.
    public struct Options: Hashable, Sendable {
        /// Take a moving-average factor of 0 as Caffe does, instead of as an error.
        public var allowsUntrained = false
        /// Linear layers that must not take anything, because a folded weight would leave the range of its number format.
        public var overflowingTargets: Set<LayerID> = []

        public init() {}
    }

    private let network: Network
    private let connections: Connections
    private let options: Options

    public init(_ network: Network, options: Options = Options()) {
        self.network = network
        self.options = options
        connections = Connections(network)
    }

    /// Plans from the structure alone; the affines of the plan are `nil`.
    public func plan() -> FoldPlan {
        var plan = FoldPlan()
        let roles = collectRoles(into: &plan)
        for chain in AffineChain.all(in: network, roles: roles, connections: connections) {
            decide(chain, affine: nil, bias: nil, into: &plan)
        }
        return sorted(plan)
    }

    /// Plans from structure and numbers.
    ///
    /// Reads the per-channel vectors of affine layers and the biases of linear layers, nothing else.
    ///
    /// - Returns: the plan, and what is suspect about the statistics. A finding of severity `error` means that the plan must not be
    ///   applied.
    /// - Throws: `WeightError` when a vector cannot be read.
    public func plan(weights: any WeightStore) throws(WeightError) -> (plan: FoldPlan, findings: [StatisticsFinding]) {
        var plan = FoldPlan()
        let roles = collectRoles(into: &plan)
        var statistics = StatisticsReader(network: network, weights: weights, allowsUntrained: options.allowsUntrained)
        for chain in AffineChain.all(in: network, roles: roles, connections: connections) {
            for position in chain.positions {
                let layer = network.layers[position]
                if case .batchNorm = layer.operation { continue }
                try statistics.checkFinite(layer.operation.parameters, of: layer)
                if case .scale(let scale) = layer.operation, let gamma = scale.gamma {
                    statistics.examineGamma(try statistics.vector(gamma), of: layer)
                }
            }
            let known = statistics.findings.count
            guard let affine = try chain.affine(in: network, statistics: &statistics) else {
                plan.refusals += chain.positions.map {
                    Refusal(layer: network.layers[$0].id, reason: .channelsDisagree)
                }
                continue
            }
            let isSound = !statistics.findings[known...].contains { $0.severity == .error }
            if isSound, !affine.isFinite {
                let reason = RefusalReason.overflow(producer: network.layers[chain.positions[0]].name)
                plan.refusals += chain.positions.map { Refusal(layer: network.layers[$0].id, reason: reason) }
                continue
            }
            var biasOfTarget: [Double]?
            if case .success(let target) = target(of: chain),
                let linear = LinearLayer(network.layers[target].operation),
                let bias = linear.bias
            {
                try statistics.checkFinite([bias], of: network.layers[target])
                biasOfTarget = try statistics.vector(bias)
            }
            decide(chain, affine: affine, bias: biasOfTarget, into: &plan)
        }
        return (sorted(plan), statistics.findings)
    }

    /// Roles of all layers; refusals of layers that are no affine go into the plan.
    private func collectRoles(into plan: inout FoldPlan) -> [AffineRole] {
        network.layers.map { layer in
            let role = layer.operation.affineRole(inputCount: layer.inputs.count, network: network)
            if case .refused(let reason) = role {
                plan.refusals.append(Refusal(layer: layer.id, reason: reason))
            }
            return role
        }
    }

    /// Adds what becomes of one chain to the plan.
    private func decide(
        _ chain: AffineChain, affine: ChannelAffine?, bias: [Double]?, into plan: inout FoldPlan
    ) {
        let layers = chain.positions.map { network.layers[$0].id }
        let reason: RefusalReason
        switch target(of: chain) {
        case .failure(let refusal):
            reason = refusal
        case .success(let position):
            let target = network.layers[position]
            guard let linear = LinearLayer(target.operation) else { return }
            let channels = linear.outputChannels
            let expanded = bias.map { $0.count == channels } ?? true ? affine?.expanded(to: channels) : nil
            if let affine, expanded == nil {
                reason = .channelCount(producer: target.name, channels: channels, affineChannels: affine.channelCount)
                break
            }
            let folded = expanded?.bias(addedTo: bias)
            let limit = network[linear.weight].elementType.greatestFiniteMagnitude
            if let folded, !folded.allSatisfy({ abs($0) <= limit }), bias?.allSatisfy(\.isFinite) ?? true,
                affine?.isFinite ?? true
            {
                reason = .overflow(producer: target.name)
                break
            }
            plan.folds.append(
                Fold(chain: layers, target: target.id, channelCount: channels, affine: expanded, bias: folded))
            return
        }
        leave(chain, layers: layers, affine: affine, reason: reason, into: &plan)
    }

    /// A chain that nothing takes: one Scale where that is less than what is there, else everything as it is.
    private func leave(
        _ chain: AffineChain, layers: [LayerID], affine: ChannelAffine?, reason: RefusalReason,
        into plan: inout FoldPlan
    ) {
        let operations = chain.positions.map { network.layers[$0].operation }
        let survivor = Self.survivor(of: operations)
        let count = channelCount(of: chain, affine: affine)
        let holdsBatchNorm = operations.contains { if case .batchNorm = $0 { true } else { false } }
        let holdsOnlyPowers = operations.allSatisfy { if case .power = $0 { true } else { false } }
        guard holdsBatchNorm || operations.count > 1 && !holdsOnlyPowers else {
            if !holdsOnlyPowers { plan.refusals += layers.map { Refusal(layer: $0, reason: reason) } }
            return
        }
        let expanded = count.flatMap { affine?.expanded(to: $0) }
        guard let count, affine == nil || expanded != nil else {
            plan.refusals += layers.map { Refusal(layer: $0, reason: .channelsUnknown) }
            return
        }
        if let expanded, expanded.leavesFloatRange {
            plan.refusals += layers.map {
                Refusal(layer: $0, reason: .overflow(producer: network.layers[chain.positions[0]].name))
            }
            return
        }
        plan.leftovers.append(
            Leftover(chain: layers, survivor: layers[survivor], channelCount: count, affine: expanded, reason: reason))
    }

    /// The layer that can take the chain, by position, or why none can.
    private func target(of chain: AffineChain) -> Result<Int, RefusalReason> {
        let first = network.layers[chain.positions[0]]
        let value = first.inputs[0]
        guard let position = connections.producer(of: value) else {
            return .failure(.readsInput(producer: network[value].name))
        }
        let producer = network.layers[position]
        switch producer.operation {
        case .input, .dataSource: return .failure(.readsInput(producer: network[value].name))
        case .opaque(let opaque):
            if let cause = opaque.cause {
                return .failure(.opaqueProducer(producer: producer.name, type: opaque.type, cause: cause))
            }
        default: break
        }
        guard let linear = LinearLayer(producer.operation) else {
            return .failure(.notLinear(producer: producer.name, type: producer.operation.typeName))
        }
        if connections.isOutput(value) { return .failure(.networkOutput(producer: producer.name)) }
        guard connections.onlyConsumer(of: value) != nil else {
            let readers = connections.consumers(of: value).map { network.layers[$0] }.filter { $0.id != first.id }
            return .failure(.otherReaders(producer: producer.name, readers: readers.map(\.name)))
        }
        guard producer.outputs.count == 1 else { return .failure(.severalOutputs(producer: producer.name)) }
        guard linear.channelAxis == 1 else {
            return .failure(.channelAxis(producer: producer.name, axis: linear.channelAxis))
        }
        if let shape = network[linear.weight].shape, linear.outputLayout(weightShape: shape) == nil {
            return .failure(.weightShape(producer: producer.name))
        }
        guard !options.overflowingTargets.contains(producer.id) else {
            return .failure(.overflow(producer: producer.name))
        }
        return .success(position)
    }

    /// Which layer of a chain becomes the Scale: the last Scale, else the last BatchNorm, else the last layer with parameters.
    private static func survivor(of operations: [Operation]) -> Int {
        operations.lastIndex { if case .scale = $0 { true } else { false } }
            ?? operations.lastIndex { if case .batchNorm = $0 { true } else { false } }
            ?? operations.lastIndex { if case .bias = $0 { true } else { false } }
            ?? operations.count - 1
    }

    /// The number of channels of a chain, from its numbers, its parameters' shapes, or the shape of what it reads.
    private func channelCount(of chain: AffineChain, affine: ChannelAffine?) -> Int? {
        let input = network[network.layers[chain.positions[0]].inputs[0]]
        if let channels = input.shape?.length(ofAxis: 1) { return channels }
        for position in chain.positions {
            let layer = network.layers[position]
            guard let parameter = layer.operation.parameters.first else { continue }
            switch layer.operation {
            case .scale(let scale) where scale.axes.isScalar: continue
            case .bias(let bias) where bias.axes.isScalar: continue
            default: if let count = network[parameter].elementCount { return count }
            }
        }
        return nil
    }

    /// Everything in the order of the network.
    private func sorted(_ plan: FoldPlan) -> FoldPlan {
        var plan = plan
        let order = { (layer: LayerID) in connections.position(of: layer) ?? 0 }
        plan.refusals.sort { order($0.layer) < order($1.layer) }
        return plan
    }
}

extension RefusalReason: Error {}
