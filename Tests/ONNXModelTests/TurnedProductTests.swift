import ProtobufWire
import Testing

@testable import ONNXModel

/// Products with a constant matrix along the last axis, whose columns a node behind makes channels.
@Suite struct TurnedProductTests {
    private func model(_ shape: [Int]) -> ModelBytes {
        var model = ModelBytes()
        model.inputs = [("x", shape)]
        model.tensor("w", [3, 2], [1])
        model.node("MatMul", ["x", "w"], ["m"])
        return model
    }

    @Test(arguments: [([1, 4, 3], [0, 2, 1]), ([1, 4, 5, 3], [0, 3, 1, 2]), ([1, 4, 5, 2, 3], [0, 4, 1, 2, 3])])
    func aTransposeMakesChannelsOfTheColumns(shape: [Int], order: [Int]) throws {
        var model = model(shape)
        model.tensor("b", [2], [5, 7])
        model.node("Add", ["m", "b"], ["a"])
        model.node("Transpose", ["a"], ["t"], attributes: [ModelBytes.integers("perm", order)])
        model.batchNormalization("t", "y")
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["MatMul", "Add", "Transpose"])
        #expect(try written.numbers("w") == [2, -1, 2, -1, 2, -1])
        #expect(try written.numbers("b") == [11, -4])
    }

    @Test func aProductWithoutABiasGainsOneBeforeTheTranspose() throws {
        var model = model([1, 4, 5, 3])
        model.node("Transpose", ["m"], ["t"], attributes: [ModelBytes.integers("perm", [0, 3, 1, 2])])
        model.batchNormalization("t", "y")
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["MatMul", "Add", "Transpose"])
    }

    @Test func aReshapeMakesChannelsOfTheColumns() throws {
        var model = model([2, 4, 3])
        model.tensor("b", [2], [5, 7])
        model.node("Add", ["m", "b"], ["a"])
        model.wholeNumbers("shape", [2], [-1, 2])
        model.node("Reshape", ["a", "shape"], ["r"])
        model.batchNormalization("r", "y")
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["MatMul", "Add", "Reshape"])
        #expect(try written.numbers("w") == [2, -1, 2, -1, 2, -1])
        #expect(try written.numbers("b") == [11, -4])
    }

    @Test func aReshapeThatMixesColumnsAndRowsTakesNothing() throws {
        var model = model([3, 2, 3])
        model.wholeNumbers("shape", [3], [2, 2, 3])
        model.node("Reshape", ["m", "shape"], ["r"])
        model.batchNormalization("r", "y")
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(try written.numbers("w") == [1, 1, 1, 1, 1, 1])
    }

    @Test func aFactorOfOneBetweenProductAndTransposeGoes() throws {
        var model = model([1, 4, 5, 3])
        model.tensor("one", [2], [1])
        model.node("Mul", ["m", "one"], ["p"])
        model.node("Transpose", ["p"], ["t"], attributes: [ModelBytes.integers("perm", [0, 3, 1, 2])])
        model.outputs = ["t"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["MatMul", "Transpose"])
    }
}

extension ModelBytes {
    /// Whole numbers of 64 bits.
    mutating func wholeNumbers(_ name: String, _ shape: [Int], _ numbers: [Int]) {
        var tensor = WireContent()
        for length in shape { tensor.appendVarint(UInt64(length), field: ONNXSchema.Tensor.dimensions) }
        tensor.appendVarint(7, field: ONNXSchema.Tensor.type)
        tensor.appendString(name, field: ONNXSchema.Tensor.name)
        tensor.appendBytes(
            numbers.flatMap { number in withUnsafeBytes(of: Int64(number)) { Array($0) } },
            field: ONNXSchema.Tensor.raw)
        initializers.append(tensor)
    }
}
