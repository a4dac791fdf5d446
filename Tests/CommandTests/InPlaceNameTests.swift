import Foundation
import Testing

/// Names of values that a layer in place writes over, where folding let it read them more often than before.
@Suite("Names in place")
struct InPlaceNameTests {
    @Test("a layer that reads one value twice once an identity is gone does not write over it")
    func readTwice() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 5 } } }
            layer { name: "reshape" type: "Reshape" bottom: "data" top: "a" reshape_param { shape { dim: 1 dim: 8 dim: 1 dim: 5 } } }
            layer { name: "same" type: "Power" bottom: "a" top: "b" }
            layer { name: "square" type: "Scale" bottom: "b" bottom: "a" top: "b" scale_param { axis: 0 } }

            """, to: "net.prototxt")
        var weights = WeightFile()
        weights.groups.insert("/data/data")
        try weights.write(to: folder.path("net.h5"))
        let outcome = try await Program.run(["net.h5", "out.h5", "--verify"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try folder.text("out.prototxt").contains("top: \"b\""))
    }
}
