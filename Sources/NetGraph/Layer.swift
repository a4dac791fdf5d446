/// One layer: an operation, the values it reads and the values it writes.
///
/// A plain value, but handed about as one reference: a network may have thousands, and every pass over them hands out each.
public struct Layer: Hashable, Sendable {
    @usableFromInline var content: LayerContent

    /// Layers of one unit go together, or stay together as they are: the calls of a layer that the framework calls several times, or one that has no
    /// other form. A layer that hands on what it reads is a door of such a unit. `nil` for a layer that may go, or change, by itself.
    public var unit: Int?

    public init(
        id: LayerID, name: String, type: String, operation: Operation, inputs: [ValueID], outputs: [ValueID]
    ) {
        content = LayerContent(
            id: id, name: name, type: type, operation: operation, inputs: inputs, outputs: outputs)
    }

    @inlinable public var id: LayerID { content.id }

    @inlinable public var name: String {
        get { content.name }
        set { content = content.with(name: newValue) }
    }

    /// What its framework calls this kind of layer, as in reports.
    @inlinable public var type: String {
        get { content.type }
        set { content = content.with(type: newValue) }
    }

    @inlinable public var operation: Operation {
        get { content.operation }
        set { content = content.with(operation: newValue) }
    }

    /// The values it reads, in the order in which the operation takes them.
    @inlinable public var inputs: [ValueID] {
        get { content.inputs }
        set { content = content.with(inputs: newValue) }
    }

    /// The values it writes, in the order in which the operation gives them.
    @inlinable public var outputs: [ValueID] {
        get { content.outputs }
        set { content = content.with(outputs: newValue) }
    }

    public static func == (first: Layer, second: Layer) -> Bool {
        first.unit == second.unit
            && (first.content === second.content
                || first.id == second.id && first.name == second.name && first.type == second.type
                    && first.operation == second.operation && first.inputs == second.inputs
                    && first.outputs == second.outputs)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(name)
        hasher.combine(type)
        hasher.combine(operation)
        hasher.combine(inputs)
        hasher.combine(outputs)
        hasher.combine(unit)
    }
}

/// What a layer is. Nothing in it changes: another layer has another one.
@usableFromInline final class LayerContent: Sendable {
    @usableFromInline let id: LayerID
    @usableFromInline let name: String
    @usableFromInline let type: String
    @usableFromInline let operation: Operation
    @usableFromInline let inputs: [ValueID]
    @usableFromInline let outputs: [ValueID]

    init(id: LayerID, name: String, type: String, operation: Operation, inputs: [ValueID], outputs: [ValueID]) {
        self.id = id
        self.name = name
        self.type = type
        self.operation = operation
        self.inputs = inputs
        self.outputs = outputs
    }

    /// The same with something else in place of what is given.
    @usableFromInline func with(
        name: String? = nil, type: String? = nil, operation: Operation? = nil, inputs: [ValueID]? = nil,
        outputs: [ValueID]? = nil
    ) -> LayerContent {
        LayerContent(
            id: id, name: name ?? self.name, type: type ?? self.type, operation: operation ?? self.operation,
            inputs: inputs ?? self.inputs, outputs: outputs ?? self.outputs)
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
