import Testing

@testable import ONNXModel

/// Names of values after a fold.
@Suite struct NamingTests {
    @Test func aShiftThatGoesBehindAPoolingWritesAValueOfItsOwn() throws {
        // Its factors are positive, so it may go behind the pooling, where there are fewer elements.
        var model = ModelBytes()
        model.inputs = [("x", [1, 2, 4, 4])]
        for (name, numbers) in [("s", [2, 3]), ("b", [1, 1]), ("m", [0, 0]), ("v", [1, 1])] as [(String, [Float])] {
            model.tensor(name, [2], numbers)
        }
        model.node("Relu", ["x"], ["r"])
        model.node("BatchNormalization", ["r", "s", "b", "m", "v"], ["n"])
        model.node("MaxPool", ["n"], ["p"], attributes: [ModelBytes.integers("kernel_shape", [2, 2])])
        model.node("Sigmoid", ["p"], ["y"])
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        let names = written.file.nodes.flatMap(\.outputs)
        #expect(Set(names).count == names.count)
    }

    @Test func aNewNameIsNoneOfATensorOrOfAGraphInside() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 3])]
        model.tensor("w", [3, 2], [1])
        // What the sum's parts would be called.
        model.tensor("y_product", [1], [1])
        model.node("MatMul", ["x", "w"], ["m"])
        model.batchNormalization("m", "y")
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.file.nodes[0].outputs == ["y_product_2"])
    }
}
