import NetGraph

extension Layer {
    /// A layer of no framework: its type is the name of the operation.
    public init(id: LayerID, name: String, operation: Operation, inputs: [ValueID], outputs: [ValueID]) {
        self.init(
            id: id, name: name, type: operation.kindName, operation: operation, inputs: inputs, outputs: outputs)
    }
}

extension Operation {
    /// The name of its case, as a type is written: `InnerProduct`; that of the function for an activation: `Relu`; that of its
    /// type where it is opaque.
    public var kindName: String {
        let name =
            switch self {
            case .activation(let activation): String(describing: activation)
            case .opaque(let opaque): opaque.type
            default: String(describing: self)
            }
        return name.prefix(1).uppercased() + name.dropFirst().prefix { $0 != "(" }
    }
}
