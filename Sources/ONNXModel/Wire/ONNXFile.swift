import Files
import NetGraph
import ProtobufWire

/// A model on the wire: where its parts lie, and all of it but the numbers.
final class ONNXFile {
    struct FunctionName: Hashable {
        var domain: String
        var name: String
    }

    let path: String
    let source: FileByteSource
    let irVersion: Int
    /// The versions of the sets of operators, by domain; ONNX's own is "".
    let opsets: [String: Int]
    let functions: Set<FunctionName>
    let graphField: WireField
    let graph: WireMessage
    let graphName: String
    let nodes: [ONNXNode]
    let initializers: [ONNXTensor]
    /// Where in `initializers` a name is.
    let initializerPlaces: [String: Int]
    /// Initializers of a form that is not read.
    let sparseNames: Set<String>
    let inputs: [ONNXValueInfo]
    let outputs: [ONNXValueInfo]
    let valueInfos: [ONNXValueInfo]
    let external: ONNXExternalFiles

    /// The version of ONNX's own operators.
    var opset: Int { opsets[""] ?? 1 }

    /// - Throws: for what is no model, and for one that contradicts itself.
    init(path: String) throws(WireError) {
        self.path = path
        source = try FileByteSource(path: path)
        external = ONNXExternalFiles(model: path)
        let file = source
        let message = try WireMessage(indexing: file)
        let graphs = message.fields(ONNXSchema.Model.graph, .lengthDelimited)
        guard graphs.count == 1, let graphField = graphs.first else {
            throw WireError(
                path: path,
                message: graphs.isEmpty
                    ? "holds no graph; is it an ONNX model?" : "holds \(graphs.count) graphs, expected one")
        }
        irVersion = Int(try message.int64(ONNXSchema.Model.irVersion, in: file) ?? 0)
        opsets = try Self.opsets(of: message, in: file)
        functions = try Self.functions(of: message, in: file)
        self.graphField = graphField
        let graph = try WireMessage(indexing: graphField, of: file)
        self.graph = graph
        graphName = try graph.string(ONNXSchema.Graph.name, in: file) ?? ""
        inputs = try graph.fields(ONNXSchema.Graph.inputs, .lengthDelimited).map { (field) throws(WireError) in
            try ONNXValueInfo(field, in: file)
        }
        outputs = try graph.fields(ONNXSchema.Graph.outputs, .lengthDelimited).map { (field) throws(WireError) in
            try ONNXValueInfo(field, in: file)
        }
        valueInfos = try graph.fields(ONNXSchema.Graph.valueInfos, .lengthDelimited).map { (field) throws(WireError) in
            try ONNXValueInfo(field, in: file)
        }
        initializers = try graph.fields(ONNXSchema.Graph.initializers, .lengthDelimited).map {
            (field) throws(WireError) in try ONNXTensor(field, enclosing: [graphField], in: file)
        }
        var places: [String: Int] = [:]
        for (place, tensor) in initializers.enumerated() {
            guard !tensor.name.isEmpty, places.updateValue(place, forKey: tensor.name) == nil else {
                throw WireError(
                    path: path, offset: tensor.field.range.lowerBound,
                    message: tensor.name.isEmpty
                        ? "an initializer has no name" : "two initializers are called '\(tensor.name.inMessages)'")
            }
        }
        initializerPlaces = places
        sparseNames = try Self.sparseNames(of: graph, in: file)
        var nodes: [ONNXNode] = []
        for (index, field) in graph.fields(ONNXSchema.Graph.nodes, .lengthDelimited).enumerated() {
            nodes.append(try ONNXNode(field, index: index, enclosing: [graphField], in: file))
        }
        self.nodes = nodes
    }

    private static func opsets(
        of message: WireMessage, in file: FileByteSource
    ) throws(WireError) -> [String: Int] {
        var opsets: [String: Int] = [:]
        for field in message.fields(ONNXSchema.Model.opsets, .lengthDelimited) {
            let opset = try WireMessage(indexing: field, of: file)
            let domain = try opset.string(ONNXSchema.Opset.domain, in: file) ?? ""
            opsets[domain == "ai.onnx" ? "" : domain] = Int(try opset.int64(ONNXSchema.Opset.version, in: file) ?? 0)
        }
        return opsets
    }

    private static func functions(
        of message: WireMessage, in file: FileByteSource
    ) throws(WireError) -> Set<FunctionName> {
        var names: Set<FunctionName> = []
        for field in message.fields(ONNXSchema.Model.functions, .lengthDelimited) {
            let function = try WireMessage(indexing: field, of: file)
            let domain = try function.string(ONNXSchema.Function.domain, in: file) ?? ""
            names.insert(
                FunctionName(
                    domain: domain == "ai.onnx" ? "" : domain,
                    name: try function.string(ONNXSchema.Function.name, in: file) ?? ""))
        }
        return names
    }

    private static func sparseNames(of graph: WireMessage, in file: FileByteSource) throws(WireError) -> Set<String> {
        var names: Set<String> = []
        for field in graph.fields(ONNXSchema.Graph.sparseInitializers, .lengthDelimited) {
            let sparse = try WireMessage(indexing: field, of: file)
            guard let values = sparse.lastField(ONNXSchema.SparseTensor.values, .lengthDelimited) else { continue }
            names.insert(try WireMessage(indexing: values, of: file).string(ONNXSchema.Tensor.name, in: file) ?? "")
        }
        return names
    }

    /// Every name that a value has or may not have, in the graph and in graphs inside it.
    var allNames: Set<String> {
        var names = Set(initializers.map(\.name)).union(sparseNames)
        names.formUnion(inputs.map(\.name))
        names.formUnion(outputs.map(\.name))
        names.formUnion(valueInfos.map(\.name))
        for node in nodes {
            names.formUnion(node.inputs)
            names.formUnion(node.outputs)
            names.formUnion(node.namesReadInside)
            names.formUnion(node.namesMadeInside)
        }
        names.remove("")
        return names
    }
}
