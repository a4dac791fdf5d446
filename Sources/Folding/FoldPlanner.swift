import NetGraph

/// Decides what becomes of every affine layer of a network, without changing anything.
///
/// Layers that read one another (BatchNorm, Scale, Bias, Power of power 1) are one affine. Affines move back to linear layers and forward to linear
/// layers, through all that lets them pass exactly; what nothing takes becomes one Scale or Bias; what is no affine per channel stays. The plan has the
/// least number of affine layers, then the least work at run time, then the fewest changes, as far as `PlanSearch` tells.
public struct FoldPlanner {
    /// What the planner may do, and how it treats statistics.
    public struct Options: Hashable, Sendable, PlanningChoosing {
        public var planning: PlanningOptions
        /// What an affine becomes that nothing takes.
        public var leftoverForm: LeftoverForm
        /// Linear layers that must not take anything, because a folded weight would leave the range of its number format.
        public var overflowingTargets: Set<LayerID> = []
        /// How much work the search may take; `nil` for what fits the size of the network.
        var budget: SearchBudget?

        /// - Parameters:
        ///   - planning: what the user asked for.
        ///   - leftoverForm: the form that the framework has for it.
        public init(_ planning: PlanningOptions = PlanningOptions(), leftoverForm: LeftoverForm = .scaleOrBias) {
            self.planning = planning
            self.leftoverForm = leftoverForm
        }
    }

    private let network: Network
    private let options: Options

    public init(_ network: Network, options: Options = Options()) {
        self.network = network
        self.options = options
    }

    /// Plans from the structure alone, where the worst is assumed of all numbers; the affines of the plan are `nil`.
    public func plan() -> FoldPlan {
        let shapes = PlanningGraph.shapes(of: network)
        let connections = Connections(network)
        var none: StatisticsReader?
        do throws(WeightError) {
            return try planKeepingUnits { kept, closesUnits throws(WeightError) in
                var settings = settings
                settings.closesUnits = closesUnits
                let forest = try AffineForest(
                    network, connections: connections, shapes: shapes, kept: kept, statistics: &none)
                let graph = PlanningGraph(network, connections: connections, shapes: shapes, forest: forest)
                return try plan(graph, settings: settings, hasNumbers: false)
            }
        } catch {
            // Nothing is read, so nothing can fail to be.
            return FoldPlan()
        }
    }

    /// Plans from structure and numbers.
    ///
    /// Reads the per-channel vectors of affine layers and the biases of linear layers, nothing else.
    ///
    /// - Returns: the plan, and what is suspect about the statistics. A finding of severity `error` means that the plan must not be
    ///   applied.
    /// - Throws: `WeightError` when a vector cannot be read.
    public func plan(weights: any WeightStore) throws(WeightError) -> (plan: FoldPlan, findings: [StatisticsFinding]) {
        let shapes = PlanningGraph.shapes(of: network)
        let connections = Connections(network)
        var findings: [StatisticsFinding] = []
        let best = try planKeepingUnits { kept, closesUnits throws(WeightError) in
            let (plan, found) = try plan(
                weights: weights, shapes: shapes, connections: connections, kept: kept, closesUnits: closesUnits)
            findings = found
            return plan
        }
        return (best, findings)
    }

    private func plan(
        weights: any WeightStore, shapes: [TensorShape?], connections: Connections, kept: [LayerID: RefusalReason],
        closesUnits: Bool
    ) throws(WeightError) -> (plan: FoldPlan, findings: [StatisticsFinding]) {
        var statistics: StatisticsReader? = StatisticsReader(
            network: network, weights: weights, allowsUntrained: options.allowsUntrained)
        let forest = try AffineForest(
            network, connections: connections, shapes: shapes, kept: kept, statistics: &statistics)
        guard var reader = statistics.take() else { return (FoldPlan(), []) }
        var settings = settings
        settings.closesUnits = closesUnits
        if !forest.nodes.isEmpty {
            settings.outputSums = try Self.outputSums(network, weights: weights)
            for (position, layer) in network.layers.enumerated() {
                guard let bias = LinearLayer(layer.operation)?.bias else { continue }
                settings.biases[position] = try reader.vector(bias)
            }
        }
        let graph = PlanningGraph(network, connections: connections, shapes: shapes, forest: forest)
        let plan = try plan(graph, settings: settings, hasNumbers: true)
        let targets = Set(plan.folds.map(\.target))
        for layer in network.layers where targets.contains(layer.id) {
            if let bias = LinearLayer(layer.operation)?.bias { try reader.checkFinite([bias], of: layer) }
        }
        return (plan, reader.findings)
    }

