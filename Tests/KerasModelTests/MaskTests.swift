import Folding
import Testing

@testable import KerasModel

@Suite("Masks")
struct MaskTests {
    private typealias F = FoldFixture

    private let table: WeightFixture.Layer = (
        "e", [.init(name: "e/embeddings:0", shape: [5, 3], first: -7)]
    )
    private let embedding =
        #"{"class_name": "Embedding", "name": "e", "config": {"name": "e", "input_dim": 5, "output_dim": 3, "mask_zero": true}, "inbound_nodes": [[["x", 0, 0, {}]]]}"#

    /// A model of Keras 3 in which an Embedding makes a mask of its input, which normalisation and mean are told.
    private func maskedModel(readersOfMask: Set<String>) -> String {
        func tensor(_ name: String, _ shape: String) -> String {
            #"{"class_name": "__keras_tensor__", "config": {"shape": [\#(shape)], "dtype": "float32", "keras_history": ["\#(name)", 0, 0]}}"#
        }
        func layer(_ module: String, _ className: String, _ name: String, _ fields: String, _ arguments: String)
            -> String
        {
            let mask = readersOfMask.contains(name) ? #"{"mask": \#(tensor("ne", "null, 4"))}"# : "{}"
            let nodes = arguments.isEmpty ? "" : #"{"args": [\#(arguments)], "kwargs": \#(mask)}"#
            return
                #"{"module": "\#(module)", "class_name": "\#(className)", "name": "\#(name)", "config": {"name": "\#(name)"\#(fields)}, "registered_name": null, "inbound_nodes": [\#(nodes)]}"#
        }
        let layers = [
            layer("keras.layers", "InputLayer", "x", #", "batch_shape": [null, 4], "dtype": "int32""#, ""),
            layer(
                "keras.layers", "Embedding", "e", #", "input_dim": 5, "output_dim": 3, "mask_zero": true"#,
                tensor("x", "null, 4")),
            layer("keras.src.ops.numpy", "NotEqual", "ne", "", tensor("x", "null, 4") + ", 0"),
            layer("keras.layers", "BatchNormalization", "bn", #", "axis": -1"#, tensor("e", "null, 4, 3")),
            layer("keras.layers", "ReLU", "r", "", tensor("bn", "null, 4, 3")),
            layer("keras.layers", "GlobalAveragePooling1D", "g", "", tensor("r", "null, 4, 3")),
        ]
        return
            #"{"module": "keras.src.models.functional", "class_name": "Functional", "config": {"name": "net", "layers": [\#(layers.joined(separator: ", "))], "input_layers": [["x", 0, 0]], "output_layers": [["g", 0, 0]]}, "keras_version": "3.15.1"}"#
    }

    @Test("A normalisation that is told a mask folds, as all steps are normalised alike")
    func told() throws {
        let outcome = try F.fold(
            maskedModel(readersOfMask: ["bn", "g"]), [table, ("bn", F.norm("bn", 3, gamma: -1))])
        #expect(outcome.normalizations == [])
        #expect(outcome.model.layer(named: "g")?.calls.first?.references.map(\.layer) == ["r", "ne"])
    }

    @Test("What makes a mask that nobody else reads does not get in the way")
    func unread() throws {
        let outcome = try F.fold(maskedModel(readersOfMask: ["bn"]), [table, ("bn", F.norm("bn", 3))])
        #expect(outcome.normalizations == [])
        #expect(outcome.model.layer(named: "r")?.calls.first?.references.map(\.layer) == ["e"])
    }

    @Test("A mean of the steps that are not left out lets an affine pass, and is not run")
    func maskedMean() throws {
        let config = F.functional(
            [
                F.input("x", "4"), embedding, F.layer("GlobalAveragePooling1D", "g", reads: ["e"]),
                F.layer("BatchNormalization", "bn", reads: ["g"]),
                F.layer("Activation", "a", #""activation": "tanh""#, reads: ["bn"]),
            ], inputs: ["x"], outputs: ["a"])
        let layers = [table, ("bn", F.norm("bn", 3, gamma: -1))]
        #expect(try F.fold(config, layers).normalizations == [])
        #expect(try OpenedModel(config: config, layers).taken == ["e"])
    }

    @Test("Masking compares its input with a number, so that nothing passes in either direction")
    func masking() throws {
        func left(_ middle: [String], _ output: String) throws -> [RefusalReason] {
            let config = F.functional([F.input("x", "4, 3")] + middle, inputs: ["x"], outputs: [output])
            let layers: [WeightFixture.Layer] = [("d", F.dense("d", 3, 3)), ("bn", F.norm("bn", 3))]
            return try OpenedModel(config: config, output == "d" ? layers.reversed() : layers).reasons
        }
        let dense = #""units": 3"#
        let back = try left(
            [
                F.layer("Dense", "d", dense, reads: ["x"]), F.layer("Masking", "m", reads: ["d"]),
                F.layer("BatchNormalization", "bn", reads: ["m"]),
            ], "bn")
        #expect(back == [.stopped(layer: "m", type: "Masking")])
        let forward = try left(
            [
                F.layer("BatchNormalization", "bn", reads: ["x"]), F.layer("Masking", "m", reads: ["bn"]),
                F.layer("Dense", "d", dense, reads: ["m"]),
            ], "d")
        #expect(forward == [.readsInput(producer: "x")])
    }

    @Test("Behind Masking a normalisation folds into the layers around it")
    func behindMasking() throws {
        let config = F.functional(
            [
                F.input("x", "4, 3"), F.layer("Masking", "m", reads: ["x"]),
                F.layer("Dense", "d", #""units": 3"#, reads: ["m"]), F.layer("BatchNormalization", "bn", reads: ["d"]),
                F.layer("Activation", "a", #""activation": "tanh""#, reads: ["bn"]),
            ], inputs: ["x"], outputs: ["a"])
        #expect(try F.fold(config, [("d", F.dense("d", 3, 3)), ("bn", F.norm("bn", 3))]).normalizations == [])
    }

    @Test("Where Keras 2 goes through time step by step, a mask keeps TimeDistributed as it is, with the reason")
    func steps() throws {
        func reasons(batch: String) throws -> [String] {
            let input = F.layer("InputLayer", "x", #""batch_input_shape": [\#(batch), 4]"#)
            let wrapped = #""layer": {"class_name": "BatchNormalization", "config": {"name": "bn", "axis": [1]}}"#
            let config = F.functional(
                [
                    input, embedding, F.layer("Dense", "d", #""units": 3"#, reads: ["e"]),
                    F.layer("TimeDistributed", "t", wrapped, reads: ["d"]),
                    F.layer("Activation", "a", #""activation": "tanh""#, reads: ["t"]),
                ], inputs: ["x"], outputs: ["a"])
            return try OpenedModel(
                config: config, [table, ("d", F.dense("d", 3, 3)), ("t", F.norm("bn", 3))]
            ).reasons.map(\.name)
        }
        #expect(try reasons(batch: "null") == [])
        #expect(try reasons(batch: "2") == ["not-modelled"])
    }

    @Test("A softmax that a mask may reach is not run")
    func softmax() throws {
        let config = F.functional(
            [F.input("x", "4"), embedding, F.layer("Softmax", "s", #""axis": -1"#, reads: ["e"])], inputs: ["x"],
            outputs: ["s"])
        let model = try OpenedModel(config: config, [table])
        #expect(
            model.pair.network.layers.contains {
                if case .opaque(let opaque) = $0.operation { opaque.cause == KerasMasks.cause } else { false }
            })
    }
}
