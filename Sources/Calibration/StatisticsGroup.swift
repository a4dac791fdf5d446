import NetGraph

/// BatchNorms that have one mean and one variance together: mostly one alone, several where layers share their parameters.
public struct StatisticsGroup: Sendable {
    /// The layers, by position in the network.
    public var positions: [Int]
    /// Their names, in the same order.
    public var names: [String]
    /// Where their mean is stored; `nil` where the file has none.
    public var mean: ParameterID?
    /// What of their spread is stored.
    public var spread: BatchNorm.Spread
    /// The axis along which each of them has its statistics.
    public var axes: [Int]
    /// The values that they normalise.
    public var inputs: [ValueID]

    /// The BatchNorms of a network that are to be measured, in the order of the network.
    ///
    /// - Parameter isMeasured: whether a layer is.
    public static func groups(
        of network: Network, where isMeasured: (Layer, BatchNorm) -> Bool
    ) -> [StatisticsGroup] {
        var groups: [StatisticsGroup] = []
        var known: [Storage: Int] = [:]
        for (position, layer) in network.layers.enumerated() {
            guard case .batchNorm(let batchNorm) = layer.operation, isMeasured(layer, batchNorm),
                let input = layer.inputs.first
            else { continue }
            let storage = Storage(mean: batchNorm.mean, spread: batchNorm.spread)
            if batchNorm.mean != nil, let index = known[storage] {
                groups[index].add(layer, at: position, axis: batchNorm.axis, input: input)
                continue
            }
            known[storage] = groups.count
            var group = StatisticsGroup(
                positions: [], names: [], mean: batchNorm.mean, spread: batchNorm.spread, axes: [], inputs: [])
            group.add(layer, at: position, axis: batchNorm.axis, input: input)
            groups.append(group)
        }
        return groups
    }

    private struct Storage: Hashable {
        var mean: ParameterID?
        var spread: BatchNorm.Spread
    }

    private mutating func add(_ layer: Layer, at position: Int, axis: Int, input: ValueID) {
        positions.append(position)
        names.append(layer.name)
        axes.append(axis)
        inputs.append(input)
    }
}
