import Folding
import Foundation
import Frontend
import NetGraph
import ProtobufWire
import Testing

@testable import ONNXModel

/// A small model, made field by field as a writer of ONNX would.
struct ModelBytes {
    var irVersion = 8
    var opset = 13
    var inputs: [(name: String, shape: [Int])] = []
    var outputs: [String] = []
    var nodes: [WireContent] = []
    var initializers: [WireContent] = []
    var functions: [WireContent] = []
    /// Names of inputs that are defaults as well.
    var declared: [(name: String, shape: [Int])] = []

    mutating func node(
        _ type: String, _ inputs: [String], _ outputs: [String], domain: String = "", attributes: [WireContent] = []
    ) {
        var node = WireContent()
        for input in inputs { node.appendString(input, field: ONNXSchema.Node.inputs) }
        for output in outputs { node.appendString(output, field: ONNXSchema.Node.outputs) }
        node.appendString(type, field: ONNXSchema.Node.type)
        for attribute in attributes { node.appendMessage(attribute, field: ONNXSchema.Node.attributes) }
        if !domain.isEmpty { node.appendString(domain, field: ONNXSchema.Node.domain) }
        nodes.append(node)
    }

    static func integer(_ name: String, _ value: Int) -> WireContent {
        var attribute = WireContent()
        attribute.appendString(name, field: ONNXSchema.Attribute.name)
        attribute.appendVarint(UInt64(bitPattern: Int64(value)), field: ONNXSchema.Attribute.integer)
        attribute.appendVarint(2, field: ONNXSchema.Attribute.type)
        return attribute
    }

    static func integers(_ name: String, _ values: [Int]) -> WireContent {
        var attribute = WireContent()
        attribute.appendString(name, field: ONNXSchema.Attribute.name)
        for value in values { attribute.appendVarint(UInt64(value), field: ONNXSchema.Attribute.integers) }
        attribute.appendVarint(7, field: ONNXSchema.Attribute.type)
        return attribute
    }

    static func text(_ name: String, _ value: String) -> WireContent {
        var attribute = WireContent()
        attribute.appendString(name, field: ONNXSchema.Attribute.name)
        attribute.appendString(value, field: ONNXSchema.Attribute.string)
        attribute.appendVarint(3, field: ONNXSchema.Attribute.type)
        return attribute
    }

    static func float(_ name: String, _ value: Float) -> WireContent {
        var attribute = WireContent()
        attribute.appendString(name, field: ONNXSchema.Attribute.name)
        attribute.appendScalar(value, field: ONNXSchema.Attribute.float)
        attribute.appendVarint(1, field: ONNXSchema.Attribute.type)
        return attribute
    }

    /// Numbers that repeat over a tensor.
    mutating func tensor(_ name: String, _ shape: [Int], _ numbers: [Float]) {
        var tensor = WireContent()
        for length in shape { tensor.appendVarint(UInt64(length), field: ONNXSchema.Tensor.dimensions) }
        tensor.appendVarint(1, field: ONNXSchema.Tensor.type)
        tensor.appendString(name, field: ONNXSchema.Tensor.name)
        let all = (0..<shape.reduce(1, *)).map { numbers[$0 % numbers.count] }
        tensor.appendBytes(
            all.flatMap { number in withUnsafeBytes(of: number) { Array($0) } }, field: ONNXSchema.Tensor.raw)
        initializers.append(tensor)
    }

    /// A BatchNormalization of two channels: y = 2 x + 1 and y = -x + 3, but for epsilon.
    mutating func batchNormalization(_ input: String, _ output: String) {
        tensor("\(output).scale", [2], [2, -1])
        tensor("\(output).bias", [2], [1, 3])
        tensor("\(output).mean", [2], [0, 0])
        tensor("\(output).variance", [2], [1, 1])
        node(
            "BatchNormalization", [input, "\(output).scale", "\(output).bias", "\(output).mean", "\(output).variance"],
            [output], attributes: [Self.float("epsilon", 0)])
    }

    private func info(_ name: String, _ shape: [Int]) -> WireContent {
        var dimensions = WireContent()
        for length in shape {
            var dimension = WireContent()
            dimension.appendVarint(UInt64(length), field: ONNXSchema.Dimension.value)
            dimensions.appendMessage(dimension, field: ONNXSchema.Shape.dimensions)
        }
        var tensor = WireContent()
        tensor.appendVarint(1, field: ONNXSchema.TensorType.elementType)
        tensor.appendMessage(dimensions, field: ONNXSchema.TensorType.shape)
        var type = WireContent()
        type.appendMessage(tensor, field: ONNXSchema.ValueType.tensor)
        var info = WireContent()
        info.appendString(name, field: ONNXSchema.ValueInfo.name)
        info.appendMessage(type, field: ONNXSchema.ValueInfo.type)
        return info
    }

