import NetGraph
import ProtobufWire

/// A node of a graph, as the file has it.
struct ONNXNode: Sendable {
    /// Its number among all nodes of the model.
    var index: Int
    var field: WireField
    /// The graph that it stands in, and the fields around that; none for a node of a function.
    var enclosing: [WireField]
    /// The number of that graph among those of the model.
    var scope = 0
    /// The call that it is a part of, where it stands in a function.
    var call: Int?
    var name: String
    var type: String
    /// Empty for ONNX's own operators, whichever way the file spells that.
    var domain: String
    var overload: String
    /// Names of values; an empty one stands for an input that is left out.
    var inputs: [String]
    var outputs: [String]
    var attributes: [ONNXAttribute]
    /// Names that graphs in its attributes read, from whatever depth.
    var namesReadInside: Set<String>
    /// Names that graphs in its attributes give to values of their own.
    var namesMadeInside: Set<String>
    /// Whether graphs in its attributes have numbers in files of their own.
    var hasExternalDataInside: Bool
    /// How many graphs its attributes hold.
    var graphCount: Int

    var holdsGraphs: Bool { graphCount > 0 }

    /// Whether numbers of its attributes lie in files of their own.
    var hasExternalData: Bool {
        hasExternalDataInside
            || attributes.contains {
                guard case .tensor(let tensor) = $0.value, case .external = tensor.numbers else { return false }
                return true
            }
    }

    subscript(attribute name: String) -> ONNXAttribute.Value? {
        attributes.last { $0.name == name }?.value
    }

    /// The name of an input that is there.
    func input(_ position: Int) -> String? {
        guard inputs.indices.contains(position), !inputs[position].isEmpty else { return nil }
        return inputs[position]
    }

    /// The outputs that have names.
    var namedOutputs: [String] { outputs.filter { !$0.isEmpty } }

    init(_ field: WireField, index: Int, enclosing: [WireField], in file: any ByteSource) throws(WireError) {
        let source = try field.source(in: file)
        let message = try WireMessage(indexing: field, of: source)
        self.index = index
        self.field = field
        self.enclosing = enclosing
        name = try message.string(ONNXSchema.Node.name, in: source) ?? ""
        type = try message.string(ONNXSchema.Node.type, in: source) ?? ""
        let domain = try message.string(ONNXSchema.Node.domain, in: source) ?? ""
        self.domain = domain == "ai.onnx" ? "" : domain
        overload = try message.string(ONNXSchema.Node.overload, in: source) ?? ""
        inputs = try message.strings(ONNXSchema.Node.inputs, in: source)
        outputs = try message.strings(ONNXSchema.Node.outputs, in: source)
        attributes = []
        var inside = ONNXInnerNames()
        for attribute in message.fields(ONNXSchema.Node.attributes, .lengthDelimited) {
            attributes.append(
                try ONNXAttribute(attribute, enclosing: enclosing + [field], in: file, inside: &inside))
        }
        namesReadInside = inside.read
        namesMadeInside = inside.made
        hasExternalDataInside = inside.hasExternalData
        graphCount = inside.graphCount
    }
}

/// An attribute of a node.
struct ONNXAttribute: Sendable {
    enum Value: Sendable {
        case float(Float)
        case integer(Int)
        case string(String)
        case tensor(ONNXTensor)
        case floats([Float])
        case integers([Int])
        case strings([String])
        /// Graphs, or what is not read.
        case other
    }

    var name: String
    var value: Value
    var field: WireField
    /// The field of the only graph that it holds.
    var graph: WireField?
    /// The attribute of the function's call that it stands for.
    var reference: String?

    /// The attribute of a node of a function, as a call gives it; `nil` where the call gives none and there is no default.
    func resolved(by given: [ONNXAttribute], or defaults: [ONNXAttribute]) -> ONNXAttribute? {
        guard let reference else { return self }
        guard var result = given.last(where: { $0.name == reference }) ?? defaults.last(where: { $0.name == reference })
        else { return nil }
        result.name = name
        return result
    }

    /// More numbers than any attribute but a tensor holds.
    static let largestCount = 1 << 20

