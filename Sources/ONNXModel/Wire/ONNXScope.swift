import ProtobufWire

/// One graph of a model: that of the model itself, or one in an attribute of a node (the branches of an If, the body of a Loop or a Scan).
///
/// Names of values in inner graphs are told with a prefix, so that all names of a model are one namespace.
struct ONNXScope: Sendable {
    /// Empty for the graph of the model.
    var prefix: String
    /// The graph around it; `nil` for that of the model.
    var parent: Int?
    /// The field of the graph, and those around it, outermost first.
    var enclosing: [WireField]
    /// The field of the node that holds it; `nil` for the graph of the model.
    var owner: WireField?
    /// Where a node goes that is to be the first.
    var start: Int
    /// Names of values as the graph spells them, with what they are called in the whole model.
    var names: [String: String] = [:]
}

/// A node that calls a function of the model, and which of the nodes stand for it.
struct ONNXCall: Sendable {
    var field: WireField
    var enclosing: [WireField]
    var scope: Int
    /// Numbers of the nodes of its body, those of calls inside it included.
    var nodes: Range<Int>
}

/// A function of the model, which calls are made of.
struct ONNXFunction: Sendable {
    struct Name: Hashable, Sendable {
        var domain: String
        var name: String
        var overload: String
    }

    var name: Name
    var inputs: [String]
    var outputs: [String]
    var nodes: [ONNXNode]
    /// Attributes that calls may leave out.
    var defaults: [ONNXAttribute]
    var opsets: [String: Int]

    /// Whether nodes may stand in place of a call: no graphs inside, no numbers in other files, and every name known.
    var canBeEntered: Bool

    init(_ field: WireField, in file: FileByteSource) throws(WireError) {
        typealias Schema = ONNXSchema.Function
        let message = try WireMessage(indexing: field, of: file)
        let domain = try message.string(Schema.domain, in: file) ?? ""
        name = Name(
            domain: domain == "ai.onnx" ? "" : domain, name: try message.string(Schema.name, in: file) ?? "",
            overload: try message.string(Schema.overload, in: file) ?? "")
        inputs = try message.strings(Schema.inputs, in: file)
        outputs = try message.strings(Schema.outputs, in: file)
        opsets = try ONNXFile.opsets(message.fields(Schema.opsets, .lengthDelimited), in: file)
        var inside = ONNXInnerNames()
        defaults = try message.fields(Schema.defaults, .lengthDelimited).map { (attribute) throws(WireError) in
            try ONNXAttribute(attribute, enclosing: [field], in: file, inside: &inside)
        }
        nodes = []
        for (index, node) in message.fields(Schema.nodes, .lengthDelimited).enumerated() {
            nodes.append(try ONNXNode(node, index: index, enclosing: [field], in: file))
        }
        canBeEntered = Self.isPlain(nodes, inputs: inputs, outputs: outputs)
    }

    private static func isPlain(_ nodes: [ONNXNode], inputs: [String], outputs: [String]) -> Bool {
        var known = Set(inputs)
        guard known.count == inputs.count, Set(outputs).count == outputs.count, known.isDisjoint(with: outputs) else {
            return false
        }
        for node in nodes {
            guard !node.holdsGraphs, !node.hasExternalData, node.inputs.allSatisfy({ $0.isEmpty || known.contains($0) })
            else { return false }
            for output in node.namedOutputs {
                guard known.insert(output).inserted else { return false }
            }
        }
        return known.isSuperset(of: outputs)
    }
}
