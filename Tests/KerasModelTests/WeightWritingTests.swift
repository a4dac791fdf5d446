import Frontend
import HDF5
import NetGraph
import Testing

@testable import KerasModel

@Suite("Weights that are written")
struct WeightWritingTests {
    /// The net of `WeightReadingTests` with its BatchNormalization folded into the layer before.
    private static let folded = ConfigFixture.sequential([
        ConfigFixture.dense("d1", units: 3), ("Dropout", "drop", ""), ConfigFixture.dense("d2", units: 2, bias: false),
    ])
    private static let parameter = ParameterID(0)

    private static func computed(_ role: KerasWeight.Role, _ shape: [Int], _ type: ElementType = .float32)
        -> KerasNewTensor
    {
        .computed(parameter, role: role, shape: shape, elementType: type)
    }

    private func expectFolded(_ weights: KerasFileWeights) throws {
        #expect(try weights.numbers("d1") == [[1000, 1001, 1002, 1003, 1004, 1005], [10, 11, 12]])
        #expect(try weights.numbers("d2") == [[60, 61, 62, 63, 64, 65]])
        #expect(weights.tensors.count == 2)
    }

    private func changes(_ weights: KerasFileWeights) throws -> [KerasPath: [KerasNewTensor]] {
        let bias = try #require(weights.tensors[KerasPath(["d1"])]?[1])
        return [KerasPath(["d1"]): [Self.computed(.kernel, [2, 3]), .kept(bias)]]
    }

