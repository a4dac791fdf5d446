import Folding
import Frontend
import ProtobufWire
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

    @Test func termsThatDifferFromRowToRowTakeFactorsAndShift() throws {
        var model = ModelBytes()
        model.inputs = [("x", [2, 1])]
        model.tensor("w", [1, 2], [1])
        model.tensor("c", [2, 1], [4, 6])
        model.node("Gemm", ["x", "w", "c"], ["g"], attributes: [ModelBytes.float("beta", 0.5)])
        model.batchNormalization("g", "y")
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["Gemm"])
        #expect(try written.numbers("w") == [2, -1])
        #expect(try written.numbers(written.file.nodes[0].inputs[2]) == [5, 1, 7, 0])
        #expect(written.file.nodes[0].attributes.isEmpty)
    }

    @Test func aFactorOfItsOwnIsRoundedWithTheFold() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 1])]
        model.tensor("w", [1, 2], [1.1])
        model.node("Gemm", ["x", "w"], ["g"], attributes: [ModelBytes.float("alpha", 0.7)])
        model.tensor("factor", [2], [1.3])
        model.node("Mul", ["g", "factor"], ["y"])
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        let exact = Double(Float(1.1)) * Double(Float(0.7)) * Double(Float(1.3))
        #expect(try written.numbers("w") == [Float(exact), Float(exact)])
    }

    @Test func aProductThatIsTurnedTakesANormalizationOfItsColumns() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 3, 1])]
        model.tensor("w", [1, 2], [1])
        model.tensor("b", [2], [1])
        model.node("MatMul", ["x", "w"], ["m"])
        model.node("Add", ["m", "b"], ["a"])
        model.node("Transpose", ["a"], ["t"], attributes: [ModelBytes.integers("perm", [0, 2, 1])])
        model.batchNormalization("t", "y")
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["MatMul", "Add", "Transpose"])
        #expect(try written.numbers("w") == [2, -1])
        #expect(try written.numbers("b") == [3, 2])
        #expect(written.file.nodes[2].outputs == ["y"])
    }

    @Test func aConstantThatIsAddedTakesItsPart() throws {
        var model = convolution()
        model.nodes.removeLast()
        model.tensor("k", [1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8])
        model.node("Add", ["c", "k"], ["s"])
        model.node(
            "BatchNormalization", ["s", "y.scale", "y.bias", "y.mean", "y.variance"], ["y"],
            attributes: [ModelBytes.float("epsilon", 0)])
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["Conv", "Add"])
        #expect(try written.numbers(written.file.nodes[1].inputs[1]) == [2, 4, 6, 8, -5, -6, -7, -8])
    }

    @Test func anEntryThatIsPickedLetsANormalizationPass() throws {
        var model = convolution()
        model.nodes.removeLast()
        model.batchNormalization("c", "n")
        var index = WireContent()
        index.appendVarint(7, field: ONNXSchema.Tensor.type)
        index.appendString("i", field: ONNXSchema.Tensor.name)
        index.appendBytes([1, 0, 0, 0, 0, 0, 0, 0], field: ONNXSchema.Tensor.raw)
        model.initializers.append(index)
        model.node("Gather", ["n", "i"], ["y"], attributes: [ModelBytes.integer("axis", 2)])
        #expect(try model.folded(in: Folder()).0.types == ["Conv", "Gather"])
    }

    @Test func whatIsLeftForATypeIsTold() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 2, 2, 2])]
        for name in ["s", "b", "m"] { model.tensor(name, [2], [1]) }
        model.node("BatchNormalization", ["x", "s", "b", "m", "x"], ["y"])
        model.outputs = ["y"]
        let remarks = try model.open(in: Folder()).remarks
        #expect(remarks.map(\.layers) == [["y"]])
        #expect(remarks.first?.message.contains("known only when the model runs") ?? false)
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
