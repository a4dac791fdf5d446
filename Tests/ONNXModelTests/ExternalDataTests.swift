import Folding
import Foundation
import Frontend
import ProtobufWire
import Testing

@testable import ONNXModel

/// Models whose numbers lie in a file of their own.
@Suite struct ExternalDataTests {
    /// A convolution with its weight in `weights.bin`, 8 bytes from byte 4 on, and perhaps a normalisation.
    private func model(normalizes: Bool) -> ModelBytes {
        var model = ModelBytes()
        model.inputs = [("x", [1, 1, 2, 2])]
        var tensor = WireContent()
        for length in [2, 1, 1, 1] { tensor.appendVarint(UInt64(length), field: ONNXSchema.Tensor.dimensions) }
        tensor.appendVarint(1, field: ONNXSchema.Tensor.type)
        tensor.appendString("w", field: ONNXSchema.Tensor.name)
        for (key, value) in [("location", "weights.bin"), ("offset", "4"), ("length", "8")] {
            tensor.appendMessage(ONNXDataLayout.entry(key, value), field: ONNXSchema.Tensor.externalData)
        }
        tensor.appendVarint(1, field: ONNXSchema.Tensor.location)
        model.initializers.append(tensor)
        model.node("Conv", ["x", "w"], [normalizes ? "c" : "y"])
        if normalizes { model.batchNormalization("c", "y") }
        model.outputs = ["y"]
        return model
    }

    /// The bytes that lie apart: something else, then 3 and 5.
    private let data: [UInt8] = [9, 9, 9, 9, 0, 0, 0x40, 0x40, 0, 0, 0xA0, 0x40]

    /// Folds with the numbers in `name`, and gives the folder, the model's bytes and those of the numbers.
    private func folded(normalizes: Bool, into name: String) throws -> (folder: Folder, model: [UInt8], data: [UInt8]) {
        let folder = try Folder()
        _ = try folder.write(data, as: "weights.bin")
        let pair = try model(normalizes: normalizes).open(in: folder)
        let planner = FoldPlanner(
            pair.network, options: .init(leftoverForm: try ONNXFrontend().leftoverForm(for: PlanningOptions())))
        let plan = try planner.plan(weights: try #require(pair.weights)).plan
        let folded = plan.applied(to: pair.network)
        let format = OutputFormat(name: "onnx")
        let staged = "\(folder.path)/staged"
        try pair.writeWeights(
            of: folded, to: "\(folder.path)/out.onnx",
            settings: WriteSettings(
                format: format, side: .init(staged: staged, path: "\(folder.path)/\(name)"),
                checkpoint: { () throws(ModelError) in }), magnitudes: nil)
        try pair.check(
            folded, files: ModelFiles(weights: "\(folder.path)/out.onnx", network: staged), format: format)
        func bytes(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name)")))
        }
        return (folder, try bytes("out.onnx"), try bytes("staged"))
    }

    @Test func theirSizeIsThatOfTheModelToo() throws {
        let folder = try Folder()
        _ = try folder.write(data, as: "weights.bin")
        #expect(try model(normalizes: true).open(in: folder).weightBytesBeside == data.count)
    }

    @Test func foldedNumbersGoToANewFileBesideTheModel() throws {
        let (folder, _, data) = try folded(normalizes: true, into: "new.data")
        // 6 and -5.
        #expect(data == [0, 0, 0xC0, 0x40, 0, 0, 0xA0, 0xC0])
        _ = try folder.write(data, as: "new.data")
        let path = "\(folder.path)/out.onnx"
        let written = try ONNXPair(ModelFiles(weights: path), path: path, options: ModelOptions())
        #expect(try written.numbers("w") == [6, -5])
    }

    @Test func whereNothingFoldsBothFilesComeOutIdenticalUnderTheirNames() throws {
        let (_, bytes, data) = try folded(normalizes: false, into: "weights2.bin")
        #expect(data == self.data)
        #expect(bytes.count == model(normalizes: false).bytes.count + 1)
    }

    @Test func theFileOfTheNumbersIsNeverWrittenOver() throws {
        #expect(throws: ModelError.self) { try folded(normalizes: true, into: "weights.bin") }
    }

    @Test func thePlaceOfTheNumbersFollowsThatOfTheModel() throws {
        let folder = try Folder()
        let apart = try folder.write(model(normalizes: true).bytes, as: "apart.onnx")
        let whole = try folder.write(ModelBytes().bytes, as: "whole.onnx")
        let frontend = ONNXFrontend()
        #expect(frontend.networkPlace(besideWeights: "out.onnx", madeFrom: apart) == "out.onnx.data")
        #expect(frontend.networkPlace(besideWeights: "out.onnx", madeFrom: whole) == nil)
    }
}
