import Foundation
import Frontend
import ProtobufWire
import Testing

@testable import ONNXModel

/// Files that are made to take what a machine has, or to read what is none of theirs.
@Suite struct HostileModelTests {
    /// A model with one tensor of three numbers that lie in another file.
    private func external(_ entries: [(String, String)]) -> ModelBytes {
        var model = ModelBytes()
        var tensor = WireContent()
        tensor.appendVarint(3, field: ONNXSchema.Tensor.dimensions)
        tensor.appendVarint(1, field: ONNXSchema.Tensor.type)
        tensor.appendString("w", field: ONNXSchema.Tensor.name)
        for (key, value) in entries {
            tensor.appendMessage(ONNXDataLayout.entry(key, value), field: ONNXSchema.Tensor.externalData)
        }
        tensor.appendVarint(1, field: ONNXSchema.Tensor.location)
        model.initializers.append(tensor)
        model.inputs = [("x", [1, 3, 1, 1])]
        model.node("Relu", ["x"], ["y"])
        model.outputs = ["y"]
        return model
    }

    private func message(_ model: ModelBytes, in folder: Folder) throws -> String {
        let error = #expect(throws: (any Error).self) {
            let pair = try model.open(in: folder)
            _ = try pair.numbers("w")
        }
        return error.map { "\($0)" } ?? ""
    }

    @Test(arguments: [("8", "12"), ("16", "12"), ("9223372036854775807", "12"), ("1", "12")])
    func numbersBehindTheEndOfAFileAreTold(offset: String, length: String) throws {
        let folder = try Folder()
        _ = try folder.write([UInt8](repeating: 0, count: 12), as: "w.bin")
        let model = external([("location", "w.bin"), ("offset", offset), ("length", length)])
        #expect(try message(model, in: folder).contains("has 12 bytes, but tensor 'w'"))
    }

    @Test(arguments: ["8", "16", "9223372036854775807"])
    func aLengthThatIsNotTheTensorsIsTold(length: String) throws {
        let folder = try Folder()
        _ = try folder.write([UInt8](repeating: 0, count: 16), as: "w.bin")
        let model = external([("location", "w.bin"), ("length", length)])
        #expect(try message(model, in: folder).contains("tensor 'w' takes 12 bytes"))
    }

    @Test(arguments: ["-4", "4.5", "99999999999999999999", ""])
    func anOffsetThatIsNoNumberIsTold(offset: String) throws {
        let model = external([("location", "w.bin"), ("offset", offset)])
        #expect(try message(model, in: Folder()).contains("the 'offset' of external data is '\(offset)'"))
    }

    @Test func aLinkThatLeadsOutOfTheFolderIsRefused() throws {
        let (folder, outside) = (try Folder(), try Folder())
        let target = try outside.write([UInt8](repeating: 0, count: 12), as: "w.bin")
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/w.bin", withDestinationPath: target)
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/inner", withDestinationPath: outside.path)
        for location in ["w.bin", "inner/w.bin"] {
            #expect(try message(external([("location", location)]), in: folder).contains("link that leaves the folder"))
        }
    }

    @Test func aLinkThatStaysInTheFolderIsFollowed() throws {
        let folder = try Folder()
        _ = try folder.write([0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40], as: "w.bin")
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/l.bin", withDestinationPath: "\(folder.path)/w.bin")
        #expect(try external([("location", "l.bin")]).open(in: folder).numbers("w") == [1, 2, 3])
    }

    @Test func twoTensorsOfOneNameAreTold() throws {
        var model = ModelBytes()
        model.tensor("w", [1], [1])
        model.tensor("w", [1], [2])
        #expect(try message(model, in: Folder()).contains("two initializers are called 'w'"))
    }

    @Test func aNodeThatReadsItselfIsTold() throws {
        var model = ModelBytes()
        model.node("Relu", ["y"], ["y"])
        model.outputs = ["y"]
        #expect(try message(model, in: Folder()).contains("form a cycle"))
    }

    @Test func anOutputThatNothingWritesIsTold() throws {
        var model = ModelBytes()
        model.outputs = ["y"]
        #expect(try message(model, in: Folder()).contains("the output 'y' of the graph is written by no node"))
    }

    @Test(arguments: [150, 1000, 20_000])
    func graphsInsideOfGraphsEndSomewhere(depth: Int) throws {
        typealias Schema = ONNXSchema
        // Written from the inside and turned around: each level is a node with an attribute with a graph.
        var bytes: [UInt8] = []
        func enclose(in field: Int) { bytes += Self.varint(bytes.count).reversed() + [UInt8(field << 3 | 2)] }
        for _ in 0..<depth {
            for field in [Schema.Attribute.graph, Schema.Node.attributes, Schema.Graph.nodes] { enclose(in: field) }
        }
        enclose(in: Schema.Attribute.graph)
        var node = WireContent()
        node.appendBytes(bytes.reversed(), field: Schema.Node.attributes)
        var model = ModelBytes()
        model.nodes = [node]
        #expect(try message(model, in: Folder()).contains("nest more than 100 deep"))
    }

    private static func varint(_ number: Int) -> [UInt8] {
        var (rest, bytes) = (number, [UInt8]())
        repeat {
            bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return bytes
    }

    /// 20,000 nodes, of which half make values that the other half reads, far apart: searches from one to the other would not end.
    @Test(arguments: ["MatMul", "Transpose", "Relu"])
    func valuesThatAreReadFarBehindAreFound(type: String) throws {
        let half = 10_000
        var model = ModelBytes()
        model.inputs = [("x", [1, 2, 2])]
        model.tensor("w", [2, 2], [1])
        model.tensor("c", [2], [3])
        for index in 0..<half { model.node(type, type == "MatMul" ? ["x", "w"] : ["x"], ["a\(index)"]) }
        for index in 0..<half { model.node("Add", ["a\(index)", "c"], ["b\(index)"]) }
        model.node("Sum", (0..<half).map { "b\($0)" }, ["y"])
        model.outputs = ["y"]
        let pair = try model.open(in: Folder())
        #expect(pair.file.nodes.count == 2 * half + 1)
        #expect(pair.network.outputs.count == 1)
    }

    @Test func constantsThatGrowWithoutEndAreTold() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1])]
        model.tensor("c0", [1 << 16], [1])
        for index in 0..<100 { model.node("Exp", ["c\(index)"], ["c\(index + 1)"]) }
        model.node("Add", ["x", "c100"], ["y"])
        model.outputs = ["y"]
        #expect(try message(model, in: Folder()).contains("computing them beforehand takes no end"))
    }

    @Test func lengthsThatAreJoinedWithoutEndAreNoConstant() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 2, 2, 2])]
        model.node("Shape", ["x"], ["s0"])
        for index in 0..<40 {
            model.node(
                "Concat", ["s\(index)", "s\(index)"], ["s\(index + 1)"], attributes: [ModelBytes.integer("axis", 0)])
        }
        model.node("Reshape", ["x", "s40"], ["y"])
        model.outputs = ["y"]
        #expect(try model.open(in: Folder()).network.layers.contains { $0.type == "Concat" })
    }
}
