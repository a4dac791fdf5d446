import Frontend
import NetGraph
import Testing

@testable import ONNXModel

/// Shapes that the caller tells.
@Suite struct InputShapeTests {
    private func shape(_ told: [Int]) throws -> TensorShape? {
        var model = ModelBytes()
        // A length of 0 is one that the file leaves open.
        model.inputs = [("x", [1, 3, 0, 0])]
        model.node("Relu", ["x"], ["y"])
        model.outputs = ["y"]
        var options = ModelOptions()
        options.inputShapes = ["x": told]
        let pair = try model.open(in: Folder(), options: options)
        return pair.network.layers.last.flatMap { pair.network[$0.outputs[0]].shape }
    }

    @Test(arguments: [[1, 3, 8, 9], [4, 3, 8, 9]])
    func theyGiveLengthsThatTheFileLeavesOpen(told: [Int]) throws {
        #expect(try shape(told) == TensorShape(told))
    }

    @Test(arguments: [[1, 8, 9, 3], [1, 3, 8]])
    func othersThanTheFileTellsAreRefused(told: [Int]) throws {
        #expect { try shape(told) } throws: { error in
            guard let error = error as? ModelError else { return false }
            return error.kind == .usage && "\(error)".contains("--input-shape x=")
        }
    }
}
