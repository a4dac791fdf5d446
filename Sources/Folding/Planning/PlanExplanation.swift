import NetGraph

/// Finds out why an affine stays: pushes it once more, and follows it to what keeps it.
struct PlanExplanation {
    private var placement: Placement
    private let settings: PlanningSettings
    private let hasNumbers: Bool
    private var graph: PlanningGraph { placement.graph }

    init(_ placement: Placement, settings: PlanningSettings, hasNumbers: Bool) {
        self.placement = placement
        self.settings = settings
        self.hasNumbers = hasNumbers
    }

    /// Why an affine does not go back.
    mutating func backward(from root: ValueID, key: Placement.Group.Key) -> RefusalReason {
        let mark = placement.mark
        defer { placement.undo(to: mark) }
        var root = root
        var isFirst = true
        // Each step goes to an earlier layer, so there are no more steps than layers.
        for _ in graph.network.layers.indices {
            guard let position = graph.producer(of: root) else {
                return .readsInput(producer: graph.network[root].name)
            }
            let producer = graph.network.layers[position]
            switch producer.operation {
            case .input, .dataSource: return .readsInput(producer: graph.network[root].name)
            default: break
            }
            if settings.isOnlyAdjacent, LinearLayer(producer.operation) == nil { return adjacentReason(producer) }
            guard placement.commonItem(of: root) != nil else {
                return readersReason(root, key: isFirst ? key : nil, producer: producer)
            }
            guard let move = placement.pushBack(through: position, .both, settings: settings) else {
                return .channelsDisagree
            }
            if !move.isMove || placement.commonItem(of: root) != nil || move.reached.isEmpty {
                return worded(move.reason ?? .stopped(layer: producer.name, type: producer.operation.typeName))
            }
            root = move.reached.first { !canGo($0) } ?? move.reached[0]
            isFirst = false
        }
        return .stopped(layer: graph.network[root].name, type: "value")
    }

    /// Why an affine does not go forward.
    mutating func forward(from root: ValueID, key: Placement.Group.Key) -> RefusalReason? {
        let mark = placement.mark
        defer { placement.undo(to: mark) }
        guard key.function != nil else { return nil }
        var root = root
        var key = key
        for _ in graph.network.layers.indices {
            guard let group = placement.groups(of: root).first(where: { $0.key == key }) else { return nil }
            var next: (ValueID, Placement.Group.Key)?
            for edge in group.edges {
                guard case .layer(let position, _) = graph.edges[edge].reader else {
                    return .writesOutput(blob: graph.network[graph.edges[edge].original].name)
                }
                guard placement.items[edge] != nil else { continue }
                let offered = graph.edgesOfInputs[position].map { $0.map(Set(group.edges).contains) ?? false }
                guard let move = placement.pushForward(through: position, offered: offered, .both, settings: settings)
                else { return .channelsDisagree }
                let layer = graph.network.layers[position]
                if !move.isMove || placement.items[edge] != nil {
                    return worded(move.reason ?? .stopped(layer: layer.name, type: layer.operation.typeName))
                }
                for output in move.reached where next == nil {
                    next = placement.groups(of: output).first { $0.key.function != nil }.map { (output, $0.key) }
                }
            }
            guard let (output, after) = next else { return nil }
            (root, key) = (output, after)
        }
        return nil
    }

    /// Whether an affine on a root could at least be pushed.
    private func canGo(_ root: ValueID) -> Bool {
        guard let item = placement.commonItem(of: root), let position = graph.producer(of: root) else { return false }
        let outputs = graph.network.layers[position].outputs
        let affines = outputs.map { $0 == root ? placement.table[item.function] : nil }
        let passage = placement.site(position, settings: settings).pass(affines, .backward)
        return !passage.movesNothing && passage.rest.allSatisfy { $0 == nil }
    }

    /// Other readers, or the caller of the network, need the value as it is.
    private func readersReason(_ root: ValueID, key: Placement.Group.Key?, producer: Layer) -> RefusalReason {
        let edges = graph.edgesOfRoot[root.index]
        let functions = edges.map { placement.items[$0]?.function }
        let own = key?.function ?? functions.compactMap(\.self).first
        let others = zip(edges, functions).filter { $0.1 != own }.map(\.0)
        // What an affine makes of the value and hands to the caller is a reader like any other.
        if others.contains(where: { graph.edges[$0].reader == .output && graph.edges[$0].node == nil })
            || others.isEmpty
        {
            return .networkOutput(producer: producer.name)
        }
        let names = others.map { edge -> String in
            // The reader that users see is the first layer on the way.
            if let node = graph.edges[edge].node, let first = graph.forest.path(to: node).first {
                return graph.network.layers[graph.forest.nodes[first].position].name
            }
            guard case .layer(let position, _) = graph.edges[edge].reader else { return "" }
            return graph.network.layers[position].name
        }
        return .otherReaders(producer: producer.name, readers: names.uniqued)
    }

    private func adjacentReason(_ producer: Layer) -> RefusalReason {
        if case .opaque(let opaque) = producer.operation, let cause = opaque.cause {
            return .opaqueProducer(producer: producer.name, type: opaque.type, cause: cause)
        }
        return .notLinear(producer: producer.name, type: producer.operation.typeName)
    }

    /// Without weights a reason that lies in numbers is an assumption.
    private func worded(_ reason: RefusalReason) -> RefusalReason {
        !hasNumbers && reason.dependsOnNumbers ? .assumed(reason) : reason
    }
}
