import NetGraph

/// A linear layer that takes affines, and what it takes.
struct LinearTaker {
    /// In `network.layers`.
    var position: Int
    var linear: LinearLayer
    /// Of its outputs.
    var behind: Placement.Taken?
    /// Of its inputs.
    var before: Placement.Taken?

    /// The fold that it becomes.
    ///
    /// - Parameter bias: the numbers of its bias, if it has one.
    func fold(in placement: Placement, bias: [Double]?, hasNumbers: Bool) -> Fold {
        // A layer without a bias gets one only for a shift.
        let changesBias =
            !linear.shiftsWeight && behind.map { linear.bias != nil || !$0.affine.hasNoShift } ?? false
        let hasForwardShift = before.map { !$0.affine.hasNoShift } ?? false
        let affine =
            hasNumbers
            ? (behind?.affine ?? .uniform(scale: 1, offset: 0)).expanded(to: linear.outputChannels) : nil
        return Fold(
            target: placement.graph.network.layers[position].id, takes: takes(in: placement),
            channelCount: linear.outputChannels, affine: affine,
            inputAffine: affine == nil ? nil : before?.affine.withoutRuns,
            changesBias: changesBias || hasForwardShift,
            // With a shift of its inputs the weight has to be added up for it.
            bias: hasForwardShift || linear.shiftsWeight ? nil : affine?.bias(addedTo: bias))
    }

    /// Where each of its affines came from, and what it passed.
    private func takes(in placement: Placement) -> [Fold.Take] {
        let graph = placement.graph
        var takes: [Fold.Take] = []
        for (taken, direction) in [(behind, FoldDirection.backward), (before, .forward)] {
            for source in taken?.sources ?? [] {
                let passed = placement.path(of: source).filter { !graph.isAffine[$0] }
                takes.append(
                    Fold.Take(
                        chain: graph.forest.path(to: source.node).map(graph.layerID(ofNode:)), direction: direction,
                        through: passed.map { graph.network.layers[$0].id }))
            }
        }
        return takes.uniqued
    }
}

extension Placement {
    /// The linear layers that take something, in order.
    var takers: [LinearTaker] {
        Set(takenBehind.keys).union(takenBefore.keys).sorted().compactMap { position in
            LinearLayer(graph.network.layers[position].operation).map {
                LinearTaker(
                    position: position, linear: $0, behind: takenBehind[position], before: takenBefore[position])
            }
        }
    }
}
