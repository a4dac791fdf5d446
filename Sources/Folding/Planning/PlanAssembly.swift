import NetGraph

/// Turns a placement into a plan: which layer each affine becomes, and who reads and writes what.
struct PlanAssembly {
    var placement: Placement
    let graph: PlanningGraph
    let settings: PlanningSettings
    let hasNumbers: Bool
    var plan = FoldPlan()
    /// New values, each for an old one, by identifiers that follow those of the network.
    var fresh: [(before: ValueID, node: Int)] = []
    /// What each edge reads after the plan.
    var values: [ValueID]
    /// What is written in the place of each root.
    var bases: [ValueID: ValueID] = [:]
    /// Affine layers, as nodes, that are there after the plan.
    var survivors: Set<Int> = []
    /// What affine layers write that stay as they are.
    var keptValues: Set<ValueID> = []
    /// Affine layers of which the plan told what became.
    var told: Set<Int> = []
    private var takenNames: Set<String>
    /// Undoes what it tries, so that one serves for all reasons.
    private var explanation: PlanExplanation
    private var inserted = 0
    /// The number of the last layer that was added for each stem of a name.
    private var lastParts: [String: Int] = [:]
    /// The channels of all that the plan makes, each of which becomes numbers.
    private(set) var channelCount = 0
    let channelLimit: Int
    /// Affine layers, by position, that are one of several calls of a layer: none of them becomes another layer.
    private let sharedCalls: Set<Int>
    /// The channels that any plan may have.
    private static let leastChannelLimit = 1 << 22

    init(
        _ placement: Placement, settings: PlanningSettings, hasNumbers: Bool, budget: SearchBudget? = nil,
        isLimited: Bool = false
    ) {
        self.placement = placement
        graph = placement.graph
        self.settings = settings
        self.hasNumbers = hasNumbers
        values = graph.edges.map(\.original)
        explanation = PlanExplanation(
            placement, settings: settings, hasNumbers: hasNumbers, budget: budget, isLimited: isLimited)
        takenNames = Set(graph.network.layers.map(\.name))
        sharedCalls = Set(graph.calls.joined())
        let stored = graph.network.parameters.reduce(0) { $0 &+ ($1.elementCount ?? 0) }
        channelLimit = Self.leastChannelLimit + 2 * min(max(stored, 0), 1 << 48)
    }

    mutating func assembled() -> FoldPlan {
        plan.refusals = graph.forest.refusals
        addFolds()
        settleAll()
        rewire()
        plan.rewiring.removed = graph.forest.nodes.indices.filter { !survivors.contains($0) }.map(layerID(ofNode:))
        nameValues()
        plan.dropped = graph.forest.nodes.indices.filter { !survivors.contains($0) && !told.contains($0) }.map(
            layerID(ofNode:))
        let order = { [graph] (layer: LayerID) in graph.connections.position(of: layer) ?? graph.network.layers.count }
        plan.refusals.sort { order($0.layer) < order($1.layer) }
        let place = { (leftover: Leftover) in order(leftover.chain.first ?? leftover.survivor) }
        plan.leftovers.sort { (place($0), $0.survivor) < (place($1), $1.survivor) }
        return plan
    }

    // MARK: What linear layers take

    private mutating func addFolds() {
        let positions = Set(placement.takenBehind.keys).union(placement.takenBefore.keys).sorted()
        for position in positions {
            let layer = graph.network.layers[position]
            guard let linear = LinearLayer(layer.operation) else { continue }
            let behind = placement.takenBehind[position]
            let before = placement.takenBefore[position]
            // Loops, for a closure that asks the assembly would copy it.
            var takes: [Fold.Take] = []
            for (taken, direction) in [(behind, FoldDirection.backward), (before, .forward)] {
                for source in taken?.sources ?? [] {
                    told.formUnion(graph.forest.path(to: source.node))
                    var through: [LayerID] = []
                    for passed in placement.path(of: source) where !graph.isAffine[passed] {
                        through.append(graph.network.layers[passed].id)
                    }
                    takes.append(Fold.Take(chain: path(of: source), direction: direction, through: through))
                }
            }
            // A layer without a bias gets one only for a shift.
            let changesBias = behind.map { linear.bias != nil || !$0.affine.hasNoShift } ?? false
            let hasForwardShift = before.map { !$0.affine.hasNoShift } ?? false
            let affine =
                holdsNumbers(linear.outputChannels + (before?.affine.channelCount ?? 0))
                ? (behind?.affine ?? .uniform(scale: 1, offset: 0)).expanded(to: linear.outputChannels) : nil
            let inputAffine = affine == nil ? nil : before?.affine.withoutRuns
            plan.folds.append(
                Fold(
                    target: layer.id, takes: takes.uniqued, channelCount: linear.outputChannels,
                    affine: affine, inputAffine: inputAffine,
                    changesBias: changesBias || hasForwardShift,
                    bias: !hasForwardShift
                        ? affine?.bias(addedTo: settings.biases[position]) : nil))
        }
    }

