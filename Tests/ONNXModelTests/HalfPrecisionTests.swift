import Folding
import Foundation
import Frontend
import NetGraph
import ProtobufWire
import Testing

@testable import ONNXModel

/// Weights in half precision, behind which a Cast stands.
@Suite struct HalfPrecisionTests {
    /// A convolution that folds, and a product that nothing changes.
    private func model(opset: Int = 13) -> ModelBytes {
        var model = ModelBytes()
        model.opset = opset
        model.inputs = [("x", [1, 2, 1, 1])]
        model.tensor("w", [2, 2, 1, 1], [1, 2, 3, 4])
        model.tensor("v", [2, 3], [0.1])
        model.tensor("slope", [1], [0.1])
        model.node("Conv", ["x", "w"], ["c"])
        model.batchNormalization("c", "n")
        model.node("PRelu", ["n", "slope"], ["p"])
        model.node("Flatten", ["p"], ["f"])
        model.node("MatMul", ["f", "v"], ["y"])
        model.outputs = ["y"]
        return model
    }

    @Test func weightsAreRoundedAndCast() throws {
        let (written, _) = try model().halved(in: Folder())
        #expect(written.types == ["Cast", "Cast", "Cast", "Conv", "PRelu", "Flatten", "MatMul"])
        let casts = written.file.nodes.prefix(3)
        #expect(casts.allSatisfy { $0.attributes.map(\.name) == ["to"] })
        for cast in casts {
            let place = try #require(written.file.initializerPlaces[cast.inputs[0]])
            #expect(written.file.initializers[place].type == .float16)
        }
        #expect(try written.numbers(casts[0].inputs[0]) == [2, 4, -3, -4])
        // The Float of 0.1, rounded.
        let product = try #require(written.file.nodes.last?.inputs[1])
        let cast = try #require(casts.first { $0.outputs == [product] })
        #expect(try written.numbers(cast.inputs[0])[0] == 0.0999755859375)
        // What no linear layer reads stays.
        #expect(try written.numbers("slope") == [0.1])
        #expect(written.file.initializers.count == 4)
    }

    @Test func whatIsReadBackIsToldAsHalfOnlyWhereThatIsAsked() throws {
        let folder = try Folder()
        let (written, _) = try model().halved(in: folder)
        #expect(!written.network.parameters.contains { $0.elementType == .float16 })
        var options = ModelOptions()
        options.tellsHalfPrecision = true
        let told = try ONNXPair(written.files, path: written.file.path, options: options)
        #expect(told.network.parameters.filter { $0.elementType == .float16 }.count == 3)
    }

    @Test func aModelThatComputesInHalfPrecisionGetsNoCast() throws {
        var model = model()
        model.initializers = []
        model.nodes = []
        model.raw("w", 10, [2, 2, 1, 1], [0, 0x3C, 0, 0x3C, 0, 0x3C, 0, 0x3C])
        model.node("Conv", ["x", "w"], ["y"])
        let (written, _) = try model.halved(in: Folder())
        #expect(written.types == ["Conv"])
    }

