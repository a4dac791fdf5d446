import Foundation
import Frontend
import Prototxt
import Testing

@testable import CaffeModel

/// A blob of Caffe has at most 32 axes.
@Suite("Many axes")
struct ManyAxesTests {
    private func network(_ text: String) throws -> CaffeNetwork {
        let document = try PrototxtDocument(parsing: Array(text.utf8), path: "net.prototxt")
        return try GraphBuilder(definition: NetDefinition(document: LegacyUpgrade.upgraded(document))).build()
    }

    private static func dims(_ count: Int) -> String { String(repeating: "dim: 1 ", count: count) }
    private static let input = #"layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 } } } "#

    private static func texts(_ count: Int) -> [String] {
        [
            #"layer { name: "x" type: "Input" top: "x" input_param { shape { \#(dims(count)) } } }"#,
            #"input: "x" input_shape { \#(dims(count)) } layer { name: "y" type: "ReLU" bottom: "x" top: "y" }"#,
            input
                + #"layer { name: "x" type: "Reshape" bottom: "data" top: "x" reshape_param { shape { \#(dims(count)) } } }"#,
            input
                + #"layer { name: "x" type: "Reshape" bottom: "data" top: "x" reshape_param { axis: 1 num_axes: 0 shape { \#(dims(count - 1)) } } }"#,
            #"layer { name: "x" type: "DummyData" top: "x" dummy_data_param { shape { \#(dims(count)) } } }"#,
        ]
    }

    @Test("33 axes are refused by name", arguments: texts(33))
    func tooMany(text: String) throws {
        let error = #expect(throws: ModelError.self) { try network(text) }
        #expect(
            error?.description.contains("its top 'x' would have 33 axes, but a blob of Caffe has at most 32") == true,
            "\(String(describing: error))")
    }

    @Test("32 axes are not", arguments: texts(32))
    func most(text: String) throws {
        let network = try network(text).network
        #expect(network.values.first { $0.name == "x" }?.shape?.rank == 32)
    }

    @Test("more inputs than any net has are refused, with what to do")
    func manyInputs() throws {
        let text =
            (0..<5000).map { #"input: "\#($0)" "# }.joined() + #"layer { name: "y" type: "ReLU" bottom: "0" top: "y" }"#
        let error = #expect(throws: ModelError.self) { try network(text) }
        #expect(
            error?.description.contains("has 5000 'input:', but at most 4096 are read") == true,
            "\(String(describing: error))")
    }
}