    init(
        _ field: WireField, enclosing: [WireField], in file: any ByteSource, inside: inout ONNXInnerNames
    ) throws(WireError) {
        typealias Schema = ONNXSchema.Attribute
        typealias Kind = ONNXSchema.AttributeType
        let source = try field.source(in: file)
        let message = try WireMessage(indexing: field, of: source)
        self.field = field
        name = try message.string(Schema.name, in: source) ?? ""
        var kind = Int(try message.int32(Schema.type, in: source) ?? 0)
        if kind == 0 {
            // Before IR version 2 nobody wrote the type.
            let fields = [
                (Schema.float, Kind.float), (Schema.integer, Kind.integer), (Schema.string, Kind.string),
                (Schema.tensor, Kind.tensor), (Schema.graph, Kind.graph), (Schema.floats, Kind.floats),
                (Schema.integers, Kind.integers), (Schema.strings, Kind.strings), (Schema.graphs, Kind.graphs),
            ]
            kind = fields.first { message.lastField($0.0) != nil }?.1 ?? 0
        }
        reference = try message.string(Schema.reference, in: source).flatMap { $0.isEmpty ? nil : $0 }
        if reference != nil { kind = 0 }
        let graphs = message.fields(Schema.graph, .lengthDelimited)
        graph = graphs.count == 1 ? graphs.first : nil
        switch kind {
        case Kind.float: value = .float(try message.float(Schema.float, in: source) ?? 0)
        case Kind.integer: value = .integer(Int(try message.int64(Schema.integer, in: source) ?? 0))
        case Kind.string: value = .string(try message.string(Schema.string, in: source) ?? "")
        case Kind.tensor:
            guard let tensor = message.lastField(Schema.tensor, .lengthDelimited) else {
                value = .other
                return
            }
            value = .tensor(try ONNXTensor(tensor, enclosing: enclosing + [field], in: file))
        case Kind.floats:
            let numbers = try message.scalars(Schema.floats, as: Float.self, in: source)
            guard numbers.elementCount <= Self.largestCount else {
                throw WireError(
                    path: file.path, offset: field.range.lowerBound,
                    message:
                        "an attribute has \(numbers.elementCount) numbers, more than the \(Self.largestCount) allowed")
            }
            value = .floats(try numbers.values(of: source))
        case Kind.integers:
            value = .integers(
                try message.varints(Schema.integers, atMost: Self.largestCount, in: source).map {
                    Int(Int64(bitPattern: $0))
                })
        case Kind.strings: value = .strings(try message.strings(Schema.strings, in: source))
        default: value = .other
        }
        for number in [Schema.graph, Schema.graphs] {
            for graph in message.fields(number, .lengthDelimited) { try inside.add(graph, in: file) }
        }
    }
}

/// The names of values that graphs in attributes mention. Nothing calls itself here, so nesting takes no stack.
struct ONNXInnerNames {
    private(set) var read: Set<String> = []
    private(set) var made: Set<String> = []
    private(set) var hasExternalData = false
    private(set) var graphCount = 0

    /// Graphs nest a few levels deep in real models.
    private static let largestDepth = 100

    mutating func add(_ graph: WireField, in file: any ByteSource) throws(WireError) {
        graphCount += 1
        var open: [(field: WireField, depth: Int)] = [(graph, 1)]
        while let (field, depth) = open.popLast() {
            guard depth <= Self.largestDepth else {
                throw WireError(
                    path: file.path, offset: field.range.lowerBound,
                    message: "graphs nest more than \(Self.largestDepth) deep; is this a model?")
            }
            let source = try field.source(in: file)
            let message = try WireMessage(indexing: field, of: source)
            for node in message.fields(ONNXSchema.Graph.nodes, .lengthDelimited) {
                let node = try WireMessage(indexing: node, of: source)
                read.formUnion(try node.strings(ONNXSchema.Node.inputs, in: source))
                made.formUnion(try node.strings(ONNXSchema.Node.outputs, in: source))
                for attribute in node.fields(ONNXSchema.Node.attributes, .lengthDelimited) {
                    let attribute = try WireMessage(indexing: attribute, of: source)
                    if let tensor = attribute.lastField(ONNXSchema.Attribute.tensor, .lengthDelimited),
                        try WireMessage(indexing: tensor, of: source).lastField(ONNXSchema.Tensor.externalData) != nil
                    {
                        hasExternalData = true
                    }
                    for number in [ONNXSchema.Attribute.graph, ONNXSchema.Attribute.graphs] {
                        for inner in attribute.fields(number, .lengthDelimited) { open.append((inner, depth + 1)) }
                    }
                }
            }
            for output in message.fields(ONNXSchema.Graph.outputs, .lengthDelimited) {
                let info = try WireMessage(indexing: output, of: source)
                read.insert(try info.string(ONNXSchema.ValueInfo.name, in: source) ?? "")
            }
            for number in [ONNXSchema.Graph.inputs, ONNXSchema.Graph.valueInfos] {
                for input in message.fields(number, .lengthDelimited) {
                    let info = try WireMessage(indexing: input, of: source)
                    made.insert(try info.string(ONNXSchema.ValueInfo.name, in: source) ?? "")
                }
            }
            for tensor in message.fields(ONNXSchema.Graph.initializers, .lengthDelimited) {
                let tensor = try WireMessage(indexing: tensor, of: source)
                made.insert(try tensor.string(ONNXSchema.Tensor.name, in: source) ?? "")
                if tensor.lastField(ONNXSchema.Tensor.externalData) != nil { hasExternalData = true }
            }
        }
        read.remove("")
        made.remove("")
    }
}

extension WireMessage {
    /// The texts of a repeated field.
    func strings(_ number: Int, in source: some ByteSource) throws(WireError) -> [String] {
        try fields(number, .lengthDelimited).map { (field) throws(WireError) in try field.string(in: source) }
    }
}
