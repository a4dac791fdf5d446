import NetGraph

extension FoldPlan {
    /// Notes layers that go and of which nothing else in the plan tells what became: they change nothing, alone or together.
    mutating func dropUntoldLayers() {
        var told: Set<LayerID> = []
        for fold in folds { for take in fold.takes { told.formUnion(take.chain) } }
        for leftover in leftovers { told.formUnion(leftover.chain) }
        dropped = rewiring.removed.filter { !told.contains($0) }
    }

    /// Puts refusals and leftovers in the order of their layers in the network.
    mutating func sort(by graph: PlanningGraph) {
        let order = { (layer: LayerID) in graph.connections.position(of: layer) ?? graph.network.layers.count }
        refusals.sort { order($0.layer) < order($1.layer) }
        let place = { (leftover: Leftover) in order(leftover.chain.first ?? leftover.survivor) }
        leftovers.sort { (place($0), $0.survivor) < (place($1), $1.survivor) }
    }
}
