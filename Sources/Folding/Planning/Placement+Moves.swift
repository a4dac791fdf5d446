import NetGraph

extension Placement {
    /// What pushing affines through a layer did.
    struct Move {
        /// The roots on the far side that affines were put on.
        var reached: [ValueID] = []
        var isMove = false
        /// Why something, or everything, stayed.
        var reason: RefusalReason?
    }

    /// A layer as the passages see it.
    func site(_ position: Int, settings: PlanningSettings) -> PassageSite {
        graph.site(position, settings: settings) { items[$0]?.function }
    }

    /// Pushes the affines that lie before all readers of a layer's outputs back through it.
    ///
    /// - Returns: `nil` when two affines do not go together on the far side. What was changed until then is for the caller to undo.
    mutating func pushBack(
        through position: Int, _ part: AffinePart, settings: PlanningSettings, preferring input: Int? = nil
    ) -> Move? {
        let outputs = graph.network.layers[position].outputs
        let items = outputs.map { commonItem(of: $0) }
        chargeSite(position, items)
        let parts = items.map { item in item.map { table[$0.function].split(.backward, part) } }
        var site = site(position, settings: settings)
        site.preferredInput = input
        let affines = parts.map { $0?.moved ?? nil }
        let passage = site.pass(affines, .backward)
        var move = Move(reason: passage.reason)
        guard passage.changes(affines) else { return move }
        move.isMove = true
        let sources = merged(items.flatMap { $0?.sources ?? [] })
        guard let node = sources.first?.node else { return move }
        if let taken = passage.taken {
            if let reason = take(taken, behind: position, from: sources, settings: settings) {
                return Move(reason: reason)
            }
        }
        for (index, output) in outputs.enumerated() {
            guard let item = items[index], let part = parts[index] else { continue }
            regauge(root: output, by: item.sources.first?.node ?? node)
            let rest = table.composition(
                of: passage.rest[index].flatMap { table.number(of: $0) },
                then: part.rest.flatMap { table.number(of: $0) })
            guard case .affine(let function) = rest else { return nil }
            for edge in graph.edgesOfRoot[output.index] {
                setItem(edge, to: function.map { Item(function: $0, sources: item.sources) })
            }
        }
        if passage.taken != nil { return move }
        let carried = stepped(sources, through: position)
        for (index, moved) in passage.moved.enumerated() {
            guard let moved, let edge = graph.edgesOfInputs[position][index] else { continue }
            guard
                case .affine(let function) = table.composition(
                    of: self.items[edge]?.function, then: table.number(of: moved))
            else { return nil }
            let all = merged((self.items[edge]?.sources ?? []) + carried)
            setItem(edge, to: function.map { Item(function: $0, sources: all) })
            regauge(edge: edge, by: node)
            move.reached.append(graph.edges[edge].root)
        }
        return move
    }

    /// Pushes affines that lie before a layer forward through it.
    ///
    /// - Parameter offered: whether the affine before each input is to move.
    /// - Returns: `nil` when two affines do not go together on the far side. What was changed until then is for the caller to undo.
    mutating func pushForward(
        through position: Int, offered: [Bool], _ part: AffinePart, settings: PlanningSettings
    ) -> Move? {
        let edges = graph.edgesOfInputs[position]
        let items = edges.indices.map { index in offered[index] ? edges[index].flatMap { self.items[$0] } : nil }
        chargeSite(position, items)
        let parts = items.map { item in item.map { table[$0.function].split(.forward, part) } }
        let affines = parts.map { $0?.moved ?? nil }
        let passage = site(position, settings: settings).pass(affines, .forward)
        var move = Move(reason: passage.reason)
        guard passage.changes(affines) else { return move }
        move.isMove = true
        let sources = merged(items.flatMap { $0?.sources ?? [] })
        guard let node = sources.first?.node else { return move }
        if let taken = passage.taken, !take(taken, before: position, from: sources) { return nil }
        for (index, edge) in edges.enumerated() {
            guard let edge, let item = items[index], let part = parts[index] else { continue }
            let rest = table.composition(
                of: part.rest.flatMap { table.number(of: $0) },
                then: passage.rest[index].flatMap { table.number(of: $0) })
            guard case .affine(let function) = rest else { return nil }
            if function != item.function { regauge(edge: edge, by: item.sources.first?.node ?? node) }
            setItem(edge, to: function.map { Item(function: $0, sources: item.sources) })
        }
        if passage.taken != nil { return move }
        let carried = stepped(sources, through: position)
        for (index, moved) in passage.moved.enumerated() {
            guard let moved else { continue }
            let output = graph.network.layers[position].outputs[index]
            regauge(root: output, by: node)
            let arriving = table.number(of: moved)
            for edge in graph.edgesOfRoot[output.index] {
                guard
                    case .affine(let function) = table.composition(
                        of: arriving, then: self.items[edge]?.function)
                else { return nil }
                let all = merged(carried + (self.items[edge]?.sources ?? []))
                setItem(edge, to: function.map { Item(function: $0, sources: all) })
            }
            move.reached.append(output)
        }
        return move
    }