    /// Plans, and once more with all layers of a unit kept where not all of them go; each time round there are fewer that may.
    ///
    /// In parts of the network that run several times an affine might go in through a door in one run and stay inside in another. Where that is so, it is
    /// tried as well to keep all doors closed.
    private func planKeepingUnits(
        _ plan: (_ kept: [LayerID: RefusalReason], _ closesUnits: Bool) throws(WeightError) -> FoldPlan
    ) throws(WeightError) -> FoldPlan {
        let units = UnitCheck(network)
        func settled(closesUnits: Bool) throws(WeightError) -> (plan: FoldPlan, isTorn: Bool) {
            var kept: [LayerID: RefusalReason] = [:]
            var result = try plan(kept, closesUnits)
            while case let torn = units.tornLayers(in: result), !torn.isEmpty {
                kept.merge(torn) { first, _ in first }
                result = try plan(kept, closesUnits)
            }
            return (result, !kept.isEmpty)
        }
        let open = try settled(closesUnits: false)
        guard units.haveDoors, open.isTorn || !open.plan.isEmptyHanded else { return open.plan }
        let closed = try settled(closesUnits: true)
        return closed.plan.stayingCount < open.plan.stayingCount ? closed.plan : open.plan
    }

    /// The sum of the weights of each output, of convolutions that may have no bias and whose outputs read one channel each.
    private static func outputSums(
        _ network: Network, weights: any WeightStore
    ) throws(WeightError) -> [Int: [Double]] {
        var result: [Int: [Double]] = [:]
        for (position, layer) in network.layers.enumerated() {
            guard case .convolution(let convolution) = layer.operation, !convolution.mayHaveBias,
                let count = network[convolution.weight].elementCount,
                let layout = convolution.weightLayout(isTransposed: false, elementCount: count), layout.inputs == 1
            else { continue }
            let numbers = try weights.vector(convolution.weight, of: network)
            var sums = [Double](repeating: 0, count: convolution.outputChannels)
            let (group, output) = (layout.stride(of: .groups), layout.stride(of: .outputs))
            let kernel = layout.stride(of: .kernel)
            for channel in sums.indices {
                let start = channel / layout.outputs * group + channel % layout.outputs * output
                for tap in 0..<layout.kernel { sums[channel] += numbers[start + tap * kernel] }
            }
            result[position] = sums
        }
        return result
    }

    private var settings: PlanningSettings {
        PlanningSettings(
            reach: options.reach, leftoverForm: options.leftoverForm, overflowingTargets: options.overflowingTargets)
    }

    private func plan(
        _ graph: PlanningGraph, settings: PlanningSettings, hasNumbers: Bool
    ) throws(WeightError) -> FoldPlan {
        let budget = options.budget ?? SearchBudget(graph)
        var settings = settings
        var search = PlanSearch(graph, settings: settings, budget: budget)
        search.run()
        // Each time round there are fewer layers that may take something.
        while case let parted = search.placement.partedCalls(hasNumbers: hasNumbers), !parted.isEmpty {
            settings.partedTargets.formUnion(parted)
            search = PlanSearch(graph, settings: settings, budget: budget)
            search.run()
        }
        var plan = try PlanAssembly(
            placement: search.placement, settings: settings, hasNumbers: hasNumbers, budget: budget,
            isLimited: search.isLimited
        ).assembled()
        if search.isLimited { plan.spentWork = budget.work }
        return plan
    }
}

/// How far an affine may go to a linear layer that takes it.
public enum FoldReach: String, CaseIterable, Hashable, Sendable {
    /// Back and forward, through all layers that let it pass.
    case wholeGraph
    /// Only back, towards what computes its input.
    case backward
    /// Only into the linear layer directly before.
    case adjacent
    /// Nowhere: affine layers that read one another become one layer, and no linear layer changes.
    case none
}
