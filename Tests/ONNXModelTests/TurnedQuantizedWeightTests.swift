import Frontend
import ProtobufWire
import Testing

@testable import ONNXModel

/// Weights of whole numbers and scales that stand behind other nodes, or in other places than the second input.
@Suite struct TurnedQuantizedWeightTests {
    @Test func theScalesOfAWeightBehindATransposeTakeTheFactors() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 3])]
        model.integers("q", [2, 3], [1, 2, 3, 4, 5, 6])
        model.tensor("s", [2], [0.5, 0.25])
        model.node("DequantizeLinear", ["q", "s"], ["d"], attributes: [ModelBytes.integer("axis", 0)])
        model.node("Transpose", ["d"], ["w"])
        model.node("Gemm", ["x", "w"], ["g"])
        model.normalization("g", "y", factors: [2, 4])
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["DequantizeLinear", "Transpose", "Gemm"])
        #expect(try written.numbers("s") == [1, 1])
    }

    @Test func oneScaleBehindATransposeGrowsAlongTheStoredAxis() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 3])]
        model.integers("q", [2, 3], [1, 2, 3, 4, 5, 6])
        model.tensor("s", [], [0.5])
        model.node("DequantizeLinear", ["q", "s"], ["d"])
        model.node("Transpose", ["d"], ["w"])
        model.node("Gemm", ["x", "w"], ["g"])
        model.normalization("g", "y", factors: [2, 4])
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        let node = written.file.nodes[0]
        #expect(written.types == ["DequantizeLinear", "Transpose", "Gemm"])
        #expect(try written.numbers(node.inputs[1]) == [1, 2])
        #expect(node.axis == 0)
    }

    @Test func theConstantOnTheLeftOfAMatMulKeepsItsWholeNumbers() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 3, 4])]
        model.integers("q", [2, 3], [1, 2, 3, 4, 5, 6])
        model.tensor("s", [2], [0.5, 0.25])
        model.node("DequantizeLinear", ["q", "s"], ["w"], attributes: [ModelBytes.integer("axis", 0)])
        model.node("MatMul", ["w", "x"], ["m"])
        model.normalization("m", "y", factors: [2, 4])
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["DequantizeLinear", "MatMul", "Add"])
        #expect(try written.numbers("s") == [1, 1])
    }

    @Test func insideAFunctionTheScalesTakeTheFactors() throws {
        var body = ModelBytes()
        body.inputs = [("x", []), ("q", []), ("s", [])]
        body.outputs = ["c"]
        body.node("DequantizeLinear", ["q", "s"], ["w"], attributes: [ModelBytes.integer("axis", 0)])
        body.node("Conv", ["x", "w"], ["c"])
        var model = ModelBytes()
        model.inputs = [("x", [1, 1, 2, 2])]
        model.integers("q", [2, 1, 1, 1], [3, 5])
        model.tensor("s", [2], [0.5, 0.25])
        model.functions = [body.function("Body")]
        model.node("Body", ["x", "q", "s"], ["c"], domain: "mine")
        model.normalization("c", "y", factors: [2, 4])
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["DequantizeLinear", "Conv"])
        #expect(try written.numbers(written.file.nodes[0].inputs[1]) == [1, 1])
    }

    @Test func oneScaleInsideAFunctionBecomesOneForEachChannel() throws {
        var body = ModelBytes()
        body.inputs = [("x", []), ("q", []), ("s", [])]
        body.outputs = ["c"]
        body.node("DequantizeLinear", ["q", "s"], ["w"], attributes: [ModelBytes.integer("axis", 1)])
        body.node("Conv", ["x", "w"], ["c"])
        var model = ModelBytes()
        model.inputs = [("x", [1, 1, 2, 2])]
        model.integers("q", [2, 1, 1, 1], [3, 5])
        model.tensor("s", [], [0.5])
        model.functions = [body.function("Body")]
        model.node("Body", ["x", "q", "s"], ["c"], domain: "mine")
        model.normalization("c", "y", factors: [2, 4])
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        let node = written.file.nodes[0]
        #expect(written.types == ["DequantizeLinear", "Conv"])
        #expect(try written.numbers(node.inputs[1]) == [1, 2])
        #expect(node.axis == 0)
    }

    @Test func aWeightThatIsRoundedAndTakenBackKeepsItsWholeNumbers() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 1, 2, 2])]
        // 1.6 and -0.7 are 3 and -3 steps.
        model.tensor("f", [2, 1, 1, 1], [1.6, -0.7])
        model.tensor("s", [2], [0.5, 0.25])
        model.integers("z", [2], [0, 0])
        let axis = ModelBytes.integer("axis", 0)
        model.node("QuantizeLinear", ["f", "s", "z"], ["q"], attributes: [axis])
        model.node("DequantizeLinear", ["q", "s", "z"], ["w"], attributes: [axis])
        model.node("Conv", ["x", "w"], ["c"])
        model.normalization("c", "y", factors: [2, 4])
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["QuantizeLinear", "DequantizeLinear", "Conv"])
        #expect(try written.numbers("s") == [0.5, 0.25])
        #expect(try written.numbers(written.file.nodes[1].inputs[1]) == [1, 1])
        let network = written.network
        let weight = try #require(network.layers.first { $0.type == "Conv" }?.operation.parameters.first)
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 2)
        buffer.initialize(repeating: 0)
        defer { buffer.deallocate() }
        try #require(written.weights).read(weight, from: 0, into: buffer)
        #expect(Array(buffer) == [3, -3])
    }
}

extension ONNXNode {
    fileprivate var axis: Int? { if case .integer(let number) = self[attribute: "axis"] { number } else { nil } }
}
