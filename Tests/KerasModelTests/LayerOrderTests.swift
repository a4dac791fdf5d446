import Foundation
import Frontend
import Testing

@testable import KerasModel

/// The order of `model.layers`, by which Keras takes weights from files.
@Suite struct LayerOrderTests {
    /// The names in the recomputed order.
    private func order(_ json: String) throws -> [String] {
        try KerasModelConfig(parsing: Array(json.utf8), file: "model.json").model.orderedLayers.map(\.name)
    }

    /// A functional model of layers without fields.
    private func functional(_ layers: [(name: String, reads: [String])], outputs: [String]) -> String {
        let entries = layers.map { layer in
            let calls =
                layer.reads.isEmpty
                ? "" : "[" + layer.reads.map { "[\"\($0)\", 0, 0, {}]" }.joined(separator: ", ") + "]"
            let type = layer.reads.isEmpty ? "InputLayer" : layer.reads.count > 1 ? "Add" : "Conv2D"
            return
                "{\"class_name\": \"\(type)\", \"name\": \"\(layer.name)\", \"config\": {}, \"inbound_nodes\": [\(calls)]}"
        }
        let results = outputs.map { "[\"\($0)\", 0, 0]" }.joined(separator: ", ")
        return
            "{\"class_name\": \"Model\", \"config\": {\"layers\": [\(entries.joined(separator: ", "))], \"input_layers\": [[\"in\", 0, 0]], \"output_layers\": [\(results)]}}"
    }

    @Test func branchesOfOneDepthFollowTheOrderOnTheWayBack() throws {
        let layers: [(String, [String])] = [("in", []), ("b", ["in"]), ("a", ["in"]), ("sum", ["a", "b"])]
        #expect(try order(functional(layers, outputs: ["sum"])) == ["in", "a", "b", "sum"])
    }

    @Test func aLayerThatGoesMayChangeTheOrderOfOthers() throws {
        // Without `n`, `b` lies as near to the output as `a`, and comes first there.
        let with: [(String, [String])] = [
            ("in", []), ("a", ["in"]), ("b", ["in"]), ("n", ["b"]), ("m", ["a"]), ("sum", ["m", "n"]),
        ]
        #expect(try order(functional(with, outputs: ["sum"])) == ["in", "a", "b", "m", "n", "sum"])
        let without: [(String, [String])] = [
            ("in", []), ("a", ["in"]), ("b", ["in"]), ("n", ["b"]), ("sum", ["a", "n"]),
        ]
        #expect(try order(functional(without, outputs: ["sum"])) == ["in", "b", "a", "n", "sum"])
    }

    @Test func aLongChainDoesNotExhaustTheStack() throws {
        var layers: [(String, [String])] = [("in", [])]
        for index in 0..<20_000 { layers.append(("c\(index)", [index == 0 ? "in" : "c\(index - 1)"])) }
        #expect(try order(functional(layers, outputs: ["c19999"])).count == 20_001)
    }

    @Test func aCycleIsRefusedByTheNameOfItsLayer() throws {
        let layers: [(String, [String])] = [("in", []), ("a", ["b"]), ("b", ["a"])]
        let error = #expect(throws: ModelError.self) { try order(functional(layers, outputs: ["b"])) }
        #expect(error?.message.contains("reads, through others, its own output") == true)
    }

    @Test func aReferenceToNoLayerIsRefused() throws {
        let layers: [(String, [String])] = [("in", []), ("a", ["nobody"])]
        let error = #expect(throws: ModelError.self) { try order(functional(layers, outputs: ["a"])) }
        #expect(error?.message.contains("layer 'a' reads 'nobody', but there is no layer of this name") == true)
    }

    @Test func twoLayersOfOneNameAreRefused() throws {
        let layers: [(String, [String])] = [("in", []), ("a", ["in"]), ("a", ["in"])]
        let error = #expect(throws: ModelError.self) { try order(functional(layers, outputs: ["a"])) }
        #expect(error?.message.contains("two layers have the name 'a'") == true)
    }
}
