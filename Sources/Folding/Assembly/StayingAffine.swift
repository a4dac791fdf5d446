import NetGraph

/// An affine that nothing takes, and what it becomes.
struct StayingAffine {
    enum Form {
        /// Its layers stay as they are.
        case kept(KeptLayers)
        /// It becomes one layer.
        case leftover(LeftoverOutline)
    }

    /// What it reads in the end.
    var root: ValueID
    /// The readers that it serves.
    var group: Placement.Group
    var form: Form
}

/// Why an affine stays.
struct StayingReasons {
    /// Why nothing before it takes it.
    var backward: RefusalReason
    /// Why nothing behind it takes it; `nil` where nobody asked.
    var forward: RefusalReason?
}

/// The layers of an affine that stay as they are because nothing is gained by another form: a lone Scale or Bias, Powers, and what no Scale could hold.
struct KeptLayers {
    enum Cause {
        /// They are Powers all, which need no reason.
        case powers
        /// It is one layer, of a kind that a leftover would have.
        case lone
        /// Together they are the identity, for an output that must be a value of its own.
        case identity
        /// Its numbers leave the range of a float.
        case overflow
        /// Nobody knows for how many channels it is.
        case channelsUnknown
    }

    /// In order.
    var nodes: [Int]
    var cause: Cause
}

extension KeptLayers {
    /// `nil` for an affine that becomes another layer.
    ///
    /// - Parameter base: what is written in the place of the root.
    init?(
        of group: Placement.Group, root: ValueID, base: ValueID, placement: Placement, form: LeftoverForm
    ) {
        let graph = placement.graph
        guard base == root, let node = graph.edges[group.edges[0]].node,
            group.edges.allSatisfy({
                graph.edges[$0].node == node && placement.regaugedEdges[$0] == nil
                    && placement.originalFunctions[$0] == group.key.function
            })
        else { return nil }
        let nodes = graph.forest.path(to: node)
        let operations = nodes.map(graph.operation(ofNode:))
        if operations.allSatisfy({ if case .power = $0 { true } else { false } }) {
            self.init(nodes: nodes, cause: .powers)
        } else if operations.count == 1, form.keeps(operations[0]) {
            self.init(nodes: nodes, cause: .lone)
        } else if let function = group.key.function {
            if placement.table[function].leavesFloatRange {
                self.init(nodes: nodes, cause: .overflow)
            } else if placement.channelCount(of: group, root: root) == nil {
                self.init(nodes: nodes, cause: .channelsUnknown)
            } else {
                return nil
            }
        } else {
            self.init(nodes: nodes, cause: .identity)
        }
    }

    /// What the report says of each layer.
    func refusals(_ reasons: StayingReasons, graph: PlanningGraph) -> [Refusal] {
        let backward: RefusalReason
        switch cause {
        case .powers, .lone, .identity: backward = reasons.backward
        case .overflow: backward = .overflow(producer: graph.layerName(ofNode: nodes[0]))
        case .channelsUnknown: backward = .channelsUnknown
        }
        return nodes.map {
            Refusal(
                layer: graph.layerID(ofNode: $0), reason: backward,
                forwardReason: cause == .lone ? reasons.forward : nil)
        }
    }
}
