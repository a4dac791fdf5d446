import NetGraph

/// Turns a placement into a plan: which layer each affine becomes, and who reads and writes what.
///
/// Each step is a type or a function of its own, which takes what those before it gave and knows nothing of those behind it.
struct PlanAssembly {
    let placement: Placement
    let settings: PlanningSettings
    /// Whether the numbers of affines are known; else those of the plan are `nil`.
    let hasNumbers: Bool
    /// For finding reasons.
    let budget: SearchBudget
    /// Whether the search was ended before it had tried everything.
    let isLimited: Bool

    private var graph: PlanningGraph { placement.graph }

    /// - Throws: `WeightError` when the plan would make more numbers than a network of these parameters has need of.
    func assembled() throws(WeightError) -> FoldPlan {
        let takers = placement.takers
        let settlement = Settlement(placement, settings: settings, hasNumbers: hasNumbers)
        if hasNumbers { try ChannelLimit(graph.network).check(takers, settlement.stays) }
        let (leftovers, places, refusals) = outcomes(of: settlement.stays)
        var rewiring = Rewiring(settlement, places: places, graph: graph)
        rewiring.nameNewValues(settlement.newValues, leftovers: leftovers, graph: graph)

        var plan = FoldPlan(leftovers: leftovers, refusals: graph.forest.refusals + refusals, rewiring: rewiring)
        for taker in takers {
            plan.folds.append(
                taker.fold(in: placement, bias: settings.biases[taker.position], hasNumbers: hasNumbers))
        }
        plan.dropUntoldLayers()
        plan.sort(by: graph)
        return plan
    }

    /// What each affine becomes that nothing takes: a layer and its place, or layers that stay as they are; and why.
    private func outcomes(
        of stays: [StayingAffine]
    ) -> (leftovers: [Leftover], places: [LeftoverPlace], refusals: [Refusal]) {
        var explanation = PlanExplanation(
            placement, settings: settings, hasNumbers: hasNumbers, budget: budget, isLimited: isLimited)
        var finder = LeftoverPlaceFinder(graph)
        var leftovers: [Leftover] = []
        var places: [LeftoverPlace] = []
        var refusals: [Refusal] = []
        for stay in stays {
            switch stay.form {
            case .kept(let kept):
                guard kept.cause != .powers else { continue }
                refusals += kept.refusals(explanation.reasons(for: stay), graph: graph)
            case .leftover(let outline):
                let place = finder.place(of: outline, before: stay.group.edges, behind: stay.root)
                places.append(place)
                leftovers.append(
                    outline.leftover(
                        at: place, explanation.reasons(for: stay), form: settings.leftoverForm,
                        hasNumbers: hasNumbers, graph: graph))
            }
        }
        return (leftovers, places, refusals)
    }
}
