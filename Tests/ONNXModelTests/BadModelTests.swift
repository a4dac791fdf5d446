import Frontend
import ProtobufWire
import Testing

@testable import ONNXModel

/// Files that are damaged, or that contradict themselves.
@Suite struct BadModelTests {
    private func message(_ model: ModelBytes) throws -> String {
        let error = #expect(throws: ModelError.self) { try model.open(in: Folder()) }
        return error?.message ?? ""
    }

    @Test func aCutFileIsTold() throws {
        var model = ModelBytes()
        model.tensor("w", [100], [1])
        let folder = try Folder()
        let path = try folder.write(Array(model.bytes.dropLast(200)))
        let error = #expect(throws: ModelError.self) {
            try ONNXPair(ModelFiles(weights: path), path: path, options: ModelOptions())
        }
        #expect(error?.message.contains("incomplete copy") == true)
    }

    @Test func aCycleIsTold() throws {
        var model = ModelBytes()
        model.node("Relu", ["b"], ["a"])
        model.node("Relu", ["a"], ["b"])
        model.outputs = ["b"]
        #expect(try message(model).contains("form a cycle"))
    }

    @Test func aNameThatNothingGivesIsTold() throws {
        var model = ModelBytes()
        model.node("Relu", ["nothing"], ["y"])
        model.outputs = ["y"]
        #expect(try message(model).contains("reads 'nothing', which nothing gives"))
    }

    @Test func aNameThatIsWrittenTwiceIsTold() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 1])]
        model.node("Relu", ["x"], ["y"])
        model.node("Relu", ["x"], ["y"])
        model.outputs = ["y"]
        #expect(try message(model).contains("'y' is written twice"))
    }

    @Test func dimensionsThatOverflowAreTold() throws {
        var model = ModelBytes()
        var tensor = WireContent()
        for _ in 0..<3 { tensor.appendVarint(1 << 31, field: ONNXSchema.Tensor.dimensions) }
        tensor.appendVarint(1, field: ONNXSchema.Tensor.type)
        tensor.appendString("w", field: ONNXSchema.Tensor.name)
        model.initializers.append(tensor)
        #expect(try message(model).contains("whose product overflows"))
    }

    @Test func numbersThatDoNotFitTheDimensionsAreTold() throws {
        var model = ModelBytes()
        var tensor = WireContent()
        tensor.appendVarint(3, field: ONNXSchema.Tensor.dimensions)
        tensor.appendVarint(1, field: ONNXSchema.Tensor.type)
        tensor.appendString("w", field: ONNXSchema.Tensor.name)
        tensor.appendBytes([0, 0, 0, 0], field: ONNXSchema.Tensor.raw)
        model.initializers.append(tensor)
        #expect(try message(model).contains("3 elements of FLOAT, but 1 are stored"))
    }

    @Test func graphsThatNestTooDeepAreTold() throws {
        var model = ModelBytes()
        var graph = WireContent()
        for _ in 0..<200 {
            var attribute = WireContent()
            attribute.appendString("body", field: ONNXSchema.Attribute.name)
            attribute.appendMessage(graph, field: ONNXSchema.Attribute.graph)
            var node = WireContent()
            node.appendMessage(attribute, field: ONNXSchema.Node.attributes)
            graph = WireContent()
            graph.appendMessage(node, field: ONNXSchema.Graph.nodes)
        }
        var attribute = WireContent()
        attribute.appendMessage(graph, field: ONNXSchema.Attribute.graph)
        model.node("If", [], ["y"], attributes: [attribute])
        model.outputs = ["y"]
        #expect(try message(model).contains("nest more than 100 deep"))
    }

    @Test(arguments: ["../w.bin", "/etc/hosts", "a/../../w.bin", "..\\w.bin"])
    func externalDataOutsideTheFolderIsRefused(location: String) throws {
        var model = ModelBytes()
        var entry = WireContent()
        entry.appendString("location", field: ONNXSchema.Entry.key)
        entry.appendString(location, field: ONNXSchema.Entry.value)
        var tensor = WireContent()
        tensor.appendVarint(1, field: ONNXSchema.Tensor.dimensions)
        tensor.appendVarint(1, field: ONNXSchema.Tensor.type)
        tensor.appendString("w", field: ONNXSchema.Tensor.name)
        tensor.appendMessage(entry, field: ONNXSchema.Tensor.externalData)
        tensor.appendVarint(1, field: ONNXSchema.Tensor.location)
        model.initializers.append(tensor)
        #expect(try message(model).contains("leaves the folder of the model"))
    }
}
