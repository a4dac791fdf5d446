/// Which values lie in one memory, in a framework whose layers that only regroup numbers hand on the memory of what they read.
///
/// A layer that works in place changes all values of that memory. Somebody who reads another one of them later gets the changed numbers, which no
/// network of this form says. Layers are told one after the other, in order.
public struct SharedMemory {
    private let network: Network
    private let connections: Connections
    /// Whether any layer hands on memory. Without one all values of a memory are those that layers in place have written over, which nobody reads any more.
    private let isPossible: Bool
    /// The number of each value's memory.
    private var memories: [Int]
    /// The values of each memory that may still be read; empty for a memory of one value.
    private var members: [Int: [ValueID]] = [:]

    public init(_ network: Network, connections: Connections) {
        self.network = network
        self.connections = connections
        isPossible = Self.isPossible(in: network)
        memories = isPossible ? network.values.indices.map { -1 - $0 } : []
    }

    /// Whether two values may lie in one memory while both are still read.
    public static func isPossible(in network: Network) -> Bool {
        network.layers.contains { layer in
            layer.operation.handsOnMemory(inputs: layer.inputs.count, outputs: layer.outputs.count)
        }
    }

    /// What stands in the way of a layer that writes in the place of a value: another value of that memory, and the position of a layer behind that
    /// reads it, or `nil` where the caller of the network does.
    public mutating func readerBehind(_ position: Int, ofMemoryOf value: ValueID) -> (value: ValueID, reader: Int?)? {
        guard isPossible else { return nil }
        let memory = memories[value.index]
        guard let all = members[memory] else { return nil }
        // Who has been read for the last time does not matter any more, for this layer or any later one.
        let open = all.filter { connections.isOutput($0) || lastReader(of: $0) ?? -1 >= position }
        members[memory] = open
        for other in open where other != value {
            if let reader = lastReader(of: other), reader > position { return (other, reader) }
            if connections.isOutput(other) { return (other, nil) }
        }
        return nil
    }

    /// Notes what a layer writes.
    ///
    /// - Parameter inPlaceOf: the value whose memory its first output takes; `nil` for none.
    public mutating func write(_ position: Int, inPlaceOf value: ValueID?) {
        guard isPossible else { return }
        let layer = network.layers[position]
        for (index, output) in layer.outputs.enumerated() {
            if index == 0, let value {
                join(output, to: value)
            } else if layer.operation.handsOnMemory(inputs: layer.inputs.count, outputs: layer.outputs.count),
                let input = layer.inputs.first
            {
                join(output, to: input)
            }
        }
    }

    private mutating func join(_ value: ValueID, to other: ValueID) {
        let memory = memories[other.index]
        memories[value.index] = memory
        members[memory, default: [other]].append(value)
    }

    private func lastReader(of value: ValueID) -> Int? { connections.consumers(of: value).last }
}

extension Operation {
    /// Whether a layer's outputs are its first input in another form, so that they need no memory of their own.
    fileprivate func handsOnMemory(inputs: Int, outputs: Int) -> Bool {
        switch self {
        case .split: true
        case .flatten(_, _, let order): order == .channelsFirst
        case .reshape(let reshape): reshape.order == .channelsFirst
        case .permute(let order): order == Array(order.indices)
        case .concat, .slice: inputs == 1 && outputs == 1
        default: false
        }
    }
}
