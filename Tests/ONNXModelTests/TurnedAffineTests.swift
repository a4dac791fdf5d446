import Folding
import Frontend
import ProtobufWire
import Testing

@testable import ONNXModel

/// Affines behind a Transpose, whose numbers run along the axis that was the channels' before.
@Suite struct TurnedAffineTests {
    /// x - (function) - Transpose to (n, h, w, c) - Mul and Add along c
    private func model(_ function: String, _ change: (inout ModelBytes) -> Void = { _ in }) -> ModelBytes {
        var model = ModelBytes()
        model.inputs = [("x", [1, 2, 3, 3])]
        if function == "Conv" {
            model.tensor("w", [2, 2, 1, 1], [1, 2, 3, 4])
            model.node("Conv", ["x", "w"], ["c"])
        } else {
            model.node(function, ["x"], ["c"])
        }
        model.node("Transpose", ["c"], ["t"], attributes: [ModelBytes.integers("perm", [0, 2, 3, 1])])
        model.tensor("factors", [2], [2, -1])
        model.tensor("terms", [1, 1, 1, 2], [5, 7])
        model.node("Mul", ["t", "factors"], ["m"])
        model.node("Add", ["m", "terms"], ["y"])
        model.outputs = ["y"]
        change(&model)
        return model
    }

    @Test func goIntoTheConvolutionBeforeTheTranspose() throws {
        let (written, _) = try model("Conv").folded(in: Folder())
        #expect(written.types == ["Conv", "Transpose"])
        #expect(try written.numbers("w") == [2, 4, -3, -4])
        #expect(written.file.nodes[0].inputs.count == 3)
        #expect(written.file.nodes[1].inputs == written.file.nodes[0].outputs)
        #expect(written.file.nodes[1].outputs == ["y"])
    }

    @Test func stayWhereTheyAreWhenNothingChanges() throws {
        let model = model("Sigmoid") { model in
            model.nodes.removeLast()
            model.outputs = ["m"]
        }
        let (_, bytes) = try model.folded(in: Folder())
        #expect(bytes == model.bytes)
    }

    @Test func becomeOneBeforeTheTransposeWhereNothingTakesThem() throws {
        let (written, _) = try model("Sigmoid") { model in
            model.nodes.removeLast()
            model.node("Mul", ["m", "terms"], ["y"])
        }.folded(in: Folder())
        #expect(written.types == ["Sigmoid", "Mul", "Transpose"])
        let factor = written.file.nodes[1].inputs[1]
        #expect(try written.numbers(factor) == [10, -7])
        #expect(written.file.initializers.first { $0.name == factor }?.dimensions == [2, 1, 1])
        #expect(written.file.nodes[2].inputs == written.file.nodes[1].outputs)
        #expect(written.file.nodes[2].outputs == ["y"])
    }

    @Test(arguments: ["another reader", "an output"])
    func areLeftAloneWhereTheTransposedValueIsSeenElsewhere(who: String) throws {
        let model = model("Conv") { model in
            if who == "an output" { model.outputs.append("t") } else { model.node("Relu", ["t"], ["r"]) }
            if who != "an output" { model.outputs.append("r") }
        }
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types.filter { $0 == "Mul" || $0 == "Add" } == ["Mul", "Add"])
        #expect(try written.numbers("w") == [1, 2, 3, 4])
    }

    @Test func numbersAlongAnotherAxisAreNoChannels() throws {
        let (written, _) = try model("Conv") { model in
            model.tensor("rows", [3, 1], [1, 2, 3])
            model.node("Mul", ["y", "rows"], ["z"])
            model.outputs = ["z"]
        }.folded(in: Folder())
        #expect(written.types == ["Conv", "Transpose", "Mul"])
    }
}
