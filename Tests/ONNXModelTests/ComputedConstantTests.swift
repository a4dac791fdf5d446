import Frontend
import NetGraph
import ProtobufWire
import Testing

@testable import ONNXModel

/// What nodes make of constants before the model runs.
@Suite struct ComputedConstantTests {
    /// The numbers of the constant that some nodes make, as the weight of a convolution reads them.
    private func numbers(
        shape: [Int], opset: Int = 13, _ build: (inout ModelBytes) -> Void
    ) throws -> [Float] {
        var model = ModelBytes()
        model.opset = opset
        model.inputs = [("x", [1, shape[1], 4, 4])]
        build(&model)
        model.node("Conv", ["x", "w"], ["y"])
        model.outputs = ["y"]
        let pair = try model.open(in: Folder())
        let layer = try #require(pair.network.layers.first { $0.type == "Conv" })
        let weight = try #require(layer.operation.parameters.first, "the weight is no constant")
        #expect(pair.network[weight].shape == shape)
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: shape.reduce(1, *))
        buffer.initialize(repeating: 0)
        defer { buffer.deallocate() }
        try #require(pair.weights).read(weight, from: 0, into: buffer)
        return Array(buffer)
    }

    @Test func slicesGoBackwardsAlongAnyAxis() throws {
        let found = try numbers(shape: [2, 1, 1, 2]) { model in
            model.tensor("f", [3, 1, 1, 2], [1, 2, 3, 4, 5, 6])
            model.wholeNumbers("starts", [2], [-1, 0])
            model.wholeNumbers("ends", [2], [-100, 9])
            model.wholeNumbers("axes", [2], [0, 3])
            model.wholeNumbers("steps", [2], [-2, 1])
            model.node("Slice", ["f", "starts", "ends", "axes", "steps"], ["w"])
        }
        #expect(found == [5, 6, 1, 2])
    }

    @Test func gatherTakesPlacesOfAnyAxis() throws {
        let found = try numbers(shape: [1, 2, 1, 2]) { model in
            model.tensor("f", [1, 2, 1, 3], [1, 2, 3, 4, 5, 6])
            model.wholeNumbers("places", [2], [-1, 0])
            model.node("Gather", ["f", "places"], ["w"], attributes: [ModelBytes.integer("axis", 3)])
        }
        #expect(found == [3, 1, 6, 4])
    }

    @Test func concatJoinsAlongAnyAxis() throws {
        let found = try numbers(shape: [2, 2, 1, 1]) { model in
            model.tensor("a", [2, 1, 1, 1], [1, 2])
            model.tensor("b", [2, 1, 1, 1], [3, 4])
            model.node("Concat", ["a", "b"], ["w"], attributes: [ModelBytes.integer("axis", 1)])
        }
        #expect(found == [1, 3, 2, 4])
    }

    @Test func splitMakesSeveralConstants() throws {
        let found = try numbers(shape: [1, 1, 1, 2]) { model in
            model.tensor("f", [2, 1, 1, 2], [1, 2, 3, 4])
            model.node("Split", ["f"], ["v", "w"], attributes: [ModelBytes.integer("axis", 0)])
        }
        #expect(found == [3, 4])
    }

    @Test func aNormedWeightIsAConstant() throws {
        // Weights of length 5 and 10, to have lengths 1 and 3.
        let found = try numbers(shape: [2, 2, 1, 1]) { model in
            model.tensor("v", [2, 2, 1, 1], [3, 4, 6, 8])
            model.tensor("g", [2, 1, 1, 1], [1, 3])
            model.node("ReduceL2", ["v"], ["n"], attributes: [ModelBytes.integers("axes", [1, 2, 3])])
            model.node("Div", ["g", "n"], ["f"])
            model.node("Mul", ["v", "f"], ["w"])
        }
        #expect(zip(found, [0.6, 0.8, 1.8, 2.4] as [Float]).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test func conditionsChooseElements() throws {
        let found = try numbers(shape: [1, 1, 1, 3]) { model in
            model.tensor("f", [1, 1, 1, 3], [-1, 0, 2])
            model.tensor("zero", [], [0])
            model.tensor("seven", [1], [7])
            model.node("Greater", ["f", "zero"], ["c"])
            model.node("Not", ["c"], ["n"])
            model.node("Where", ["n", "seven", "f"], ["w"])
        }
        #expect(found == [7, 7, 2])
    }

    @Test func productsOfMatricesAreConstants() throws {
        let found = try numbers(shape: [2, 1, 1, 1]) { model in
            model.tensor("a", [2, 2], [1, 2, 3, 4])
            model.tensor("b", [2], [5, 6])
            model.node("MatMul", ["a", "b"], ["v"])
            model.wholeNumbers("shape", [4], [2, 1, 1, 1])
            model.node("Reshape", ["v", "shape"], ["w"])
        }
        #expect(found == [17, 39])
    }

    @Test func whatPyTorchMakesOfPadsIsRead() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 2, 4, 4])]
        // Widths from the last axis on, each before and behind: turned round into those of ONNX.
        model.wholeNumbers("given", [4], [1, 2, 0, 3])
        model.wholeNumbers("count", [1], [4])
        model.node("ConstantOfShape", ["count"], ["none"], attributes: [ModelBytes.zero("value")])
        model.node("Concat", ["given", "none"], ["all"], attributes: [ModelBytes.integer("axis", 0)])
        model.wholeNumbers("pairs", [2], [-1, 2])
        model.node("Reshape", ["all", "pairs"], ["table"])
        for (name, number) in [("first", 0), ("start", -1), ("end", -9_223_372_036_854_775_807), ("back", -1)] {
            model.wholeNumbers(name, [1], [number])
        }
        model.node("Slice", ["table", "start", "end", "first", "back"], ["turned"])
        model.node("Transpose", ["turned"], ["columns"], attributes: [ModelBytes.integers("perm", [1, 0])])
        model.wholeNumbers("flat", [1], [-1])
        model.node("Reshape", ["columns", "flat"], ["list"])
        model.node("Cast", ["list"], ["pads"], attributes: [ModelBytes.integer("to", 7)])
        model.node("Pad", ["x", "pads"], ["y"], attributes: [ModelBytes.text("mode", "reflect")])
        model.outputs = ["y"]
        let pair = try model.open(in: Folder())
        guard case .padding(let padding) = pair.network.layers.last?.operation else {
            Issue.record("the Pad is not read")
            return
        }
        #expect(padding.before == [0, 1])
        #expect(padding.after == [3, 2])
    }

    @Test func whatLeavesTheRangeOfItsTypeIsNotComputed() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 1, 2, 2])]
        model.integers("q", [1, 1, 1, 1], [100])
        model.node("Add", ["q", "q"], ["sum"])
        model.node("Cast", ["sum"], ["w"], attributes: [ModelBytes.integer("to", 1)])
        model.node("Conv", ["x", "w"], ["y"])
        model.outputs = ["y"]
        let pair = try model.open(in: Folder())
        guard case .opaque = pair.network.layers.last?.operation else {
            Issue.record("a sum that wraps is taken for a number")
            return
        }
    }
}

extension ModelBytes {
    /// A tensor of one whole number, which is 0, as an attribute.
    fileprivate static func zero(_ name: String) -> WireContent {
        var tensor = WireContent()
        tensor.appendVarint(1, field: ONNXSchema.Tensor.dimensions)
        tensor.appendVarint(7, field: ONNXSchema.Tensor.type)
        tensor.appendBytes([UInt8](repeating: 0, count: 8), field: ONNXSchema.Tensor.raw)
        var attribute = WireContent()
        attribute.appendString(name, field: ONNXSchema.Attribute.name)
        attribute.appendMessage(tensor, field: ONNXSchema.Attribute.tensor)
        attribute.appendVarint(4, field: ONNXSchema.Attribute.type)
        return attribute
    }
}
