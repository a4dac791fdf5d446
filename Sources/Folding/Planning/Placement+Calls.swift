import NetGraph

extension Placement {
    /// Layers that took something in this placement although they may not: they are calls of one layer, whose parameters may not be parted, and not all of
    /// its calls took the same.
    ///
    /// - Parameter hasNumbers: whether the numbers of affines are known; else no two of them count as equal.
    func partedCalls(hasNumbers: Bool) -> [LayerID] {
        var parted: [LayerID] = []
        for calls in graph.calls where calls.contains(where: { takes($0) }) {
            guard hasNumbers, let first = calls.first, calls.allSatisfy({ isAlike($0, first) }) else {
                parted += calls.map { graph.network.layers[$0].id }
                continue
            }
        }
        return parted
    }

    private func takes(_ position: Int) -> Bool { takenBehind[position] != nil || takenBefore[position] != nil }

    /// Whether two layers are the same but for what they read, and took the same, bit for bit.
    private func isAlike(_ position: Int, _ other: Int) -> Bool {
        graph.network.layers[position].operation == graph.network.layers[other].operation
            && Self.isIdentical(takenBehind[position]?.affine, takenBehind[other]?.affine)
            && Self.isIdentical(takenBefore[position]?.affine, takenBefore[other]?.affine)
    }

    private static func isIdentical(_ affine: ChannelAffine?, _ other: ChannelAffine?) -> Bool {
        guard let affine, let other else { return affine == nil && other == nil }
        return affine.isIdentical(to: other)
    }
}

extension PlanningGraph {
    /// The positions of layers that may not be parted, because they have a parameter in common that may not: the calls of each layer of the file.
    var calls: [[Int]] {
        guard network.parameters.contains(where: { !$0.mayBeParted }) else { return [] }
        var positions: [ParameterID: [Int]] = [:]
        for (position, layer) in network.layers.enumerated() {
            for parameter in Set(layer.operation.parameters) where !network[parameter].mayBeParted {
                positions[parameter, default: []].append(position)
            }
        }
        return positions.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map(\.value).uniqued
    }
}

extension ChannelAffine {
    /// Whether all numbers are known and the same, bit for bit.
    func isIdentical(to other: ChannelAffine) -> Bool {
        func isSame(_ left: [Double], _ right: [Double]) -> Bool {
            left.elementsEqual(right) { $0.bitPattern == $1.bitPattern }
        }
        guard isKnown, isUniform == other.isUniform, channelCount == other.channelCount else { return false }
        let (left, right) = (withoutRuns, other.withoutRuns)
        return isSame(left.scale, right.scale) && isSame(left.center, right.center) && isSame(left.offset, right.offset)
    }
}