    /// Whether a plan with numbers has some for so many more channels. They are bounded, for a few layers that share what they store could make
    /// any number of them.
    private mutating func holdsNumbers(_ channels: Int) -> Bool {
        guard hasNumbers else { return false }
        let (sum, overflows) = channelCount.addingReportingOverflow(channels)
        channelCount = overflows ? .max : sum
        return channelCount <= channelLimit
    }

    /// Whether there are more channels than any network of these parameters has need of.
    var exceedsChannelLimit: Bool { channelCount > channelLimit }

    // MARK: Values and the affines that stay

    /// Decides for each root what is written in its place, and which affine layers stay between it and its readers.
    private mutating func settleAll() {
        let unwritten = graph.network.values.indices.map(ValueID.init).filter { graph.producer(of: $0) == nil }
        for root in unwritten + graph.passable.flatMap({ graph.network.layers[$0].outputs }) {
            // Before a junction the root of the affine was settled, and with it what the junction hands on.
            let base = bases[root] ?? base(of: root)
            bases[root] = base
            for edge in graph.edgesOfRoot[root.index] where isDirect(edge) { assign(base, to: edge) }
            var used: Set<Int> = []
            var groups = placement.groups(of: root)
            if groups.count > 1 { groups.sort { depth(of: $0) < depth(of: $1) } }
            for group in groups {
                if keepsLayers(of: group, root: root, base: base) {
                    for edge in group.edges { assign(graph.edges[edge].original, to: edge) }
                    continue
                }
                let node = placement.items[group.edges[0]]?.sources.first?.node ?? 0
                let output =
                    keptValue(of: group.edges) ?? makeValue(before: graph.edges[group.edges[0]].original, node: node)
                for edge in group.edges { assign(output, to: edge) }
                addLeftover(group, root: root, input: base, output: output, used: &used)
            }
        }
    }

    /// What is written in the place of a root that is no junction: an input itself, for it is fed by name; else what a reader without an affine read before, else the root itself, else a new
    /// value.
    private mutating func base(of root: ValueID) -> ValueID {
        if graph.isInput(root) { return root }
        if let kept = keptValue(of: directEdges(of: root)) { return kept }
        return placement.regaugedRoots[root.index].map { makeValue(before: root, node: $0) } ?? root
    }

    /// Whether nothing lies before a reader.
    private func isDirect(_ edge: Int) -> Bool { placement.items[edge] == nil && graph.edges[edge].outputRank == 0 }

    private func directEdges(of root: ValueID) -> [Int] {
        var edges: [Int] = []
        for edge in graph.edgesOfRoot[root.index] where isDirect(edge) { edges.append(edge) }
        return edges
    }

    /// Lets a reader read a value, and all that a junction hands it on to.
    private mutating func assign(_ value: ValueID, to edge: Int) {
        values[edge] = value
        guard case .layer(let position, _) = graph.edges[edge].reader, graph.isAffine[position] else { return }
        bases[graph.network.layers[position].outputs[0]] = value
    }

    /// The old value that holds what some readers read, when at least one of them reads what it did.
    private func keptValue(of edges: [Int]) -> ValueID? {
        var kept: [Int] = []
        var open = edges
        while let edge = open.popLast() {
            if placement.regaugedEdges[edge] == nil { kept.append(edge) }
            // What a junction hands on is the same value.
            guard case .layer(let position, _) = graph.edges[edge].reader, graph.isAffine[position] else { continue }
            open += directEdges(of: graph.network.layers[position].outputs[0])
        }
        if let output = kept.first(where: { graph.edges[$0].reader == .output }) { return graph.edges[output].original }
        let position = { [graph] (edge: Int) in graph.producer(of: graph.edges[edge].original) ?? -1 }
        return kept.max { position($0) < position($1) }.map { graph.edges[$0].original }
    }

    private mutating func makeValue(before root: ValueID, node: Int) -> ValueID {
        fresh.append((root, node))
        return ValueID(graph.network.values.count + fresh.count - 1)
    }

