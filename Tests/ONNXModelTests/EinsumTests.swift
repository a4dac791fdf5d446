import Testing

@testable import ONNXModel

/// Products that have a constant matrix and letters for their axes.
@Suite struct EinsumTests {
    private func model(_ equation: String, x: [Int], w: [Int], isFirst: Bool = false) -> ModelBytes {
        var model = ModelBytes()
        model.inputs = [("x", x)]
        model.tensor("w", w, [1])
        model.node(
            "Einsum", isFirst ? ["w", "x"] : ["x", "w"], ["e"], attributes: [ModelBytes.text("equation", equation)])
        model.batchNormalization("e", "y")
        model.outputs = ["y"]
        return model
    }

    @Test(arguments: [
        ("nc,oc->no", [2, 3], [2, 3], false), ("nc,co->no", [2, 3], [3, 2], false),
        ("oc,nc->no", [2, 3], [2, 3], true),
        ("nchw,oc->nohw", [2, 3, 4, 5], [2, 3], false), ("co,ncl->nol", [2, 3, 4], [3, 2], true),
    ])
    func aMatrixOfOutputsAndChannelsTakesTheFactors(equation: String, x: [Int], w: [Int], isFirst: Bool) throws {
        let (written, _) = try model(equation, x: x, w: w, isFirst: isFirst).folded(in: Folder())
        #expect(written.types == ["Einsum", "Add"])
        #expect(try written.numbers("w") == (w[0] == 2 ? [2, 2, 2, -1, -1, -1] : [2, -1, 2, -1, 2, -1]))
        let bias = try #require(written.file.initializerPlaces[written.file.nodes[1].inputs[1]])
        #expect(written.file.initializers[bias].dimensions == [2] + [Int](repeating: 1, count: x.count - 2))
    }

    @Test func anAddBehindItTakesTheShift() throws {
        var model = ModelBytes()
        model.inputs = [("x", [2, 3, 4])]
        model.tensor("w", [2, 3], [1])
        model.tensor("b", [2, 1], [5, 7])
        model.node("Einsum", ["x", "w"], ["e"], attributes: [ModelBytes.text("equation", "ncl,oc->nol")])
        model.node("Add", ["e", "b"], ["a"])
        model.batchNormalization("a", "y")
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["Einsum", "Add"])
        #expect(try written.numbers("b") == [11, -4])
    }

    @Test(arguments: [
        // Another axis, and a sum over two axes.
        ("nlc,co->nlo", [2, 2, 3], [3, 2]), ("nclk,oc->nol", [2, 3, 4, 1], [2, 3]),
    ])
    func otherEquationsTakeNothing(equation: String, x: [Int], w: [Int]) throws {
        let (written, _) = try model(equation, x: x, w: w).folded(in: Folder())
        #expect(try written.numbers("w") == [1, 1, 1, 1, 1, 1])
    }

    @Test func aConstantOnTheLeftOfAGemmTakesNothing() throws {
        var model = ModelBytes()
        model.inputs = [("x", [3, 2])]
        model.tensor("w", [2, 3], [1])
        model.node("Gemm", ["w", "x"], ["g"])
        model.batchNormalization("g", "y")
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["Gemm", "BatchNormalization"])
        #expect(try written.numbers("w") == [1, 1, 1, 1, 1, 1])
    }
}
