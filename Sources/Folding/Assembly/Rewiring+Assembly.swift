import NetGraph

extension Rewiring {
    /// Notes which layers go, which are new, and which read or write other values than before.
    ///
    /// - Parameter places: of all leftovers.
    init(_ settlement: Settlement, places: [LeftoverPlace], graph: PlanningGraph) {
        let kept = settlement.keptNodes
        var staying = Set(kept)
        for place in places {
            switch place.site {
            case .of(let node): staying.insert(node)
            case .before(let reader): insertedBefore[reader, default: []].append(place.layer)
            case .behind(let producer): insertedBehind[producer, default: []].append(place.layer)
            case .nowhere: break
            }
        }
        removed = graph.forest.nodes.indices.filter { !staying.contains($0) }.map(graph.layerID(ofNode:))

        var timely = Set(settlement.bases.values).union(kept.map(graph.output(ofNode:)))
        timely.formUnion(places.compactMap { $0.isTimely(in: graph) ? $0.output : nil })
        for (position, layer) in graph.network.layers.enumerated() where !graph.isAffine[position] {
            let inputs = zip(layer.inputs, graph.edgesOfInputs[position]).map { value, edge -> ValueID in
                if let edge { return settlement.values[edge] }
                // Who wants a shape alone may read any value of the same root.
                return timely.contains(value) ? value : settlement.bases[graph.forest.root(of: value)] ?? value
            }
            let outputs = layer.outputs.map { settlement.bases[$0] ?? $0 }
            if inputs != layer.inputs { self.inputs[layer.id] = inputs }
            if outputs != layer.outputs { self.outputs[layer.id] = outputs }
        }
    }

    /// Gives the new values names, and others where they take part in a run of layers in place.
    mutating func nameNewValues(_ newValues: [Settlement.NewValue], leftovers: [Leftover], graph: PlanningGraph) {
        regauged = newValues.map { value in
            Regauged(
                before: value.before, name: graph.network[value.before].name, layer: graph.layerID(ofNode: value.node))
        }
        // What linear layers take has no part in names.
        let after = FoldPlan(leftovers: leftovers, rewiring: self).applied(to: graph.network).network
        let first = graph.network.values.count
        var hints: [ValueID: String] = [:]
        for (index, value) in newValues.enumerated() {
            hints[ValueID(first + index)] = graph.layerName(ofNode: value.node)
        }
        let names = ValueNames(before: graph.network, connections: graph.connections, after: after).names(hints: hints)
        for (value, name) in names {
            if value.index >= first {
                regauged[value.index - first].name = name
            } else {
                self.names[value] = name
            }
        }
    }
}

extension Settlement {
    /// The affine layers that stay as they are.
    fileprivate var keptNodes: [Int] {
        var nodes: [Int] = []
        for case .kept(let kept) in stays.lazy.map(\.form) { nodes += kept.nodes }
        return nodes
    }
}

extension LeftoverPlace {
    /// Whether what it writes is a value of the network that is there no later than it was.
    fileprivate func isTimely(in graph: PlanningGraph) -> Bool {
        guard case .of(let node) = site, output.index < graph.network.values.count,
            let producer = graph.producer(of: output)
        else { return false }
        return producer >= graph.forest.nodes[node].position
    }
}
