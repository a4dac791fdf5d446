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
        // A closure over the placement would be a copy of it.
        let edges = graph.edgesOfInputs[position]
        var functions: [Int?] = []
        functions.reserveCapacity(edges.count)
        for edge in edges {
            if let edge { functions.append(items[edge]?.function) } else { functions.append(nil) }
        }
        var site = graph.site(position, settings: settings, functions: functions)
        // The sums are those of the weight as it was.
        if site.linear?.outputSums != nil, takenBefore[position] != nil || takenBehind[position] != nil {
            site.linear?.outputSums = nil
        }
        return site
    }

    /// Pushes the affines that lie before all readers of a layer's outputs back through it.
    ///
    /// - Returns: `nil` when two affines do not go together on the far side. What was changed until then is for the caller to undo.
    mutating func pushBack(
        through position: Int, _ part: AffinePart, settings: PlanningSettings, preferring input: Int? = nil
    ) -> Move? {
        let outputs = graph.network.layers[position].outputs
        var items: [Item?] = []
        for output in outputs { items.append(commonItem(of: output)) }
        charge(backward: position, items)
        let parts = split(items, .backward, part)
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
        var items: [Item?] = []
        items.reserveCapacity(edges.count)
        for (index, edge) in edges.enumerated() {
            if let edge, offered[index] { items.append(self.items[edge]) } else { items.append(nil) }
        }
        charge(forward: position, items)
        let parts = split(items, .forward, part)
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
        if passage.taken != nil, passage.moved.allSatisfy({ $0 == nil }) { return move }
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

    /// What moves of the affines on one side of a layer, and what stays.
    private func split(
        _ items: [Item?], _ direction: FoldDirection, _ part: AffinePart
    ) -> [(moved: ChannelAffine?, rest: ChannelAffine?)?] {
        var parts: [(moved: ChannelAffine?, rest: ChannelAffine?)?] = []
        parts.reserveCapacity(items.count)
        for item in items {
            guard let item else {
                parts.append(nil)
                continue
            }
            parts.append(table[item.function].split(direction, part))
        }
        return parts
    }

    /// What a push of an affine through a layer will take, about: each value and reader, and the entries and sources of the affine for each of them.
    ///
    /// - Parameter sources: the number of layers that what moves came from.
    func effort(through position: Int, _ direction: FoldDirection, function: Int?, sources: Int) -> Int {
        let degree = degree(of: position)
        let entries = function.map { table[$0].scale.count } ?? 0
        let farCount =
            direction == .backward ? graph.network.layers[position].inputs.count : graph.readerCounts[position]
        return degree + (graph.handsOutParts[position] ? entries : degree * entries) / Self.entriesOfReader
            + sources * farCount / Self.sourcesOfReader
    }

    /// The number of layers that the affine before a root's first reader came from.
    func sourceCount(before root: ValueID) -> Int {
        graph.edgesOfRoot[root.index].first.flatMap { items[$0]?.sources.count } ?? 0
    }

    /// The values that a layer reads and writes, and those who read them.
    private func degree(of position: Int) -> Int {
        let layer = graph.network.layers[position]
        return 1 + layer.inputs.count + layer.outputs.count + graph.readerCounts[position]
    }

    /// What is done with an entry, or with a layer that an affine came from, is little beside what is done with a reader: as many make up for one.
    /// Of such a layer each step is kept, so they count more than their time alone would.
    private static let entriesOfReader = 64
    private static let sourcesOfReader = 2

    /// Each affine is taken from all of its readers, and what becomes of all of them is put before each input.
    private mutating func charge(backward position: Int, _ items: [Item?]) {
        let outputs = graph.network.layers[position].outputs
        let counts = outputs.map { graph.edgesOfRoot[$0.index].count }
        charge(position, near: (items, counts), farCount: graph.network.layers[position].inputs.count)
    }

    /// Each affine is taken from its input, and what becomes of all of them is put before each reader.
    private mutating func charge(forward position: Int, _ items: [Item?]) {
        charge(position, near: (items, items.map { _ in 1 }), farCount: graph.readerCounts[position])
    }

    private mutating func charge(_ position: Int, near: (items: [Item?], readers: [Int]), farCount: Int) {
        var entries = (near: 0, all: 0)
        var sources = (near: 0, all: 0)
        for (item, readers) in zip(near.items, near.readers) {
            guard let item else { continue }
            let count = table[item.function].scale.count
            entries.all += count
            entries.near += count * readers
            sources.all += item.sources.count
            sources.near += item.sources.count * readers
        }
        let farEntries = graph.handsOutParts[position] ? entries.all : entries.all * farCount
        charge(
            degree(of: position) + (entries.near + farEntries) / Self.entriesOfReader
                + (sources.near + sources.all * farCount) / Self.sourcesOfReader)
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
    /// - Parameter functions: the number of the affine before each input.
    func site(_ position: Int, settings: PlanningSettings, functions: [Int?]) -> PassageSite {
        let layer = layer(position)
        var site = PassageSite(
            layer: layer, inputs: layer.inputs.map { shapes[$0.index] },
            outputs: layer.outputs.map { shapes[$0.index] },
            inputValues: inputValues(of: edgesOfInputs[position], functions: functions))
        if let linear = LinearLayer(layer.operation) {
            site.linear = LinearSite(
                linear: linear, weightShape: network[linear.weight].shape,
                isOverflowing: settings.overflowingTargets.contains(layer.id),
                isParted: settings.partedTargets.contains(layer.id), outputSums: settings.outputSums[position],
                factors: network[linear.weight].factors)
        }
        site.isClosed = settings.closesUnits && layer.unit != nil
        return site
    }

    /// Inputs that read the same numbers have the same entry: the first of them.
    private func inputValues(of edges: [Int?], functions: [Int?]) -> [Int] {
        guard edges.count > 1 else { return Array(edges.indices) }
        let numbers = edges.indices.map { index in
            edges[index].map { InputNumbers(root: self.edges[$0].root, function: functions[index]) }
        }
        if edges.count <= Placement.narrow {
            return numbers.indices.map { numbers[$0] == nil ? $0 : numbers.firstIndex(of: numbers[$0]) ?? $0 }
        }
        var first: [InputNumbers: Int] = [:]
        return numbers.enumerated().map { index, numbers in
            guard let numbers else { return index }
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
    var leftoverForm = LeftoverForm.scaleOrBias
    var overflowingTargets: Set<LayerID> = []
    /// Calls of one layer that would take different affines.
    var partedTargets: Set<LayerID> = []
    /// The numbers of the biases of linear layers, by position.
    var biases: [Int: [Double]] = [:]
    /// The sums of the weights of each output of convolutions that may have no bias, by position.
    var outputSums: [Int: [Double]] = [:]
    /// Whether nothing passes the doors of parts of the network that run several times: what lies inside of one is then the same in all of its runs.
    var closesUnits = false

    var allowsForward: Bool { reach == .wholeGraph }
    var isOnlyAdjacent: Bool { reach == .adjacent }
}
