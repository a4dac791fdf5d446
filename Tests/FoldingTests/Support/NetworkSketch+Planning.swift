import NetGraph

@testable import Folding

extension NetworkSketch {
    /// The network as the planner sees it.
    ///
    /// - Parameter hasNumbers: whether the weights are read.
    func planningGraph(hasNumbers: Bool = true) throws -> PlanningGraph {
        let shapes = PlanningGraph.shapes(of: network)
        let connections = Connections(network)
        var statistics =
            hasNumbers ? StatisticsReader(network: network, weights: weights, allowsUntrained: false) : nil
        let forest = try AffineForest(network, connections: connections, shapes: shapes, statistics: &statistics)
        return PlanningGraph(network, connections: connections, shapes: shapes, forest: forest)
    }

    /// Where every affine lies once the search has moved them.
    func searchedPlacement() throws -> Placement {
        var search = PlanSearch(try planningGraph(), settings: PlanningSettings())
        search.run()
        return search.placement
    }
}
