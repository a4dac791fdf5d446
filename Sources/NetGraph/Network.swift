/// A network in single assignment form: every value has exactly one producer.
///
/// A plain value that knows no framework and no file. In-place layers are resolved to new values, a blob with several readers is one
/// value with several consumers, parameters that layers share are one `ParameterID`.
public struct Network: Hashable, Sendable {
    public var name: String
    /// Every value, addressed by `ValueID.index`. Transformations leave gaps: values that no layer mentions any more.
    public var values: [Value]
    /// Every parameter, addressed by `ParameterID.index`. Gaps as for `values`.
    public var parameters: [Parameter]
    /// The layers in an order in which they can run.
    public var layers: [Layer]
    /// The values that the network hands to its caller, who finds them by name: their order says nothing.
    public var outputs: [ValueID]

    public init(
        name: String = "", values: [Value] = [], parameters: [Parameter] = [], layers: [Layer] = [],
        outputs: [ValueID] = []
    ) {
        self.name = name
        self.values = values
        self.parameters = parameters
        self.layers = layers
        self.outputs = outputs
    }

    public subscript(value: ValueID) -> Value { values[value.index] }
    public subscript(parameter: ParameterID) -> Parameter { parameters[parameter.index] }

    /// Adds a value and returns its identifier.
    public mutating func addValue(_ value: Value) -> ValueID {
        values.append(value)
        return ValueID(values.count - 1)
    }

    /// Adds a parameter and returns its identifier.
    public mutating func addParameter(_ parameter: Parameter) -> ParameterID {
        parameters.append(parameter)
        return ParameterID(parameters.count - 1)
    }

    /// Puts the outputs in the order in which the layers write them, each once: the order that a reader of a written net finds. Outputs that no layer
    /// writes come first.
    public mutating func sortOutputs() {
        guard outputs.count > 1 else { return }
        var places = [Int](repeating: -1, count: values.count)
        for (place, output) in layers.lazy.flatMap(\.outputs).enumerated() { places[output.index] = place }
        var seen: Set<ValueID> = []
        outputs = outputs.filter { seen.insert($0).inserted }
            .sorted { (places[$0.index], $0.index) < (places[$1.index], $1.index) }
    }

    /// The names of the layer types of this network with their number of layers.
    public var layerCounts: [String: Int] {
        layers.reduce(into: [:]) { counts, layer in counts[layer.type, default: 0] += 1 }
    }
}
