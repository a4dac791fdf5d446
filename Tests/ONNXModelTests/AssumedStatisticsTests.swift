import Frontend
import Testing

@testable import ONNXModel

/// BatchNormalizations in training mode that the caller vouches for.
@Suite struct AssumedStatisticsTests {
    private var assuming: ModelOptions {
        var options = ModelOptions()
        options.assumesStoredStatistics = true
        return options
    }

    private func model(opset: Int, outputs: [String], isBehindConvolution: Bool = true) -> ModelBytes {
        var model = ModelBytes()
        model.opset = opset
        model.inputs = [("x", [1, 2, 2, 2])]
        if isBehindConvolution {
            model.tensor("w", [2, 2, 1, 1], [1])
            model.node("Conv", ["x", "w"], ["c"])
        } else {
            model.node("Sigmoid", ["x"], ["c"])
        }
        for (name, numbers) in [("s", [2, -1]), ("b", [1, 3]), ("m", [0, 0]), ("v", [1, 1])] as [(String, [Float])] {
            model.tensor(name, [2], numbers)
        }
        var attributes = [ModelBytes.float("epsilon", 0)]
        if opset >= 14 { attributes.append(ModelBytes.integer("training_mode", 1)) }
        model.node("BatchNormalization", ["c", "s", "b", "m", "v"], outputs, attributes: attributes)
        model.node("Relu", ["y"], ["z"])
        model.outputs = ["z"]
        return model
    }

    @Test(arguments: [(6, ["y"]), (9, ["y", "m1", "v1", "m2", "v2"]), (15, ["y", "m1", "v1"])])
    func theyFoldByTheStoredStatistics(opset: Int, outputs: [String]) throws {
        let (written, _) = try model(opset: opset, outputs: outputs).folded(in: Folder(), options: assuming)
        #expect(written.types == ["Conv", "Relu"])
        #expect(try written.numbers("w") == [2, 2, -1, -1])
    }

    @Test(arguments: [(6, ["y"]), (9, ["y", "m1", "v1", "m2", "v2"]), (15, ["y", "m1", "v1"])])
    func whatNothingTakesIsWrittenInEvaluationMode(opset: Int, outputs: [String]) throws {
        let model = model(opset: opset, outputs: outputs, isBehindConvolution: false)
        let folder = try Folder()
        let (written, _) = try model.folded(in: folder, options: assuming)
        #expect(written.types == ["Sigmoid", "BatchNormalization", "Relu"])
        #expect(written.file.nodes[1].outputs == ["y"])
        // Without the option it is one of evaluation, too.
        let again = try ONNXPair(written.files, path: try #require(written.files.weights), options: ModelOptions())
        guard
            case .batchNorm(let batchNorm) = again.network.layers.first(where: { $0.type == "BatchNormalization" })?
                .operation
        else {
            Issue.record("no normalisation is left")
            return
        }
        #expect(batchNorm.usesGlobalStatistics == true)
    }

    @Test func theyStayWhereTheirStatisticsAreHandedOut() throws {
        var model = model(opset: 15, outputs: ["y", "m1", "v1"])
        model.outputs.append("m1")
        #expect(try model.folded(in: Folder(), options: assuming).bytes == model.bytes)
    }

    @Test func withoutTheOptionTheyStay() throws {
        let model = model(opset: 15, outputs: ["y", "m1", "v1"])
        #expect(try model.folded(in: Folder()).bytes == model.bytes)
    }
}
