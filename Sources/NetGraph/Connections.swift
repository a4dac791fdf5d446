/// Who writes and who reads each value of a network, and where each layer stands.
///
/// Made once from a network, in linear time; it does not follow later changes of that network.
public struct Connections: Sendable {
    private let producers: [Int?]
    private let readers: [[Int]]
    private let outputs: ValueSet
    private let positions: [LayerID: Int]

    public init(_ network: Network) {
        var producers = [Int?](repeating: nil, count: network.values.count)
        var readers = [[Int]](repeating: [], count: network.values.count)
        var positions: [LayerID: Int] = [:]
        positions.reserveCapacity(network.layers.count)
        for (position, layer) in network.layers.enumerated() {
            for output in layer.outputs { producers[output.index] = position }
            for input in layer.inputs { readers[input.index].append(position) }
            positions[layer.id] = position
        }
        self.producers = producers
        self.readers = readers
        self.positions = positions
        var outputs = ValueSet(capacity: network.values.count)
        outputs.insert(network.outputs)
        self.outputs = outputs
    }

    /// The position in `layers` of the layer that writes a value; `nil` for a value that nothing writes.
    public func producer(of value: ValueID) -> Int? { producers[value.index] }

    /// The positions in `layers` of the layers that read a value, once for each time they read it, in order.
    public func consumers(of value: ValueID) -> [Int] { readers[value.index] }

    /// Whether the caller of the network receives the value.
    public func isOutput(_ value: ValueID) -> Bool { outputs.contains(value) }

    /// The position in `layers` of a layer.
    public func position(of layer: LayerID) -> Int? { positions[layer] }

    /// The position of the only reader of a value that is no output of the network; `nil` when it has none, several, or is an output.
    public func onlyConsumer(of value: ValueID) -> Int? {
        let readers = readers[value.index]
        return readers.count == 1 && !isOutput(value) ? readers[0] : nil
    }
}