    @Test("a whole model keeps its attributes and its names, and loses the state of training")
    func model() throws {
        let bytes = try WeightFixture.legacy(WeightReadingTests.layers, config: WeightReadingTests.config) { outline in
            outline.root.withGroup("optimizer_weights") { _ in }
            outline.root.withGroup("model_weights") {
                $0.withGroup("top_level_model_weights") { group in
                    group.attributes = KerasNames.attributes("weight_names", [], form: nil)
                }
            }
        }
        let old = try WeightFixture.weights(bytes)
        let (new, _) = try WeightFixture.written(old, config: Self.folded, changes: changes(old))
        try expectFolded(new)
        #expect(new.file.configText == Array(Self.folded.utf8))
        #expect(new.file.version == "2.15.0")
        #expect(try Set(new.file.hdf5.attributeNames(of: "/")) == ["keras_version", "model_config"])
        let file = new.file.hdf5
        #expect(try file.children(ofGroup: "/").map(\.name) == ["model_weights"])
        #expect(
            try file.children(ofGroup: "/model_weights").map(\.name) == ["d1", "d2", "drop", "top_level_model_weights"])
        #expect(try file.attribute("layer_names", of: "/model_weights")?.texts == ["d1", "drop", "d2"])
        #expect(try file.attribute("weight_names", of: "/model_weights/d1")?.texts == ["d1/kernel:0", "d1/bias:0"])
        #expect(
            try file.attribute("weight_names", of: "/model_weights/drop")
                == HDF5Attribute(name: "weight_names", shape: [0], content: .numbers(.float64, [])))
        #expect(try file.attribute("backend", of: "/model_weights")?.texts == ["tensorflow"])
    }

    @Test(
        "names are written in the kind of string that they had",
        arguments: [
            .variable(isUTF8: false), .variable(isUTF8: true), .fixed(byteCount: 1, padding: .zeros, isUTF8: false),
            .fixed(byteCount: 1, padding: .zeroTerminated, isUTF8: false),
        ] as [HDF5StringForm])
    func stringForm(form: HDF5StringForm) throws {
        let old = try WeightFixture.weights(
            WeightFixture.legacy(WeightReadingTests.layers, config: WeightReadingTests.config, form: form))
        let (new, _) = try WeightFixture.written(old, config: Self.folded, changes: changes(old))
        for (name, group) in [("layer_names", "/model_weights"), ("weight_names", "/model_weights/d1")] {
            guard case .strings(_, let written)? = try new.file.hdf5.attribute(name, of: group)?.content else {
                Issue.record("no names in \(group)")
                continue
            }
            switch (form, written) {
            case (.variable(let before), .variable(let after)): #expect(before == after)
            case (.fixed(_, let before, _), .fixed(_, let after, _)): #expect(before == after)
            default: Issue.record("\(form) became \(written)")
            }
        }
    }

    @Test("names that do not fit into one attribute are split as Keras splits them, the first lists the longer ones")
    func splitNames() {
        let names = (0..<1001).map { String(repeating: "n", count: 96) + String($0) }
        let form = HDF5StringForm.fixed(byteCount: 1, padding: .zeros, isUTF8: false)
        let attributes = KerasNames.attributes("layer_names", names, form: form)
        #expect(attributes.map(\.name) == ["layer_names0", "layer_names1"])
        #expect(attributes.map(\.shape) == [[501], [500]])
        #expect(attributes.flatMap { $0.texts ?? [] } == names)
    }

    @Test(
        "a tensor that its layer did not have is named after one that it had",
        arguments: [
            ("d1/kernel:0", "d1/bias:0"), ("kernel", "bias"), ("net/d1/kernel", "net/d1/bias"),
            ("dense_9_W", "dense_9_b"),
            ("blk/d1/kernel:0", "blk/d1/bias:0"), ("strange", "bias"), ("a/strange:0", "a/bias:0"),
        ])
    func newNames(kernel: String, bias: String) throws {
        let before = ConfigFixture.sequential([ConfigFixture.dense("d1", units: 3, bias: false)])
        let after = ConfigFixture.sequential([ConfigFixture.dense("d1", units: 3)])
        let old = try WeightFixture.weights(
            WeightFixture.legacy([("d1", [.init(name: kernel, shape: [2, 3])])], config: before))
        let tensor = try #require(old.tensors[KerasPath(["d1"])]?[0])
        let (new, _) = try WeightFixture.written(
            old, config: after, changes: [KerasPath(["d1"]): [.kept(tensor), Self.computed(.bias, [3])]])
        #expect(new.names("d1") == [kernel, bias])
        #expect(try new.numbers("d1") == [[0, 1, 2, 3, 4, 5], [1000, 1001, 1002]])
    }

    @Test("the groups of a tree are counted anew")
    func tree() throws {
        let before = ConfigFixture.sequential([
            ConfigFixture.norm("a", #""scale": false, "center": false"#),
            ConfigFixture.norm("b", #""scale": false, "center": false"#),
            ("Dropout", "drop", ""),
        ])
        let after = ConfigFixture.sequential([
            ConfigFixture.norm("b", #""scale": false, "center": false"#), ("Dropout", "drop", ""),
        ])
        let bytes = try WeightFixture.tree([
            .init(name: "layers/batch_normalization/vars/0", shape: [1], first: 1),
            .init(name: "layers/batch_normalization/vars/1", shape: [1], first: 2),
            .init(name: "layers/batch_normalization_1/vars/0", shape: [1], first: 3),
            .init(name: "layers/batch_normalization_1/vars/1", shape: [1], first: 4),
            .init(
                name: "layers/dropout/seed_generator/vars/0", shape: [2], type: .integer(bits: 32, signed: false),
                first: 5),
        ]) { outline in
            outline.root.withGroup("layers") { layers in
                layers.withGroup("batch_normalization_1") {
                    $0.withGroup("vars") { group in
                        group.attributes = [HDF5Attribute(name: "name", text: Array("b".utf8), isUTF8: true)]
                    }
                }
                layers.withGroup("dropout") { $0.withGroup("vars") { _ in } }
            }
            outline.root.withGroup("optimizer") { _ in }
        }
        let old = try WeightFixture.weights(bytes, before)
        let (new, _) = try WeightFixture.written(old, config: after)
        #expect(new.names("b") == ["layers/batch_normalization/vars/0", "layers/batch_normalization/vars/1"])
        #expect(try new.numbers("b") == [[3], [4]])
        let file = new.file.hdf5
        #expect(try file.children(ofGroup: "/layers").map(\.name) == ["batch_normalization", "dropout"])
        #expect(try file.attribute("name", of: "/layers/batch_normalization/vars")?.texts == ["b"])
        #expect(try file.children(ofGroup: "/").map(\.name) == ["layers", "vars"])
        #expect(try file.attribute("name", of: "/vars")?.texts == ["model"])
        #expect(try file.children(ofGroup: "/layers/dropout").map(\.name) == ["seed_generator", "vars"])
        #expect(try file.dataset(at: "/layers/dropout/seed_generator/vars/0").values() == [5, 6] as [Double])
    }

    @Test("an archive keeps its other members byte for byte, and has the new JSON")
    func archive() throws {
        let bytes = try WeightFixture.archive(
            config: WeightReadingTests.config, weights: WeightFixture.tree(WeightReadingTests.treeTensors),
            others: [("notes.txt", [1, 2, 3])])
        let old = try WeightFixture.weights(bytes)
        let (new, written) = try WeightFixture.written(old, config: Self.folded, changes: changes(old))
        try expectFolded(new)
        #expect(new.file.configText == Array(Self.folded.utf8))
        #expect(new.file.members.map(\.name) == ["metadata.json", "config.json", "model.weights.h5", "notes.txt"])
        #expect(try new.file.members[3].content.bytes() == [1, 2, 3])
        #expect(try new.file.members[0].content.bytes() == old.file.members[0].content.bytes())
        #expect(try WeightFixture.written(old, config: Self.folded, changes: changes(old)).bytes == written)
    }

    @Test("numbers have the type that is asked for", arguments: [ElementType.float16, .float32, .float64])
    func types(type: ElementType) throws {
        let config = ConfigFixture.sequential([ConfigFixture.dense("d", units: 3, bias: false)])
        let old = try WeightFixture.weights(
            WeightFixture.legacy([("d", [.init(name: "k", shape: [2, 3])])], config: config))
        let (new, _) = try WeightFixture.written(
            old, config: config, changes: [KerasPath(["d"]): [Self.computed(.kernel, [2, 3], type)]])
        #expect(new.tensors[KerasPath(["d"])]?.map(\.elementType) == [type])
        #expect(try new.numbers("d") == [[1000, 1001, 1002, 1003, 1004, 1005]])
    }

    @Test("a number beyond half precision is told as one")
    func overflow() throws {
        let config = ConfigFixture.sequential([ConfigFixture.dense("d", units: 3, bias: false)])
        let old = try WeightFixture.weights(
            WeightFixture.legacy([("d", [.init(name: "k", shape: [2, 3])])], config: config))
        try WeightFixture.withTemporaryFolder { folder in
            let plan = KerasWeightPlan(
                config: old.config, changes: [KerasPath(["d"]): [Self.computed(.kernel, [2, 3], .float16)]])
            let error = #expect(throws: ModelError.self) {
                try old.write(plan, weights: Numbers(first: 70_000), to: folder + "/out")
            }
            #expect(error?.kind == .overflow([]))
        }
    }

    @Test("tensors of several slices, and integers, are copied byte for byte")
    func slices() throws {
        let config = ConfigFixture.sequential([
            ("Custom>Table", "t", ""), ConfigFixture.dense("d", units: 500, bias: false),
        ])
        let old = try WeightFixture.weights(
            WeightFixture.legacy(
                [
                    ("t", [.init(name: "n", shape: [40_000], type: .integer(bits: 64, signed: true), first: 1 << 40)]),
                    ("d", [.init(name: "k", shape: [300, 500])]),
                ], config: config))
        let (kept, _) = try WeightFixture.written(old, config: config)
        #expect(try kept.numbers("t") == old.numbers("t"))
        #expect(try kept.numbers("d") == old.numbers("d"))
        let (computed, _) = try WeightFixture.written(
            old, config: config, changes: [KerasPath(["d"]): [Self.computed(.kernel, [300, 500])]])
        #expect(try computed.numbers("d") == [(0..<150_000).map { Double($0 + 1000) }])
    }

    @Test("a full disk is told in the words of the system")
    func fullDisk() throws {
        let old = try WeightFixture.weights(
            WeightFixture.legacy(WeightReadingTests.layers, config: WeightReadingTests.config))
        let plan = KerasWeightPlan(config: old.config, changes: [:])
        let error = #expect(throws: ModelError.self) {
            try old.write(plan, weights: Numbers(), to: "/dev/full")
        }
        #expect(error?.kind == .inputOutput)
    }
}
