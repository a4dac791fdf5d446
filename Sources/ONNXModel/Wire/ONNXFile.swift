import Files
import NetGraph
import ProtobufWire

/// A model on the wire: where its parts lie, and all of it but the numbers.
final class ONNXFile {
    let path: String
    let source: FileByteSource
    let irVersion: Int
    /// The versions of the sets of operators, by domain; ONNX's own is "".
    let opsets: [String: Int]
    let functions: [ONNXFunction]
    /// Names of ONNX's own operators that the model defines as functions.
    let redefinedOperators: Set<String>
    let graphField: WireField
    let graph: WireMessage
    let graphName: String
    /// All nodes: those of inner graphs before the node that holds the graph, those of functions in place of the call.
    let nodes: [ONNXNode]
    let scopes: [ONNXScope]
    let calls: [ONNXCall]
    let initializers: [ONNXTensor]
    /// Where in `initializers` a name is.
    let initializerPlaces: [String: Int]
    /// Initializers of a form that is not read.
    let sparseNames: Set<String>
    let inputs: [ONNXValueInfo]
    let outputs: [ONNXValueInfo]
    let valueInfos: [ONNXValueInfo]
    /// Values that inner graphs are given by the nodes that hold them.
    let innerInputs: [ONNXValueInfo]
    let external: ONNXExternalFiles
    private let spelledNames: Set<String>

    /// The version of ONNX's own operators.
    var opset: Int { opsets[""] ?? 1 }

    /// - Throws: for what is no model, and for one that contradicts itself.
    /// - Parameter data: the file that holds all numbers that lie apart, where it is not yet under its own name.
    init(path: String, data: String? = nil) throws(WireError) {
        self.path = path
        source = try FileByteSource(path: path)
        external = ONNXExternalFiles(model: path, data: data)
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
        opsets = try Self.opsets(message.fields(ONNXSchema.Model.opsets, .lengthDelimited), in: file)
        functions = try message.fields(ONNXSchema.Model.functions, .lengthDelimited).map {
            (field) throws(WireError) in try ONNXFunction(field, in: file)
        }
        redefinedOperators = Set(functions.filter { $0.name.domain.isEmpty }.map(\.name.name))
        self.graphField = graphField
        let graph = try WireMessage(indexing: graphField, of: file)
        self.graph = graph
        graphName = try graph.string(ONNXSchema.Graph.name, in: file) ?? ""
        inputs = try graph.fields(ONNXSchema.Graph.inputs, .lengthDelimited).map { (field) throws(WireError) in
            try ONNXValueInfo(field, enclosing: [graphField], in: file)
        }
        outputs = try graph.fields(ONNXSchema.Graph.outputs, .lengthDelimited).map { (field) throws(WireError) in
            try ONNXValueInfo(field, enclosing: [graphField], in: file)
        }
        var reader = ONNXGraphReader(file, functions: functions, opsets: opsets)
        try reader.read(graphField, graph)
        if reader.hidesNames(of: inputs) {
            reader = ONNXGraphReader(file, functions: functions, opsets: opsets, entersGraphs: false)
            try reader.read(graphField, graph)
        }
        valueInfos = reader.valueInfos
        initializers = reader.initializers
        innerInputs = reader.innerInputs
        scopes = reader.scopes
        calls = reader.calls
        sparseNames = reader.sparseNames
        nodes = reader.nodes
        spelledNames = reader.spelledNames
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
    }

    /// Whether initializers of a model lie in files of their own.
    static func hasExternalTensors(_ path: String) throws(WireError) -> Bool {
        let file = try FileByteSource(path: path)
        guard let graph = try WireMessage(indexing: file).lastField(ONNXSchema.Model.graph, .lengthDelimited) else {
            return false
        }
        let tensors = try WireMessage(indexing: graph, of: file).fields(
            ONNXSchema.Graph.initializers, .lengthDelimited)
        for field in tensors {
            let tensor = try WireMessage(indexing: field, of: file)
            if try tensor.int32(ONNXSchema.Tensor.location, in: file) == 1 { return true }
        }
        return false
    }

    /// Where initializers lie that are kept in files of their own.
    var externalPlaces: [ONNXExternalPlace] {
        initializers.compactMap { if case .external(let place) = $0.numbers { place } else { nil } }
    }

    /// The file that all of these lie in; `nil` where there are several.
    func onlyExternalFile() throws(WireError) -> FileByteSource? {
        let places = externalPlaces
        guard let place = places.first, places.allSatisfy({ $0.location == place.location }) else { return nil }
        return try external.open(place.location)
    }

    /// The versions of sets of operators, by domain.
    static func opsets(_ fields: WireFields, in file: FileByteSource) throws(WireError) -> [String: Int] {
        var opsets: [String: Int] = [:]
        for field in fields {
            let opset = try WireMessage(indexing: field, of: file)
            let domain = try opset.string(ONNXSchema.Opset.domain, in: file) ?? ""
            opsets[domain == "ai.onnx" ? "" : domain] = Int(try opset.int64(ONNXSchema.Opset.version, in: file) ?? 0)
        }
        return opsets
    }

    /// Every name that a value has or may not have, in the graph and in graphs inside it.
    private(set) lazy var allNames: Set<String> = {
        var names = Set(initializers.map(\.name)).union(sparseNames)
        names.formUnion(inputs.map(\.name))
        names.formUnion(outputs.map(\.name))
        names.formUnion(valueInfos.map(\.name))
        names.formUnion(innerInputs.map(\.name))
        names.formUnion(spelledNames)
        for node in nodes {
            names.formUnion(node.inputs)
            names.formUnion(node.outputs)
            names.formUnion(node.namesReadInside)
            names.formUnion(node.namesMadeInside)
        }
        names.remove("")
        return names
    }()

    /// A name as a graph spells it.
    func spelled(_ name: String, in scope: Int) -> String {
        var place: Int? = scope
        while let index = place, index > 0 {
            if name.hasPrefix(scopes[index].prefix) { return String(name.dropFirst(scopes[index].prefix.count)) }
            place = scopes[index].parent
        }
        return name
    }
}