    private func depth(of group: Placement.Group) -> Int {
        group.edges.compactMap { graph.edges[$0].node }.max() ?? -1
    }

    /// Leaves the layers of an affine as they are where nothing is gained by another form: a lone Scale or Bias, Powers, and what no Scale
    /// could hold.
    private mutating func keepsLayers(
        of group: Placement.Group, root: ValueID, base: ValueID
    ) -> Bool {
        let nodes = Set(group.edges.map { graph.edges[$0].node })
        guard base == root, nodes.count == 1, let node = nodes.first ?? nil,
            group.edges.allSatisfy({
                placement.regaugedEdges[$0] == nil && placement.originalFunctions[$0] == group.key.function
            })
        else { return false }
        let tail = graph.forest.path(to: node)
        let operations = tail.map { graph.network.layers[graph.forest.nodes[$0].position].operation }
        let holdsOnlyPowers = operations.allSatisfy { if case .power = $0 { true } else { false } }
        let isLone = operations.count == 1 && settings.leftoverForm.keeps(operations[0])
        let affine = group.key.function.map { placement.table[$0] }
        let hasNoForm = affine?.leavesFloatRange ?? false || channelCount(of: group, root: root) == nil
        guard holdsOnlyPowers || isLone || hasNoForm || group.key.function == nil else { return false }
        survivors.formUnion(tail)
        told.formUnion(tail)
        keptValues.formUnion(tail.map { graph.network.layers[graph.forest.nodes[$0].position].outputs[0] })
        if !holdsOnlyPowers {
            let reasons = reasons(for: group, root: root)
            var backward = reasons.backward
            if !isLone, group.key.function != nil {
                backward =
                    affine?.leavesFloatRange ?? false
                    ? .overflow(producer: graph.network.layers[graph.forest.nodes[tail[0]].position].name)
                    : .channelsUnknown
            }
            plan.refusals += tail.map {
                Refusal(layer: layerID(ofNode: $0), reason: backward, forwardReason: isLone ? reasons.forward : nil)
            }
        }
        return true
    }

    /// More channels than any layer that stores them has.
    private static let largestUniformCount = 1 << 20

    private mutating func addLeftover(
        _ group: Placement.Group, root: ValueID, input: ValueID, output: ValueID, used: inout Set<Int>
    ) {
        // Loops, for a closure that asks the assembly would copy it.
        var sources: [Placement.Source] = []
        for edge in group.edges { sources += placement.items[edge]?.sources ?? [] }
        sources = placement.merged(sources)
        let chain = nodes(of: group, root: root, sources: sources)
        told.formUnion(chain)
        let affine = group.key.function.map { placement.table[$0] } ?? .uniform(scale: 1, offset: 0)
        var count = channelCount(of: group, root: root) ?? affine.channelCount
        // One number serves channels of which only a text tells how many there are.
        if hasNumbers, affine.isUniform, count > Self.largestUniformCount { count = 1 }
        let isExpanded = holdsNumbers(count)
        let (hasFactors, hasTerms) = (!affine.hasUnitScale, !affine.hasNoShift)
        let reasons = reasons(for: group, root: root)
        var readers: [Int] = []
        for edge in group.edges {
            if case .layer(let position, _) = graph.edges[edge].reader { readers.append(position) }
        }
        // In the place of one of its own layers, if one lies on the way from the root to all readers.
        var end = Int.max
        for reader in readers { end = min(end, reader + (graph.isAffine[reader] ? 1 : 0)) }
        var own: [Int] = []
        for node in path(toAllOf: nodes(before: group.edges)) where !used.contains(node) {
            let position = graph.forest.nodes[node].position
            if position < end, !sharedCalls.contains(position) { own.append(node) }
        }
        let survivor: LayerID
        let name: String
        if let node = Self.survivor(among: own, graph: graph) {
            used.insert(node)
            survivors.insert(node)
            survivor = layerID(ofNode: node)
            name = graph.network.layers[graph.forest.nodes[node].position].name
        } else {
            inserted += 1
            survivor = LayerID(-inserted)
            let model = Self.survivor(among: sources.first.map { graph.forest.path(to: $0.node) } ?? [], graph: graph)
            name = newName(model.map { graph.network.layers[graph.forest.nodes[$0].position].name } ?? "scale")
            if let reader = readers.min() {
                plan.rewiring.insertedBefore[graph.network.layers[reader].id, default: []].append(survivor)
            } else if let producer = graph.producer(of: root) {
                plan.rewiring.insertedBehind[graph.network.layers[producer].id, default: []].append(survivor)
            }
        }
        let kind = settings.leftoverForm.kind(hasFactors: hasFactors, hasTerms: hasTerms)
        plan.leftovers.append(
            Leftover(
                chain: chain.map(layerID(ofNode:)), survivor: survivor, name: name, channelCount: count,
                affine: isExpanded ? affine.expanded(to: count) ?? affine : nil,
                hasScale: hasFactors, hasShift: hasTerms, kind: kind, type: settings.leftoverForm.types.name(of: kind),
                input: input, output: output, reason: reasons.backward, forwardReason: reasons.forward))
    }

