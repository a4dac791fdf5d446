import NetGraph
import ProtobufWire

/// Reads all nodes of a model in an order in which they could run: those of graphs inside a node before the node, and those of a function in place of the
/// node that calls it.
struct ONNXGraphReader {
    private let file: FileByteSource
    private let functions: [ONNXFunction.Name: ONNXFunction]
    private let opsets: [String: Int]
    private let entersGraphs: Bool
    private(set) var nodes: [ONNXNode] = []
    private(set) var initializers: [ONNXTensor] = []
    private(set) var sparseNames: Set<String> = []
    /// What the graphs say of their values; of inner graphs also of their outputs.
    private(set) var valueInfos: [ONNXValueInfo] = []
    /// Values that an inner graph is given by its node.
    private(set) var innerInputs: [ONNXValueInfo] = []
    private(set) var scopes: [ONNXScope] = []
    private(set) var calls: [ONNXCall] = []
    /// Names as inner graphs and functions spell them.
    private(set) var spelledNames: Set<String> = []
    private var prefixes: Set<String> = [""]
    private var prefixNumbers: [String: Int] = [:]
    /// How many nodes of functions may still be put in place of calls: functions that call functions can stand for any number.
    private var budget = 1 << 16
    /// Names of values that look as if they were made here.
    private var likeInnerNames: [String] = []
    private static let mostLikeInnerNames = 1000
    /// What stands between the name of a node and the name of a value inside it.
    private static let separator = ": "

    /// Graphs nest a few levels deep in real models, and functions call others a few levels deep.
    private static let largestDepth = 100
    /// More nodes than any model that is read whole has.
    private static let largestNodeCount = 1 << 22

    /// The nodes whose graphs run with what stands around them.
    private static let graphOperators: Set<String> = ["If", "Loop", "Scan"]

