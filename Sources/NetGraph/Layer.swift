/// One layer: an operation, the values it reads and the values it writes.
public struct Layer: Hashable, Sendable {
    public let id: LayerID
    public var name: String
    /// What its framework calls this kind of layer, as in reports.
    public var type: String
    public var operation: Operation
    /// The values it reads, in the order in which the operation takes them.
    public var inputs: [ValueID]
    /// The values it writes, in the order in which the operation gives them.
    public var outputs: [ValueID]

    public init(
        id: LayerID, name: String, type: String, operation: Operation, inputs: [ValueID], outputs: [ValueID]
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.operation = operation
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// A value without its numbers: the name that the framework gives it, and its shape as far as it is known.
///
/// Several values may have one name: a layer that works in place writes a new value under the old name.
public struct Value: Hashable, Sendable {
    public var name: String
    /// (images, channels, spatial axes ...), whatever the framework's order.
    public var shape: TensorShape?
    /// The order in which the caller of the network sees its axes: that of the model's file, for samples and reports.
    public var order: ElementOrder

    public init(name: String, shape: TensorShape? = nil, order: ElementOrder = .channelsFirst) {
        self.name = name
        self.shape = shape
        self.order = order
    }
}
