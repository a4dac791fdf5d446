import ProtobufWire
import Testing

@testable import ONNXModel

/// What values are made of, behind nodes that are not understood.
@Suite struct TypeTests {
    @Test func aConvolutionBehindAnUnknownOperatorFolds() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 2, 4, 4])]
        model.tensor("w", [2, 2, 1, 1], [1])
        model.node("Strange", ["x"], ["s"], domain: "elsewhere")
        model.node("Conv", ["s", "w"], ["c"])
        model.batchNormalization("c", "y")
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["Strange", "Conv"])
        #expect(try written.numbers("w") == [2, 2, -1, -1])
    }

    @Test func aGemmBehindAnUnknownOperatorFolds() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 2])]
        model.tensor("w", [2, 2], [1])
        model.node("Strange", ["x"], ["s"], domain: "elsewhere")
        model.node("Gemm", ["s", "w"], ["g"])
        model.batchNormalization("g", "y")
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["Strange", "Gemm"])
    }

    @Test func anOperatorThatKeepsTheTypeIsKnownByItsInput() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 2, 4]), ("axis", [1])]
        model.tensor("scale", [2, 1], [2, 3])
        model.tensor("more", [2, 1], [5, 7])
        model.node("CumSum", ["x", "axis"], ["s"])
        model.node("Mul", ["s", "scale"], ["m"])
        model.node("Mul", ["m", "more"], ["y"])
        model.outputs = ["y"]
        let pair = try model.open(in: Folder())
        #expect(pair.network.layers.last?.type == "Mul")
        if case .opaque = pair.network.layers.last?.operation { Issue.record("the type is not known behind a CumSum") }
    }

    @Test func whatABranchComputesIsNotTakenForFloatingPoint() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 2, 4])]
        model.tensor("scale", [2, 1], [2, 3])
        model.node("Strange", ["x"], ["s"], domain: "elsewhere")
        model.node("Mul", ["s", "scale"], ["y"])
        model.outputs = ["y"]
        let pair = try model.open(in: Folder())
        guard case .opaque = pair.network.layers.last?.operation else {
            Issue.record("a value of an unknown type is taken for floating point")
            return
        }
    }
}
