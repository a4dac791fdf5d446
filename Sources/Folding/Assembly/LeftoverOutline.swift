import NetGraph

/// The layer that an affine becomes which nothing takes, but for its name and its place.
struct LeftoverOutline {
    var input: ValueID
    var output: ValueID
    /// `nil` for the identity.
    var affine: ChannelAffine?
    var channelCount: Int
    /// The affine layers that it stands for, in order.
    var chain: [Int]
    /// The affine layer that the first part of it comes from; `nil` for the identity.
    var firstNode: Int?
}

extension LeftoverOutline {
    /// More channels than any layer that stores them has.
    private static let largestUniformCount = 1 << 20

    /// - Parameters:
    ///   - sources: where the affine comes from.
    ///   - input: what the layer reads.
    ///   - output: what it writes.
    init(
        of group: Placement.Group, root: ValueID, sources: [Placement.Source], from input: ValueID,
        to output: ValueID, placement: Placement, hasNumbers: Bool
    ) {
        let affine = group.key.function.map { placement.table[$0] }
        var count = placement.channelCount(of: group, root: root) ?? affine?.channelCount ?? 1
        // One number serves channels of which only a text tells how many there are.
        if hasNumbers, affine?.isUniform ?? true, count > Self.largestUniformCount { count = 1 }
        self.init(
            input: input, output: output, affine: affine, channelCount: count,
            chain: Self.chain(of: group, root: root, sources: sources, graph: placement.graph),
            firstNode: sources.first?.node)
    }

    /// Those that its affine came from; where it is the identity, for an output that must be a value of its own, those that wrote that output.
    private static func chain(
        of group: Placement.Group, root: ValueID, sources: [Placement.Source], graph: PlanningGraph
    ) -> [Int] {
        var ends = sources.map(\.node)
        if ends.isEmpty { ends = graph.nodes(before: group.edges) }
        if ends.isEmpty, let junction = graph.forest.junction(writing: root) { ends = [junction] }
        let nodes = graph.path(toAllOf: ends)
        let position = { (node: Int) in graph.forest.nodes[node].position }
        let isInOrder = zip(nodes, nodes.dropFirst()).allSatisfy { position($0) <= position($1) }
        return isInOrder ? nodes : nodes.sorted { position($0) < position($1) }
    }

    func leftover(
        at place: LeftoverPlace, _ reasons: StayingReasons, form: LeftoverForm, hasNumbers: Bool, graph: PlanningGraph
    ) -> Leftover {
        let affine = affine ?? .uniform(scale: 1, offset: 0)
        let (hasFactors, hasTerms) = (!affine.hasUnitScale, !affine.hasNoShift)
        let kind = form.kind(hasFactors: hasFactors, hasTerms: hasTerms)
        return Leftover(
            chain: chain.map(graph.layerID(ofNode:)), survivor: place.layer, name: place.name,
            channelCount: channelCount, affine: hasNumbers ? affine.expanded(to: channelCount) ?? affine : nil,
            hasScale: hasFactors, hasShift: hasTerms, kind: kind, type: form.types.name(of: kind), input: input,
            output: output, reason: reasons.backward, forwardReason: reasons.forward)
    }
}