    /// The affine layers that a leftover stands for, in order: those that its affine came from; where it is the identity, for an output that must be a
    /// value of its own, those that wrote that output.
    private func nodes(of group: Placement.Group, root: ValueID, sources: [Placement.Source]) -> [Int] {
        var ends = sources.map(\.node)
        if ends.isEmpty { ends = nodes(before: group.edges) }
        if ends.isEmpty { ends = [graph.forest.junction(writing: root)].compactMap(\.self) }
        let nodes = path(toAllOf: ends)
        for (node, next) in zip(nodes, nodes.dropFirst())
        where graph.forest.nodes[next].position < graph.forest.nodes[node].position {
            return nodes.sorted { [graph] in graph.forest.nodes[$0].position < graph.forest.nodes[$1].position }
        }
        return nodes
    }

    /// The affine layers that write what some readers read, one for each that reads through one.
    private func nodes(before edges: [Int]) -> [Int] {
        var nodes: [Int] = []
        for edge in edges {
            if let node = graph.edges[edge].node { nodes.append(node) }
        }
        return nodes
    }

    /// The layers from the root to each of some nodes, each layer once.
    private func path(toAllOf nodes: [Int]) -> [Int] {
        if nodes.count == 1 { return graph.forest.path(to: nodes[0]) }
        var path: [Int] = []
        for node in nodes { path += graph.forest.path(to: node) }
        return path.uniqued
    }

    /// Which layer becomes the Scale or Bias: the last Scale, else the last BatchNorm, else the last Bias, else the last one.
    private static func survivor(among nodes: [Int], graph: PlanningGraph) -> Int? {
        let operation = { (node: Int) in graph.network.layers[graph.forest.nodes[node].position].operation }
        return nodes.last { if case .scale = operation($0) { true } else { false } }
            ?? nodes.last { if case .batchNorm = operation($0) { true } else { false } }
            ?? nodes.last { if case .bias = operation($0) { true } else { false } }
            ?? nodes.last
    }

    private mutating func newName(_ stem: String) -> String {
        var number = (lastParts[stem] ?? 1) + 1
        while takenNames.contains("\(stem)_part\(number)") { number += 1 }
        lastParts[stem] = number
        let name = "\(stem)_part\(number)"
        takenNames.insert(name)
        return name
    }

    /// The number of channels of a root, as far as its shape, the numbers, or the parameters of the affine tell it.
    private func channelCount(of group: Placement.Group, root: ValueID) -> Int? {
        if let channels = graph.shapes[root.index]?.length(ofAxis: 1) { return channels }
        if let affine = group.key.function.map({ placement.table[$0] }), !affine.isUniform {
            return affine.channelCount
        }
        for node in group.edges.compactMap({ graph.edges[$0].node }).flatMap(graph.forest.path(to:)) {
            let operation = graph.network.layers[graph.forest.nodes[node].position].operation
            guard let parameter = operation.parameters.first else { continue }
            switch operation {
            case .scale(let scale) where scale.axes.isScalar: continue
            case .bias(let bias) where bias.axes.isScalar: continue
            default: if let count = graph.network[parameter].elementCount { return count }
            }
        }
        return nil
    }

    private mutating func reasons(
        for group: Placement.Group, root: ValueID
    ) -> (backward: RefusalReason, forward: RefusalReason?) {
        (
            explanation.backward(from: root, key: group.key),
            settings.allowsForward ? explanation.forward(from: root, key: group.key) : nil
        )
    }

    private func path(of source: Placement.Source) -> [LayerID] {
        graph.forest.path(to: source.node).map { [graph] in graph.network.layers[graph.forest.nodes[$0].position].id }
    }

    func layerID(ofNode node: Int) -> LayerID { graph.network.layers[graph.forest.nodes[node].position].id }
}
