import Frontend
import HDF5
import Testing

@testable import KerasModel

/// Files that are wrong in one thing each.
@Suite("Weights that do not fit, or are damaged")
struct HostileWeightTests {
    private static let layers = WeightReadingTests.layers
    private static let config = WeightReadingTests.config

    private func message(_ make: () throws -> KerasFileWeights) -> String? {
        #expect(throws: ModelError.self) { try make() }?.message
    }

    private func legacyMessage(
        _ edit: (inout [WeightFixture.Layer]) -> Void = { _ in }, outline: (inout HDF5Outline) -> Void = { _ in }
    ) throws -> String? {
        var layers = Self.layers
        edit(&layers)
        let bytes = try WeightFixture.legacy(layers, config: Self.config, edit: outline)
        return message { try WeightFixture.weights(bytes) }
    }

    /// Replaces the names in an attribute of a layer's group.
    private func rename(_ attribute: String, _ names: [String], in group: String?, _ outline: inout HDF5Outline) {
        outline.root.withGroup("model_weights") { root in
            func change(_ group: inout HDF5Outline.Group) {
                group.attributes.removeAll { $0.name == attribute }
                group.attributes += KerasNames.attributes(attribute, names, form: nil)
            }
            if let group { root.withGroup(group) { change(&$0) } } else { change(&root) }
        }
    }

