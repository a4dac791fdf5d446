import NetGraph

/// A Scale that alone reads what a normalisation writes, in every phase, so that both can be one layer.
struct ScaleBehind {
    let name: String
    let definitions: [LayerDefinition]
    let scale: Scale
    /// The net that `scale` is of.
    let net: CaffeNetwork

    /// - Parameters:
    ///   - normalizations: all layers of the text of one name.
    ///   - nets: the net in each phase that it has.
    ///   - readers: of each net, the positions of the layers that read a value.
    init?(_ normalizations: [LayerDefinition], in nets: [CaffeNetwork], readers: [[ValueID: [Int]]]) {
        guard !Self.mayBeReadElsewhere(normalizations, in: nets) else { return nil }
        var found: (name: String, scale: Scale, net: CaffeNetwork)?
        var indices: Set<Int> = []
        for definition in normalizations {
            guard Self.hasPhaseRulesOnly(definition) else { return nil }
            var isInNet = false
            for (number, net) in nets.enumerated() {
                let network = net.network
                guard let position = network.layers.firstIndex(where: { $0.id.index == definition.index }) else {
                    continue
                }
                isInNet = true
                let layer = network.layers[position]
                guard layer.outputs.count == 1, let output = layer.outputs.first,
                    let places = readers[number][output], places.count == 1,
                    case let next = network.layers[places[0]], case .scale(let scale) = next.operation,
                    scale.gamma != nil, scale.axes == .axes(1..<2), next.inputs == [output], next.outputs.count == 1,
                    found == nil || found?.name == next.name,
                    !Self.touches(network[next.outputs[0]].name, between: position, and: places[0], of: network)
                else { return nil }
                if found == nil { found = (next.name, scale, net) }
                indices.insert(next.id.index)
            }
            guard isInNet else { return nil }
        }
        guard let found, let all = nets.first?.definition.layers.filter({ $0.name == found.name }),
            all.allSatisfy({ indices.contains($0.index) && Self.hasPhaseRulesOnly($0) })
        else { return nil }
        (name, scale, net) = found
        definitions = all
    }

    /// Whether a layer that is in none of the nets, for a stage or a level, may read or write what the normalisation writes.
    private static func mayBeReadElsewhere(_ normalizations: [LayerDefinition], in nets: [CaffeNetwork]) -> Bool {
        let blobs = Set(normalizations.flatMap(\.tops))
        let known = Set(nets.flatMap { $0.network.layers.map(\.id.index) })
        return nets.first?.definition.layers.contains { layer in
            !known.contains(layer.index) && (layer.bottoms + layer.tops).contains(where: blobs.contains)
        } ?? true
    }

    /// Whether a layer between two others reads or writes a blob of some name: then its writer cannot move forward.
    private static func touches(_ blob: String, between first: Int, and last: Int, of network: Network) -> Bool {
        network.layers[(first + 1)..<max(last, first + 1)].contains { layer in
            (layer.inputs + layer.outputs).contains { network[$0].name == blob }
        }
    }

    /// Levels and stages would have to be told to know who reads whom.
    private static func hasPhaseRulesOnly(_ definition: LayerDefinition) -> Bool {
        let message = definition.reader.message
        let rules = (message?.values(named: "include") ?? []) + (message?.values(named: "exclude") ?? [])
        return rules.allSatisfy { $0.message?.fields.allSatisfy { $0.name == "phase" } ?? false }
    }
}
