import NetGraph

/// In which pass over the samples each group is measured when every BatchNorm before it has to have its new statistics already.
///
/// Groups that do not depend on one another share a pass. Where shared statistics make groups wait for each other, the one that comes first in the
/// network goes first.
struct MeasuringOrder {
    /// The groups of each pass.
    private(set) var passes: [[Int]] = []

    init(_ groups: [StatisticsGroup], of network: Network) {
        let sources = Self.sources(groups, of: network)
        var passOfGroup = [Int?](repeating: nil, count: groups.count)
        var waitingFor = sources.map(\.count)
        var readers = [[Int]](repeating: [], count: groups.count)
        for (group, sources) in sources.enumerated() {
            for source in sources { readers[source].append(group) }
        }
        var ready = groups.indices.filter { waitingFor[$0] == 0 }
        var next = 0
        var left = groups.count
        while left > 0 {
            if ready.isEmpty {
                // Groups that wait for each other: whichever is first begins.
                while passOfGroup[next] != nil { next += 1 }
                ready = [next]
            }
            for group in ready where passOfGroup[group] == nil {
                passOfGroup[group] = (sources[group].compactMap { passOfGroup[$0] }.max() ?? -1) + 1
                left -= 1
            }
            let done = ready
            ready = []
            for group in done {
                for reader in readers[group] {
                    waitingFor[reader] -= 1
                    if waitingFor[reader] == 0, passOfGroup[reader] == nil { ready.append(reader) }
                }
            }
        }
        let all = passOfGroup.compactMap(\.self)
        passes = [[Int]](repeating: [], count: (all.max() ?? -1) + 1)
        for (group, pass) in all.enumerated() { passes[pass].append(group) }
    }

    /// The groups that stand nearest before each group, itself left out.
    private static func sources(_ groups: [StatisticsGroup], of network: Network) -> [[Int]] {
        var groupAt: [Int: Int] = [:]
        for (index, group) in groups.enumerated() {
            for position in group.positions { groupAt[position] = index }
        }
        var nearest = [Set<Int>](repeating: [], count: network.values.count)
        var sources = [Set<Int>](repeating: [], count: groups.count)
        for (position, layer) in network.layers.enumerated() {
            var before: Set<Int> = layer.inputs.count == 1 ? nearest[layer.inputs[0].index] : []
            if layer.inputs.count > 1 { for input in layer.inputs { before.formUnion(nearest[input.index]) } }
            if let group = groupAt[position] {
                sources[group].formUnion(before)
                before = [group]
            }
            for output in layer.outputs { nearest[output.index] = before }
        }
        return sources.enumerated().map { group, sources in sources.subtracting([group]).sorted() }
    }
}