    /// - Parameter entersGraphs: whether to read the nodes of graphs inside nodes.
    init(_ file: FileByteSource, functions: [ONNXFunction], opsets: [String: Int], entersGraphs: Bool = true) {
        self.entersGraphs = entersGraphs
        self.file = file
        self.functions = Dictionary(functions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.opsets = opsets
    }

    /// Whether an inner graph gives a value a name that one of the graphs around it has given as well, which ONNX forbids: runtimes differ in what they
    /// make of it.
    func hidesNames(of outer: some Sequence<ONNXValueInfo>) -> Bool {
        guard scopes.count > 1 else { return false }
        var top = Set(outer.map(\.name))
        for tensor in initializers where tensor.enclosing.count == 1 { top.insert(tensor.name) }
        for node in nodes where node.scope == 0 { top.formUnion(node.outputs) }
        for scope in scopes.dropFirst() {
            for name in scope.names.keys {
                var place = scope.parent
                while let index = place, index > 0 {
                    if scopes[index].names[name] != nil { return true }
                    place = scopes[index].parent
                }
                if top.contains(name) { return true }
            }
        }
        return false
    }

    /// Reads the graph of the model.
    mutating func read(_ field: WireField, _ graph: WireMessage) throws(WireError) {
        let scope = addScope(graph, enclosing: [field], prefix: "", parent: nil, owner: nil)
        try read(graph, scope: scope, depth: 1)
    }

    private mutating func addScope(
        _ graph: WireMessage, enclosing: [WireField], prefix: String, parent: Int?, owner: WireField?
    ) -> Int {
        let start = graph.fields(ONNXSchema.Graph.nodes, .lengthDelimited).first?.range.lowerBound
        scopes.append(
            ONNXScope(
                prefix: prefix, parent: parent, enclosing: enclosing, owner: owner,
                start: start ?? graph.range.lowerBound))
        return scopes.count - 1
    }

    // MARK: Graphs

    private mutating func read(_ graph: WireMessage, scope: Int, depth: Int) throws(WireError) {
        let enclosing = scopes[scope].enclosing
        for field in graph.fields(ONNXSchema.Graph.initializers, .lengthDelimited) {
            var tensor = try ONNXTensor(field, enclosing: enclosing, in: file)
            tensor.name = try define(tensor.name, in: scope, at: field)
            initializers.append(tensor)
        }
        for field in graph.fields(ONNXSchema.Graph.sparseInitializers, .lengthDelimited) {
            let sparse = try WireMessage(indexing: field, of: file)
            guard let values = sparse.lastField(ONNXSchema.SparseTensor.values, .lengthDelimited) else { continue }
            let name = try WireMessage(indexing: values, of: file).string(ONNXSchema.Tensor.name, in: file) ?? ""
            sparseNames.insert(try define(name, in: scope, at: field))
        }
        if scope > 0 {
            for field in graph.fields(ONNXSchema.Graph.inputs, .lengthDelimited) {
                var info = try ONNXValueInfo(field, enclosing: enclosing, scope: scope, in: file)
                guard scopes[scope].names[info.name] == nil else { continue }
                info.name = try define(info.name, in: scope, at: field)
                innerInputs.append(info)
            }
        }
        var read: [ONNXNode] = []
        for field in graph.fields(ONNXSchema.Graph.nodes, .lengthDelimited) {
            let node = try ONNXNode(field, index: read.count, enclosing: enclosing, in: file)
            for name in node.outputs where name.contains(Self.separator) {
                likeInnerNames.append(scopes[scope].prefix + name)
            }
            read.append(node)
        }
        for node in read { try add(node, scope: scope, depth: depth) }
        let numbers = [ONNXSchema.Graph.valueInfos] + (scope > 0 ? [ONNXSchema.Graph.outputs] : [])
        for number in numbers {
            for field in graph.fields(number, .lengthDelimited) {
                var info = try ONNXValueInfo(field, enclosing: enclosing, scope: scope, in: file)
                info.isOutput = number == ONNXSchema.Graph.outputs
                info.name = resolved(info.name, in: scope)
                valueInfos.append(info)
            }
        }
    }

    /// Gives a value of a graph its name in the whole model.
    private mutating func define(_ name: String, in scope: Int, at field: WireField) throws(WireError) -> String {
        guard scope > 0, !name.isEmpty else { return name }
        let full = scopes[scope].prefix + name
        spelledNames.insert(name)
        guard scopes[scope].names.updateValue(full, forKey: name) == nil else {
            throw WireError(
                path: file.path, offset: field.range.lowerBound,
                message: "'\(name.inMessages)' is given twice in the graph '\(scopes[scope].prefix.inMessages)'")
        }
        return full
    }

    /// What a name means inside a graph: a value of its own, or one of the graphs around it.
    private func resolved(_ name: String, in scope: Int) -> String {
        var place: Int? = scope
        while let index = place {
            if let full = scopes[index].names[name] { return full }
            place = scopes[index].parent
        }
        return name
    }

    private mutating func add(_ node: ONNXNode, scope: Int, depth: Int) throws(WireError) {
        var node = node
        node.scope = scope
        guard nodes.count < Self.largestNodeCount else {
            throw WireError(path: file.path, message: "has more than \(Self.largestNodeCount) nodes; is this a model?")
        }
        node.inputs = node.inputs.map { $0.isEmpty ? "" : resolved($0, in: scope) }
        node.namesReadInside = Set(node.namesReadInside.map { resolved($0, in: scope) })
        let prefix = scopes[scope].prefix
        if scope > 0 {
            node.name = node.name.isEmpty ? "" : prefix + node.name
            var outputs: [String] = []
            for output in node.outputs { outputs.append(try define(output, in: scope, at: node.field)) }
            node.outputs = outputs
        }
        if try enterCall(node, depth: depth) { return }
        try enterGraphs(&node, depth: depth)
        node.index = nodes.count
        nodes.append(node)
    }

    /// Reads the graphs of a node that runs them with what stands around it: from then on it reads what they hand out.
    private mutating func enterGraphs(_ node: inout ONNXNode, depth: Int) throws(WireError) {
        let graphs = node.attributes.filter { $0.graph != nil }
        guard entersGraphs, likeInnerNames.count <= Self.mostLikeInnerNames, Self.graphOperators.contains(node.type),
            node.domain.isEmpty, node.holdsGraphs,
            !node.hasExternalDataInside, graphs.count == node.graphCount,
            !functions.keys.contains(where: { $0.domain.isEmpty && $0.name == node.type })
        else { return }
        guard depth < Self.largestDepth else {
            throw WireError(
                path: file.path, offset: node.field.range.lowerBound,
                message: "graphs nest more than \(Self.largestDepth) deep; is this a model?")
        }
        var read: Set<String> = []
        for attribute in graphs {
            guard let field = attribute.graph else { continue }
            let graph = try WireMessage(indexing: field, of: file)
            let spelled = node.name.isEmpty ? node.namedOutputs.first ?? node.type : node.name
            let prefix = unusedPrefix("\(spelled) \(attribute.name)")
            let scope = addScope(
                graph, enclosing: scopes[node.scope].enclosing + [node.field, attribute.field, field], prefix: prefix,
                parent: node.scope, owner: node.field)
            try self.read(graph, scope: scope, depth: depth + 1)
            for output in graph.fields(ONNXSchema.Graph.outputs, .lengthDelimited) {
                let info = try ONNXValueInfo(output, enclosing: [], scope: scope, in: file)
                read.insert(resolved(info.name, in: scope))
            }
        }
        node.namesReadInside = read
        node.namesMadeInside = []
    }

    private mutating func unusedPrefix(_ text: String) -> String {
        var prefix = text + Self.separator
        var number = prefixNumbers[text] ?? 2
        defer { prefixNumbers[text] = number }
        while likeInnerNames.contains(where: { $0.hasPrefix(prefix) }) || !prefixes.insert(prefix).inserted {
            prefix = "\(text) (\(number))\(Self.separator)"
            number += 1
        }
        return prefix
    }

    // MARK: Functions

    /// Puts the nodes of a function in place of a call.
    ///
    /// - Returns: whether the node was one that can be entered.
    private mutating func enterCall(_ node: ONNXNode, depth: Int) throws(WireError) -> Bool {
        guard !node.domain.isEmpty, likeInnerNames.count <= Self.mostLikeInnerNames else { return false }
        let first = nodes.count
        guard expand(node, calling: [], into: scopes[node.scope].prefix) else {
            nodes.removeSubrange(first...)
            return false
        }
        let call = calls.count
        for index in first..<nodes.count { nodes[index].call = call }
        calls.append(
            ONNXCall(
                field: node.field, enclosing: scopes[node.scope].enclosing, scope: node.scope,
                nodes: first..<nodes.count))
        return true
    }

    private mutating func expand(_ node: ONNXNode, calling open: [ONNXFunction.Name], into outer: String) -> Bool {
        let name = ONNXFunction.Name(domain: node.domain, name: node.type, overload: node.overload)
        guard !node.domain.isEmpty, budget > 0, let function = functions[name], function.canBeEntered,
            !open.contains(name), open.count < 32,
            function.opsets[""] ?? opsets[""] == opsets[""], node.inputs.count <= function.inputs.count,
            node.outputs.count <= function.outputs.count, !function.nodes.isEmpty, !node.holdsGraphs,
            !node.hasExternalData
        else { return false }
        let spelled = node.name.isEmpty ? node.namedOutputs.first ?? outer + node.type : node.name
        let prefix = unusedPrefix(spelled)
        var names: [String: String] = [:]
        for (place, input) in function.inputs.enumerated() {
            names[input] = place < node.inputs.count ? node.inputs[place] : ""
        }
        for (place, output) in function.outputs.enumerated() {
            let outside = place < node.outputs.count ? node.outputs[place] : ""
            names[output] = outside.isEmpty ? prefix + output : outside
        }
        for inner in function.nodes {
            budget -= 1
            guard budget > 0 else { return false }
            var copy = inner
            copy.scope = node.scope
            copy.name = inner.name.isEmpty ? "" : prefix + inner.name
            copy.inputs = inner.inputs.map { names[$0] ?? "" }
            copy.outputs = inner.outputs.map { output in
                guard !output.isEmpty else { return "" }
                if let known = names[output] { return known }
                names[output] = prefix + output
                return prefix + output
            }
            copy.attributes = inner.attributes.compactMap { $0.resolved(by: node.attributes, or: function.defaults) }
            copy.enclosing = []
            let first = nodes.count
            if expand(copy, calling: open + [name], into: prefix) { continue }
            nodes.removeSubrange(first...)
            guard budget > 0 else { return false }
            copy.index = nodes.count
            nodes.append(copy)
        }
        return true
    }
}