    @Test("a weight that is listed and missing is an error that names layer and weight")
    func missingWeight() throws {
        let message = try legacyMessage(outline: {
            rename("weight_names", ["d1/kernel:0", "d1/other:0"], in: "d1", &$0)
        })
        #expect(
            message?.contains(
                "the layer 'd1' should have the weight 'd1/other:0', but '/model_weights/d1/d1/other:0' does not exist")
                == true)
    }

    @Test(
        "a name that leads out of the layer's group is refused",
        arguments: ["/model_weights/d2/d2/kernel:0", "../d2/d2/kernel:0", "d1/../d1/kernel:0", "d1//kernel:0", ""])
    func leavingGroup(name: String) throws {
        let message = try legacyMessage(outline: { rename("weight_names", [name, "d1/bias:0"], in: "d1", &$0) })
        #expect(message?.contains("lists the weight '\(name)', which leads out of the group of the layer 'd1'") == true)
    }

    @Test("two layers, or two weights of a layer, of one name are refused")
    func duplicates() throws {
        let layers = try legacyMessage(outline: { rename("layer_names", ["d1", "d1"], in: nil, &$0) })
        #expect(layers?.contains("lists two layers of the name 'd1'") == true)
        let weights = try legacyMessage(outline: { rename("weight_names", ["d1/bias:0", "d1/bias:0"], in: "d1", &$0) })
        #expect(weights?.contains("lists two weights of the name 'd1/bias:0'") == true)
    }

    @Test("a layer that is listed and has no group is an error", arguments: ["ghost", "../d1", "/d1", "bn/bn"])
    func missingGroup(name: String) throws {
        let message = try legacyMessage(outline: { rename("layer_names", [name], in: nil, &$0) })
        let isGroup = name == "bn/bn"
        #expect(
            message?.contains(
                isGroup ? "has no attribute 'weight_names'" : "lists the layer '\(name)', for which it has no group")
                == true)
    }

    @Test("lists that are none, or of something else than names, are errors")
    func strangeLists() throws {
        let numbers = try legacyMessage(outline: { outline in
            outline.root.withGroup("model_weights") { root in
                root.attributes[0] = HDF5Attribute(
                    name: "layer_names", shape: [1], content: .numbers(.float32, [0, 0, 0, 0]))
            }
        })
        #expect(numbers?.contains("has an attribute 'layer_names' of another kind, expected a list of names") == true)
        let bytes = try legacyMessage(outline: { outline in
            outline.root.withGroup("model_weights") { root in
                root.attributes[0] = HDF5Attribute(
                    name: "layer_names", shape: [1], content: .strings([[0xFF]], .variable(isUTF8: false)))
            }
        })
        #expect(bytes?.contains("expected names in UTF-8") == true)
        let none = try legacyMessage(outline: { $0.root.withGroup("model_weights") { $0.attributes = [] } })
        #expect(none?.contains("has no attribute 'layer_names', which lists the layers") == true)
    }

    @Test("another number of weights than the layer needs is an error that lists both")
    func count() throws {
        let message = try legacyMessage { $0[0].tensors.removeLast() }
        #expect(
            message?.contains(
                "the layer 'd1' (Dense) needs 2 weights (kernel, bias), but the file has 1: 'd1/kernel:0'; do the JSON and the weights belong together?"
            ) == true)
    }

    @Test("another shape than the layer needs is an error that shows both")
    func shape() throws {
        let message = try legacyMessage { $0[0].tensors[0].shape = [2, 4] }
        #expect(
            message?.contains(
                "the layer 'd1' (Dense) needs a kernel of the shape (?, 3), but 'd1/kernel:0' has (2, 4)") == true)
        let rank = try legacyMessage { $0[0].tensors[0].shape = [2, 3, 1] }
        #expect(rank?.contains("but 'd1/kernel:0' has (2, 3, 1)") == true)
    }

    @Test("layers in another order than the model's are an error: Keras would go by the order")
    func order() throws {
        let message = try legacyMessage { $0.swapAt(0, 3) }
        #expect(
            message?.contains("lists the weights of 'd2' where the order of the model has the layer 'd1'") == true)
    }

    @Test("a layer without weights in the file, and weights without a layer, are errors")
    func surplus() throws {
        let missing = try legacyMessage { $0.removeLast() }
        #expect(
            missing?.contains("has weights for 2 layers, and none for the layer 'd2' (Dense), which needs some") == true
        )
        let surplus = try legacyMessage { $0.append(("d3", [.init(name: "d3/kernel:0", shape: [2, 2])])) }
        #expect(surplus?.contains("has weights for a layer 'd3' that the JSON lacks") == true)
        let unwanted = try legacyMessage { $0[1].tensors = [.init(name: "drop/seed:0", shape: [1])] }
        #expect(unwanted?.contains("the layer 'drop' (Dropout) needs 0 weights") == true)
    }

    @Test("names that the JSON does not know at all are those of the same net built anew: the order tells, as in Keras")
    func otherNames() throws {
        let layers = Self.layers.map { (name: $0.name + "_7", tensors: $0.tensors) }
        let weights = try WeightFixture.weights(WeightFixture.legacy(layers), Self.config)
        #expect(try weights.numbers("d2") == [[60, 61, 62, 63, 64, 65]])
    }

    // MARK: Trees

    private func treeMessage(_ edit: (inout [WeightFixture.Tensor]) -> Void) throws -> String? {
        var tensors = WeightReadingTests.treeTensors
        edit(&tensors)
        let bytes = try WeightFixture.tree(tensors)
        return message { try WeightFixture.weights(bytes, Self.config) }
    }

    @Test("a tree that lacks a layer, or a tensor, or has one too many, is an error")
    func trees() throws {
        #expect(
            try treeMessage { $0.removeLast() }?.contains(
                "the layer 'd2' (Dense) should have its weights in '/layers/dense_1', which is not there") == true)
        #expect(try treeMessage { $0.remove(at: 1) }?.contains("the layer 'd1' (Dense) needs 2 weights") == true)
        #expect(
            try treeMessage { $0.append(.init(name: "layers/dense_2/vars/0", shape: [2, 2])) }?.contains(
                "has weights in '/layers/dense_2/vars/0', which no layer of the JSON has") == true)
        #expect(
            try treeMessage { $0[0].shape = [2, 4] }?.contains(
                "needs a kernel of the shape (?, 3), but 'layers/dense/vars/0' has (2, 4)") == true)
    }

    @Test("the weights of a subclassed model are refused with that reason")
    func subclassed() throws {
        let bytes = try WeightFixture.tree([.init(name: "block1/vars/0", shape: [1])]) { outline in
            outline.root.members.removeAll { $0.name == "layers" }
        }
        #expect(message { try WeightFixture.weights(bytes, Self.config) }?.contains("subclassed model") == true)
    }

    // MARK: Archives

    private func archiveMessage(_ change: (inout [UInt8]) throws -> Void = { _ in }, others: [(String, [UInt8])] = [])
        throws -> String?
    {
        var bytes = try WeightFixture.archive(
            config: Self.config, weights: WeightFixture.tree(WeightReadingTests.treeTensors), others: others)
        try change(&bytes)
        return message { try WeightFixture.weights(bytes) }
    }

    @Test("a wrong checksum, wherever it is, is an error")
    func checksum() throws {
        let config = try archiveMessage { bytes in
            let place = try #require(bytes.indices.first { bytes[$0...].starts(with: "Sequential".utf8) })
            bytes[place] = 0x54
        }
        #expect(config?.contains("'config.json' is damaged: its bytes have the CRC-32") == true)
        let weights = try archiveMessage { bytes in
            let place = try #require(bytes.indices.last { bytes[$0...].starts(with: [0x89, 0x48, 0x44, 0x46]) })
            // A number of the last dataset.
            let end = try #require(bytes.indices.last { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) && $0 > place })
            _ = end
            let data = try #require(bytes.indices.last { bytes[$0...].starts(with: [0, 0, 0x82, 0x42]) })
            bytes[data] = 1
        }
        #expect(weights?.contains("'model.weights.h5' is damaged: its bytes have the CRC-32") == true)
    }

    @Test("weights in several files, of another format, and assets are refused by name")
    func otherContents() throws {
        #expect(
            try archiveMessage(others: [("assets/layers/words.txt", [1])])?.contains(
                "keeps 'assets/layers/words.txt' beside its weights") == true)
        let sharded = try archiveMessage { bytes in
            bytes = bytes.replacing(Array("model.weights.h5".utf8), with: Array("model_0000000.h5".utf8))
        }
        #expect(sharded?.contains("has no 'model.weights.h5', but 'model_0000000.h5'") == true)
        let other = try archiveMessage { bytes in
            bytes = bytes.replacing(Array("config.json".utf8), with: Array("recipe.json".utf8))
        }
        #expect(other?.contains("is a ZIP archive, but no model of Keras: it has no 'config.json'") == true)
    }

    @Test("an archive whose weights are no HDF5 is an error that names the member")
    func noHDF5() throws {
        let bytes = try WeightFixture.archive(config: Self.config, weights: Array("weights".utf8))
        #expect(
            message { try WeightFixture.weights(bytes) }?.contains("in 'model.weights.h5': is not an HDF5 file") == true
        )
    }

    // MARK: Damage

    @Test("files that end too early, and files with changed bytes, are errors or read, and never more")
    func mutations() throws {
        let files = try [
            WeightFixture.legacy(Self.layers, config: Self.config),
            WeightFixture.archive(config: Self.config, weights: WeightFixture.tree(WeightReadingTests.treeTensors)),
        ]
        for bytes in files {
            var mutants = stride(from: 0, to: bytes.count, by: 97).map { Array(bytes[..<$0]) }
            for place in stride(from: 0, to: bytes.count, by: 41) {
                var mutant = bytes
                mutant[place] = mutant[place] &+ 0x7F
                mutants.append(mutant)
            }
            for mutant in mutants {
                do {
                    _ = try WeightFixture.weights(mutant)
                } catch let error as ModelError {
                    #expect(!error.message.isEmpty)
                }
            }
        }
    }
}
