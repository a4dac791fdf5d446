import NetGraph

extension PlanAssembly {
    /// Notes which layers read or write other values than before.
    mutating func rewire() {
        // Values that are there no later than they were.
        var written = Set(bases.values).union(keptValues)
        for leftover in plan.leftovers where leftover.output.index < graph.network.values.count {
            guard let position = graph.connections.position(of: leftover.survivor),
                graph.connections.producer(of: leftover.output).map({ $0 >= position }) ?? false
            else { continue }
            written.insert(leftover.output)
        }
        for (position, layer) in graph.network.layers.enumerated() where !graph.isAffine[position] {
            let edges = graph.edgesOfInputs[position]
            let inputs = layer.inputs.indices.map { index -> ValueID in
                if let edge = edges[index] { return values[edge] }
                // Who wants a shape alone may read any value of the same root.
                let value = layer.inputs[index]
                let root = graph.forest.root(of: value)
                guard let base = bases[root], !written.contains(value) else { return value }
                return base
            }
            let outputs = layer.outputs.map { bases[$0] ?? $0 }
            if inputs != layer.inputs { plan.rewiring.inputs[layer.id] = inputs }
            if outputs != layer.outputs { plan.rewiring.outputs[layer.id] = outputs }
        }
    }

    /// Gives the new values names.
    mutating func nameValues() {
        plan.rewiring.regauged = fresh.map { value in
            Rewiring.Regauged(
                before: value.before, name: graph.network[value.before].name, layer: layerID(ofNode: value.node))
        }
        // What linear layers take has no part in names.
        var rewired = plan
        rewired.folds = []
        let first = graph.network.values.count
        let names = BlobNames(
            before: graph.network, connections: graph.connections, after: rewired.applied(to: graph.network).network
        ).names(
            hints: Dictionary(
                uniqueKeysWithValues: fresh.indices.map { index in
                    (ValueID(first + index), graph.network.layers[graph.forest.nodes[fresh[index].node].position].name)
                }))
        for (value, name) in names {
            if value.index >= first {
                plan.rewiring.regauged[value.index - first].name = name
            } else {
                plan.rewiring.names[value] = name
            }
        }
    }
}
