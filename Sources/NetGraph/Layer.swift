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
    /// Layers of one unit go together, or stay together as they are: the calls of a layer that the framework calls several times, or one that has no
    /// other form. A layer that hands on what it reads is a door of such a unit. `nil` for a layer that may go, or change, by itself.
    public var unit: Int?

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
    /// Whether no layer can be put behind it: it lies inside of a layer of the file, or in a part of the network that the file tells once and that runs
    /// several times.
    public var isSealed = false

    public init(name: String, shape: TensorShape? = nil, order: ElementOrder = .channelsFirst) {
        self.name = name
        self.shape = shape
        self.order = order
    }
}
