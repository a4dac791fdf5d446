import NetGraph

/// Finds units of layers that a plan would tear apart: some go and some stay, or one becomes another layer.
struct UnitCheck {
    private let units: [[Layer]]
    /// Whether there are parts of the network that run several times.
    let haveDoors: Bool

    init(_ network: Network) {
        var units: [Int: [Layer]] = [:]
        var haveDoors = false
        for layer in network.layers {
            guard let unit = layer.unit else { continue }
            units[unit, default: []].append(layer)
            if case .identity = layer.operation { haveDoors = true }
        }
        self.haveDoors = haveDoors
        self.units = units.sorted { $0.key < $1.key }.map(\.value)
    }

    /// All layers of the units that do not go together or stay together as they are, each with the reason why it has to stay.
    func tornLayers(in plan: FoldPlan) -> [LayerID: RefusalReason] {
        guard !units.isEmpty else { return [:] }
        var leftovers: [LayerID: Leftover] = [:]
        for leftover in plan.leftovers {
            for layer in leftover.chain + [leftover.survivor] where leftovers[layer] == nil {
                leftovers[layer] = leftover
            }
        }
        let removed = Set(plan.rewiring.removed)
        let refusals = Dictionary(plan.refusals.map { ($0.layer, $0) }, uniquingKeysWith: { first, _ in first })
        var torn: [LayerID: RefusalReason] = [:]
        for unit in units {
            let isWhole = unit.allSatisfy { leftovers[$0.id] == nil }
            let goneCount = unit.count { removed.contains($0.id) }
            if isWhole, goneCount == 0 || goneCount == unit.count { continue }
            // What keeps one of them keeps all.
            let reason = unit.lazy.compactMap { leftovers[$0.id]?.reason ?? refusals[$0.id]?.reason }.first
            for layer in unit {
                torn[layer.id] = unit.count > 1 ? .severalCalls(producer: layer.name) : reason
            }
        }
        return torn.compactMapValues(\.self)
    }
}

extension FoldPlan {
    /// The affine layers that are left.
    var stayingCount: Int { leftovers.count + refusals.count }

    /// Whether no affine layer is left.
    var isEmptyHanded: Bool { stayingCount == 0 }
}
