import Foundation
import Frontend
import Testing

@testable import ONNXModel

/// Models on their way into one file or two.
@Suite struct ONNXConversionTests {
    /// 300 numbers in a large tensor, two in a small one.
    private var model: ModelBytes {
        var model = ModelBytes()
        model.inputs = [("x", [1, 300, 1, 1])]
        model.tensor("large", [1, 300, 1, 1], (0..<300).map { Float($0) })
        model.tensor("small", [1], [7])
        model.node("Mul", ["x", "large"], ["m"])
        model.node("Add", ["m", "small"], ["y"])
        model.outputs = ["y"]
        return model
    }

    private func convert(_ path: String, to output: String, data: String?) throws {
        let frontend = ONNXFrontend()
        let format = try frontend.format(ofConverted: output, network: data)
        let conversion = try frontend.conversion(of: ModelFiles(weights: path))
        #expect(conversion.hasSideFile(in: format) == (data != nil))
        try conversion.write(
            to: output,
            settings: WriteSettings(
                format: format, side: data.map { .init(staged: $0, path: $0) },
                checkpoint: { () throws(ModelError) in }))
        try conversion.check(output, data: data, format: format)
    }

    @Test func largeTensorsGoOutAndComeBackToTheSameBytes() throws {
        let folder = try Folder()
        let path = try folder.write(model.bytes)
        let (apart, data) = ("\(folder.path)/apart.onnx", "\(folder.path)/apart.onnx.data")
        try convert(path, to: apart, data: data)
        #expect(try Data(contentsOf: URL(fileURLWithPath: data)).count == 1200)
        let written = try ONNXPair(ModelFiles(weights: apart), path: apart, options: ModelOptions())
        #expect(written.file.externalPlaces.map(\.location) == ["apart.onnx.data"])
        #expect(try written.numbers("large") == (0..<300).map { Float($0) })
        #expect(try written.numbers("small") == [7])
        let whole = "\(folder.path)/whole.onnx"
        try convert(apart, to: whole, data: nil)
        let back = try ONNXPair(ModelFiles(weights: whole), path: whole, options: ModelOptions())
        #expect(back.file.externalPlaces.isEmpty)
        #expect(try back.numbers("large") == (0..<300).map { Float($0) })
    }

    @Test func aModelInOneFileStaysTheSameByteByByte() throws {
        let folder = try Folder()
        let path = try folder.write(model.bytes)
        try convert(path, to: "\(folder.path)/same.onnx", data: nil)
        #expect(Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/same.onnx"))) == model.bytes)
    }

    @Test func numbersAreNotCompressed() throws {
        let folder = try Folder()
        let conversion = try ONNXFrontend().conversion(of: ModelFiles(weights: try folder.write(model.bytes)))
        var settings = WriteSettings(
            format: ONNXConversion.Target.whole, checkpoint: { () throws(ModelError) in })
        settings.compression = 3
        #expect(throws: ModelError.self) { try conversion.write(to: "\(folder.path)/c.onnx", settings: settings) }
    }
}
