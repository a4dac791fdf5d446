/// A set of values of one network, by their indices: to look one up takes no hashing.
public struct ValueSet: Sendable {
    private var isMember: [Bool]

    /// - Parameter capacity: the number of values of the network; a value beyond it makes room for itself.
    public init(capacity: Int) { isMember = [Bool](repeating: false, count: capacity) }

    /// What some layers read.
    public init(readBy layers: [Layer], of network: Network) {
        self.init(capacity: network.values.count)
        for layer in layers { insert(layer.inputs) }
    }

    public func contains(_ value: ValueID) -> Bool { isMember.indices.contains(value.index) && isMember[value.index] }

    public mutating func insert(_ value: ValueID) {
        if value.index >= isMember.count {
            isMember.append(contentsOf: repeatElement(false, count: value.index + 1 - isMember.count))
        }
        isMember[value.index] = true
    }

    public mutating func insert(_ values: [ValueID]) {
        for value in values { insert(value) }
    }

    public mutating func insert(_ values: some Sequence<ValueID>) {
        for value in values { insert(value) }
    }

    public mutating func remove(_ value: ValueID) {
        if isMember.indices.contains(value.index) { isMember[value.index] = false }
    }
}
