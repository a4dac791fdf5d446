import NetGraph

/// The affine layers of the forest as layers of the network, and those on the way to readers.
extension PlanningGraph {
    func operation(ofNode node: Int) -> Operation { network.layers[forest.nodes[node].position].operation }

    func layerID(ofNode node: Int) -> LayerID { network.layers[forest.nodes[node].position].id }

    func layerName(ofNode node: Int) -> String { network.layers[forest.nodes[node].position].name }

    /// What an affine layer writes.
    func output(ofNode node: Int) -> ValueID { network.layers[forest.nodes[node].position].outputs[0] }

    /// The affine layers that write what some readers read, one for each that reads through one.
    func nodes(before edges: [Int]) -> [Int] {
        var nodes: [Int] = []
        for edge in edges {
            if let node = self.edges[edge].node { nodes.append(node) }
        }
        return nodes
    }

    /// The affine layers from the root to each of some of them, each once.
    func path(toAllOf nodes: [Int]) -> [Int] {
        if nodes.count == 1 { return forest.path(to: nodes[0]) }
        var path: [Int] = []
        for node in nodes { path += forest.path(to: node) }
        return path.uniqued
    }
}