    /// What a push of an affine through a layer takes: each value and reader with the entries of the affine and the layers that it came from.
    func effort(through position: Int, entries: Int, sources: Int) -> Int {
        let layer = graph.network.layers[position]
        var degree = 1 + layer.inputs.count + layer.outputs.count
        for output in layer.outputs { degree += graph.edgesOfRoot[output.index].count }
        // What is done with an entry, or with a source, is little beside what is done with an edge.
        return degree + degree * (entries / 64 + sources / 8)
    }

    private mutating func chargeSite(_ position: Int, _ items: [Item?]) {
        var entries = 0
        var sources = 0
        for case .some(let item) in items {
            entries += table[item.function].scale.count
            sources += item.sources.count
        }
        charge(effort(through: position, entries: entries, sources: sources))
    }

    /// Puts an affine behind what a linear layer computes, or says why its bias would not hold it.
    private mutating func take(
        _ affine: ChannelAffine, behind position: Int, from sources: [Source], settings: PlanningSettings
    ) -> RefusalReason? {
        let layer = graph.network.layers[position]
        let before = takenBehind[position]
        guard let linear = LinearLayer(layer.operation),
            let whole = before.map({ $0.affine.followed(by: affine) }) ?? affine, whole.fits(linear.outputChannels)
        else { return .weightShape(producer: layer.name) }
        let bias = settings.biases[position]
        guard bias.map({ $0.count == linear.outputChannels }) ?? true else {
            return .channelCount(
                producer: layer.name, channels: linear.outputChannels, affineChannels: affine.channelCount)
        }
        let limit = graph.network[linear.weight].elementType.greatestFiniteMagnitude
        let result = bias.map { whole.expanded(to: linear.outputChannels)?.bias(addedTo: $0) ?? [] } ?? whole.shift
        let overflows = result.contains { $0.isFinite && abs($0) > limit || $0.isInfinite }
        if overflows, bias?.allSatisfy(\.isFinite) ?? true, whole.isFinite { return .overflow(producer: layer.name) }
        setTaken(
            position, .backward, to: Taken(affine: whole, sources: merged((before?.sources ?? []) + sources)))
        return nil
    }

    /// Puts an affine before what a linear layer reads.
    private mutating func take(_ affine: ChannelAffine, before position: Int, from sources: [Source]) -> Bool {
        let before = takenBefore[position]
        guard let whole = before.map({ affine.followed(by: $0.affine) }) ?? affine else { return false }
        setTaken(position, .forward, to: Taken(affine: whole, sources: merged((before?.sources ?? []) + sources)))
        return true
    }
}

extension PlanningGraph {
    /// A layer as the passages see it.
    ///
    /// - Parameter function: the number of the affine on an edge.
    func site(_ position: Int, settings: PlanningSettings, function: (Int) -> Int?) -> PassageSite {
        let layer = layer(position)
        let inputEdges = edgesOfInputs[position]
        var site = PassageSite(
            layer: layer, inputs: layer.inputs.map { shapes[$0.index] },
            outputs: layer.outputs.map { shapes[$0.index] },
            inputValues: inputValues(of: inputEdges, function: function))
        if let linear = LinearLayer(layer.operation) {
            site.linear = LinearSite(
                linear: linear, weightShape: network[linear.weight].shape,
                isOverflowing: settings.overflowingTargets.contains(layer.id))
        }
        return site
    }

    /// Inputs that read the same numbers have the same entry: the first of them.
    private func inputValues(of edges: [Int?], function: (Int) -> Int?) -> [Int] {
        guard edges.count > 1 else { return Array(edges.indices) }
        var first: [InputNumbers: Int] = [:]
        return edges.indices.map { index in
            guard let edge = edges[index] else { return index }
            let numbers = InputNumbers(root: self.edges[edge].root, function: function(edge))
            let known = first[numbers] ?? index
            first[numbers] = known
            return known
        }
    }

    private struct InputNumbers: Hashable {
        var root: ValueID
        var function: Int?
    }
}

/// What a search knows beside the network.
struct PlanningSettings {
    var reach = FoldReach.wholeGraph
    var writesBiasAsScale = false
    var overflowingTargets: Set<LayerID> = []
    /// The numbers of the biases of linear layers, by position.
    var biases: [Int: [Double]] = [:]

    var allowsForward: Bool { reach == .wholeGraph }
    var isOnlyAdjacent: Bool { reach == .adjacent }
}