    @Test func constantsThatAreNotStoredStay() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 2, 1, 1])]
        model.raw("shape", 7, [4], [2, 2, 1, 1].flatMap { [$0, 0, 0, 0, 0, 0, 0, 0] })
        model.node("ConstantOfShape", ["shape"], ["w"])
        model.node("Conv", ["x", "w"], ["y"])
        model.outputs = ["y"]
        let (written, _) = try model.halved(in: Folder())
        #expect(written.types == ["ConstantOfShape", "Conv"])
    }

    @Test func theWholeGraphComputesInHalfPrecisionBetweenCasts() throws {
        let folder = try Folder()
        let (written, _) = try model().halved(in: folder, computes: true)
        #expect(written.types == ["Cast", "Conv", "PRelu", "Flatten", "MatMul"])
        #expect(written.file.initializers.allSatisfy { $0.type == .float16 })
        #expect(written.file.nodes[0].inputs == ["x"] && written.file.nodes[1].inputs[0] == "x_half")
        #expect(try written.numbers(written.file.nodes[1].inputs[1]) == [2, 4, -3, -4])
        #expect(try written.numbers("slope") == [0.0999755859375])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["folded.onnx", "net.onnx"])
    }

    @Test func limitsEndAtTheLargestNumberAndConstantsBecomeTensors() throws {
        var model = model()
        model.nodes.removeLast()
        model.tensor("most", [], [3.4e38])
        model.node("Constant", [], ["least"], attributes: [ModelBytes.float("value_float", -1)])
        model.node("Clip", ["f", "least", "most"], ["y"])
        let (written, _) = try model.halved(in: Folder(), computes: true)
        #expect(try written.numbers("most") == [65504] && written.numbers("least") == [-1])
        #expect(!written.types.contains("Constant"))
    }

    @Test(arguments: [
        ("Celu", 1.0, "node 'y' (Celu) is no operator that is known to compute in half precision"),
        ("Mul", 70000, "1 of 1 numbers of 'factor' are beyond 65504, the largest 70000.0"),
        ("Mul", 1e-9, "'factor' is 1e-09, which half precision makes 0 of"),
    ])
    func whatHasNoEqualFormIsRefused(type: String, number: Double, reason: String) throws {
        var model = model()
        model.nodes.removeLast()
        model.tensor("factor", [1], [Float(number)])
        // Both ends are unknown to the planner, so that nothing folds.
        model.node("Tanh", ["f"], ["t"])
        model.node("Softplus", ["t"], ["s"])
        model.node(type, type == "Mul" ? ["s", "factor"] : ["s"], ["y"])
        let folder = try Folder()
        let error = #expect(throws: ModelError.self) { try model.halved(in: folder, computes: true) }
        #expect(error?.kind == .usage && error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test func oldOperatorsAreRefused() throws {
        let error = #expect(throws: ModelError.self) { try model(opset: 5).halved(in: Folder()) }
        #expect(error?.message.contains("--half needs opset 6 or newer") == true)
    }
}

extension ModelBytes {
    /// A tensor of a type, told by its code, with its bytes.
    fileprivate mutating func raw(_ name: String, _ type: UInt64, _ shape: [Int], _ bytes: [UInt8]) {
        var tensor = WireContent()
        for length in shape { tensor.appendVarint(UInt64(length), field: ONNXSchema.Tensor.dimensions) }
        tensor.appendVarint(type, field: ONNXSchema.Tensor.type)
        tensor.appendString(name, field: ONNXSchema.Tensor.name)
        tensor.appendBytes(bytes, field: ONNXSchema.Tensor.raw)
        initializers.append(tensor)
    }

    /// Folds with weights in half precision, writes, holds what was written against the plan, and opens it.
    fileprivate func halved(in folder: Folder, computes: Bool = false) throws -> (ONNXPair, HalfConversion) {
        let pair = try open(in: folder)
        let weights = try #require(pair.weights)
        let planner = FoldPlanner(
            pair.network, options: .init(leftoverForm: try ONNXFrontend().leftoverForm(for: PlanningOptions())))
        let folded = try planner.plan(weights: weights).plan.applied(to: pair.network)
        let conversion = try HalfConversion(of: folded, weights: weights, keptLayers: [], largestLoss: nil) {
            pair.fitsHalfPrecision($1, of: $0, in: folded)
        }
        var result = conversion.folded
        result.computesInHalf = computes
        let format = OutputFormat(name: "onnx")
        let files = ModelFiles(weights: "\(folder.path)/folded.onnx")
        try pair.writeWeights(
            of: result, to: "\(folder.path)/folded.onnx",
            settings: WriteSettings(format: format, checkpoint: { () throws(ModelError) in }), magnitudes: nil)
        try pair.check(result, files: files, format: format)
        return (try ONNXPair(files, path: "\(folder.path)/folded.onnx", options: ModelOptions()), conversion)
    }
}
