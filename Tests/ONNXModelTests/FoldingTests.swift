import Folding
import Frontend
import Testing

@testable import ONNXModel

/// Folds of small models, from file to file.
@Suite struct ONNXFoldingTests {
    private func convolution(_ change: (inout ModelBytes) -> Void = { _ in }) -> ModelBytes {
        var model = ModelBytes()
        model.inputs = [("x", [1, 1, 2, 2])]
        model.tensor("w", [2, 1, 1, 1], [3, 5])
        model.tensor("b", [2], [1, 1])
        model.node("Conv", ["x", "w", "b"], ["c"])
        model.batchNormalization("c", "y")
        model.outputs = ["y"]
        change(&model)
        return model
    }

    @Test func aConvolutionTakesTheNormalizationBehindIt() throws {
        let (written, _) = try convolution().folded(in: Folder())
        #expect(written.types == ["Conv"])
        #expect(try written.numbers("w") == [6, -5])
        #expect(try written.numbers("b") == [3, 2])
        #expect(written.file.nodes[0].outputs == ["y"])
        #expect(written.file.initializers.map(\.name) == ["w", "b"])
    }

    @Test func aModelWithNothingToFoldComesOutIdentical() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 2, 2, 2])]
        model.tensor("unread", [2], [1])
        model.node("Relu", ["x"], ["y"])
        model.outputs = ["y"]
        #expect(try model.folded(in: Folder()).bytes == model.bytes)
    }

    @Test func aWeightThatTheCallerGetsAsWellIsCopied() throws {
        let model = convolution { $0.outputs.append("w") }
        let (written, _) = try model.folded(in: Folder())
        #expect(try written.numbers("w") == [3, 5])
        #expect(try written.numbers(written.file.nodes[0].inputs[1]) == [6, -5])
    }

    @Test func aMatrixProductGetsAnAddForTheShift() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 3])]
        model.tensor("w", [3, 2], [1])
        model.node("MatMul", ["x", "w"], ["m"])
        model.batchNormalization("m", "y")
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["MatMul", "Add"])
        #expect(try written.numbers("w") == [2, -1, 2, -1, 2, -1])
        #expect(written.file.nodes[1].outputs == ["y"])
    }

    @Test func alphaAndBetaOfAGemmGoIntoItsNumbers() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 1])]
        model.tensor("w", [2, 1], [1])
        model.tensor("c", [1, 2], [4])
        model.node(
            "Gemm", ["x", "w", "c"], ["g"],
            attributes: [ModelBytes.integer("transB", 1), ModelBytes.float("alpha", 3), ModelBytes.float("beta", 0.5)])
        model.batchNormalization("g", "y")
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(try written.numbers("w") == [6, -3])
        #expect(try written.numbers("c") == [5, 1])
        #expect(written.file.nodes[0].attributes.map(\.name) == ["transB"])
    }

    @Test func aFactorAlongTheWidthIsLeftAlone() throws {
        var model = convolution()
        model.nodes.removeLast()
        model.tensor("factor", [2], [2, 3])
        model.node("Mul", ["c", "factor"], ["y"])
        let (written, bytes) = try model.folded(in: Folder())
        #expect(written.types == ["Conv", "Mul"])
        #expect(bytes == model.bytes)
    }

    @Test func aFactorForEachChannelIsTaken() throws {
        var model = convolution()
        model.nodes.removeLast()
        model.tensor("factor", [2, 1, 1], [2, 3])
        model.node("Mul", ["factor", "c"], ["y"])
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["Conv"])
        #expect(try written.numbers("w") == [6, 15])
    }

    @Test func anOperatorOfAnotherDomainIsNoNormalization() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 1, 2, 2])]
        model.tensor("w", [2, 1, 1, 1], [3, 5])
        for name in ["s", "b", "m", "v"] { model.tensor(name, [2], [1]) }
        model.node("Conv", ["x", "w"], ["c"])
        model.node("BatchNormalization", ["c", "s", "b", "m", "v"], ["y"], domain: "mine")
        model.outputs = ["y"]
        #expect(try model.folded(in: Folder()).bytes == model.bytes)
    }

    @Test func trainingModeIsLeftAlone() throws {
        var model = ModelBytes()
        model.opset = 15
        model.inputs = [("x", [1, 1, 2, 2])]
        model.tensor("w", [2, 1, 1, 1], [3, 5])
        for name in ["s", "b", "m", "v"] { model.tensor(name, [2], [1]) }
        model.node("Conv", ["x", "w"], ["c"])
        model.node(
            "BatchNormalization", ["c", "s", "b", "m", "v"], ["y", "mean", "variance"],
            attributes: [ModelBytes.integer("training_mode", 1)])
        model.outputs = ["y"]
        #expect(try model.folded(in: Folder()).bytes == model.bytes)
    }

    @Test func whatIsLeftBecomesOneNode() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 2, 2, 2])]
        model.tensor("factor", [1, 2, 1, 1], [2, 3])
        model.tensor("term", [2, 1, 1], [1, 0])
        model.node("Mul", ["x", "factor"], ["a"])
        model.node("Add", ["a", "term"], ["b"])
        model.node("Sigmoid", ["b"], ["y"])
        model.outputs = ["y"]
        #expect(try model.folded(in: Folder()).0.types == ["BatchNormalization", "Sigmoid"])
    }

    @Test func aDeadReaderGoesWithTheValueThatItReads() throws {
        let model = convolution { $0.node("Relu", ["c"], ["dead"]) }
        #expect(try model.folded(in: Folder()).0.types == ["Conv"])
    }

    @Test func aDefaultThatChangesIsNoInputAnyMore() throws {
        let model = convolution { $0.declared = [("w", [2, 1, 1, 1]), ("y.mean", [2])] }
        let (written, _) = try model.folded(in: Folder())
        #expect(written.file.inputs.map(\.name) == ["x"])
    }

    @Test func overridableInputsAreLeftAloneOnDemand() throws {
        let model = convolution { $0.declared = [("w", [2, 1, 1, 1]), ("b", [2])] }
        var options = ModelOptions()
        options[ONNXOptions.self].keepsOverridableInputs = true
        #expect(try model.folded(in: Folder(), options: options).bytes == model.bytes)
    }

    @Test func beforeIRVersion4ANewTensorIsAnInputAsWell() throws {
        var model = ModelBytes()
        model.irVersion = 3
        model.opset = 9
        model.inputs = [("x", [1, 1, 2, 2])]
        model.tensor("w", [2, 1, 1, 1], [3, 5])
        model.node("Conv", ["x", "w"], ["c"])
        model.batchNormalization("c", "y")
        model.declared = ["y.scale", "y.bias", "y.mean", "y.variance"].map { ($0, [2]) } + [("w", [2, 1, 1, 1])]
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(Set(written.file.inputs.map(\.name)) == Set(written.file.initializers.map(\.name) + ["x"]))
        #expect(written.file.initializers.count == 2)
    }
}