    /// A graph as an attribute of a node.
    static func graph(_ name: String, _ model: ModelBytes) -> WireContent {
        var attribute = WireContent()
        attribute.appendString(name, field: ONNXSchema.Attribute.name)
        attribute.appendMessage(model.graph, field: ONNXSchema.Attribute.graph)
        attribute.appendVarint(5, field: ONNXSchema.Attribute.type)
        return attribute
    }

    /// The nodes as a function of the domain `mine`, which is read from inputs and outputs by name.
    func function(_ name: String) -> WireContent {
        typealias Schema = ONNXSchema.Function
        var function = WireContent()
        function.appendString(name, field: Schema.name)
        for input in inputs { function.appendString(input.name, field: Schema.inputs) }
        for output in outputs { function.appendString(output, field: Schema.outputs) }
        for node in nodes { function.appendMessage(node, field: Schema.nodes) }
        var version = WireContent()
        version.appendVarint(UInt64(opset), field: ONNXSchema.Opset.version)
        function.appendMessage(version, field: Schema.opsets)
        function.appendString("mine", field: Schema.domain)
        return function
    }

    private var graph: WireContent {
        var graph = WireContent()
        for node in nodes { graph.appendMessage(node, field: ONNXSchema.Graph.nodes) }
        graph.appendString("g", field: ONNXSchema.Graph.name)
        for tensor in initializers { graph.appendMessage(tensor, field: ONNXSchema.Graph.initializers) }
        for input in inputs + declared {
            graph.appendMessage(info(input.name, input.shape), field: ONNXSchema.Graph.inputs)
        }
        for output in outputs {
            var info = WireContent()
            info.appendString(output, field: ONNXSchema.ValueInfo.name)
            graph.appendMessage(info, field: ONNXSchema.Graph.outputs)
        }
        return graph
    }

    /// The model as a file of its own.
    var bytes: [UInt8] {
        var version = WireContent()
        version.appendVarint(UInt64(opset), field: ONNXSchema.Opset.version)
        var model = WireContent()
        model.appendVarint(UInt64(irVersion), field: ONNXSchema.Model.irVersion)
        model.appendMessage(graph, field: ONNXSchema.Model.graph)
        model.appendMessage(version, field: ONNXSchema.Model.opsets)
        for function in functions { model.appendMessage(function, field: ONNXSchema.Model.functions) }
        return model.segments.flatMap { if case .bytes(let bytes) = $0 { bytes } else { [UInt8]() } }
    }
}

/// A folder that goes with the test.
final class Folder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("onnx-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], as name: String = "net.onnx") throws -> String {
        let file = "\(path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }
}

extension ModelBytes {
    func open(in folder: Folder, options: ModelOptions = ModelOptions()) throws -> ONNXPair {
        let path = try folder.write(bytes)
        return try ONNXPair(ModelFiles(weights: path), path: path, options: options)
    }

    /// Folds, writes, holds what was written against the plan, and opens it.
    func folded(in folder: Folder, options: ModelOptions = ModelOptions()) throws -> (ONNXPair, bytes: [UInt8]) {
        let pair = try open(in: folder, options: options)
        let weights = try #require(pair.weights)
        let planner = FoldPlanner(
            pair.network, options: .init(leftoverForm: try ONNXFrontend().leftoverForm(for: PlanningOptions())))
        let folded = try planner.plan(weights: weights).plan.applied(to: pair.network)
        let format = OutputFormat(name: "onnx")
        let files = ModelFiles(weights: "\(folder.path)/folded.onnx")
        try pair.writeWeights(
            of: folded, to: "\(folder.path)/folded.onnx",
            settings: WriteSettings(format: format, checkpoint: { () throws(ModelError) in }), magnitudes: nil)
        try pair.check(folded, files: files, format: format)
        let written = try ONNXPair(files, path: "\(folder.path)/folded.onnx", options: options)
        return (written, Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/folded.onnx"))))
    }
}

extension ONNXPair {
    /// The types of the nodes, in order.
    var types: [String] { file.nodes.map(\.type) }

    /// The numbers of an initializer.
    func numbers(_ name: String) throws -> [Float] {
        let place = try #require(file.initializerPlaces[name])
        let tensor = file.initializers[place]
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: tensor.elementCount)
        defer { buffer.deallocate() }
        buffer.initialize(repeating: 0)
        try file.read(tensor, from: 0, into: buffer)
        return Array(buffer)
    }
}
