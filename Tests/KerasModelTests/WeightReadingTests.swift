import Frontend
import HDF5
import Testing

@testable import KerasModel

@Suite("Weights that are found in files of Keras")
struct WeightReadingTests {
    private typealias Tensor = WeightFixture.Tensor

    static let config = ConfigFixture.sequential([
        ConfigFixture.dense("d1", units: 3), ("Dropout", "drop", ""), ConfigFixture.norm("bn"),
        ConfigFixture.dense("d2", units: 2, bias: false),
    ])

    static let layers: [WeightFixture.Layer] = [
        ("d1", [.init(name: "d1/kernel:0", shape: [2, 3]), .init(name: "d1/bias:0", shape: [3], first: 10)]),
        ("drop", []),
        (
            "bn",
            [
                .init(name: "bn/gamma:0", shape: [3], first: 20), .init(name: "bn/beta:0", shape: [3], first: 30),
                .init(name: "bn/moving_mean:0", shape: [3], first: 40),
                .init(name: "bn/moving_variance:0", shape: [3], first: 50),
            ]
        ),
        ("d2", [.init(name: "d2/kernel:0", shape: [3, 2], first: 60)]),
    ]

    static let treeTensors: [WeightFixture.Tensor] = [
        .init(name: "layers/dense/vars/0", shape: [2, 3]), .init(name: "layers/dense/vars/1", shape: [3], first: 10),
        .init(name: "layers/batch_normalization/vars/0", shape: [3], first: 20),
        .init(name: "layers/batch_normalization/vars/1", shape: [3], first: 30),
        .init(name: "layers/batch_normalization/vars/2", shape: [3], first: 40),
        .init(name: "layers/batch_normalization/vars/3", shape: [3], first: 50),
        .init(name: "layers/dense_1/vars/0", shape: [3, 2], first: 60),
    ]

    private func expectAll(_ weights: KerasFileWeights) throws {
        #expect(try weights.numbers("d1") == [[0, 1, 2, 3, 4, 5], [10, 11, 12]])
        #expect(try weights.numbers("bn") == [[20, 21, 22], [30, 31, 32], [40, 41, 42], [50, 51, 52]])
        #expect(try weights.numbers("d2") == [[60, 61, 62, 63, 64, 65]])
        #expect(weights.tensors.count == 3)
    }

    @Test(
        "a whole model in HDF5 is read, whatever the kind of its strings",
        arguments: [
            nil, .variable(isUTF8: true), .fixed(byteCount: 1, padding: .zeros, isUTF8: false),
            .fixed(byteCount: 1, padding: .spaces, isUTF8: false),
            .fixed(byteCount: 1, padding: .zeroTerminated, isUTF8: false),
        ] as [HDF5StringForm?])
    func model(form: HDF5StringForm?) throws {
        let weights = try WeightFixture.weights(WeightFixture.legacy(Self.layers, config: Self.config, form: form))
        #expect(weights.file.kind == .wholeHDF5)
        #expect(weights.file.version == "2.15.0")
        #expect(weights.names("d1") == ["d1/kernel:0", "d1/bias:0"])
        try expectAll(weights)
    }

    @Test("weights alone are read for the JSON that is given")
    func weightsAlone() throws {
        let weights = try WeightFixture.weights(WeightFixture.legacy(Self.layers), Self.config)
        #expect(weights.file.kind == .legacyWeights)
        #expect(weights.file.configText == nil)
        try expectAll(weights)
    }

    @Test("names that were split over several attributes are one list")
    func splitNames() throws {
        let form = HDF5StringForm.fixed(byteCount: 1, padding: .zeros, isUTF8: false)
        let names = (0..<1000).map { String(repeating: "n", count: 90) + String($0) }
        let layers: [WeightFixture.Layer] = names.enumerated().map { index, name in
            (name, [.init(name: name + "/kernel:0", shape: [1, 1], first: index)])
        }
        let config = ConfigFixture.sequential(names.map { ConfigFixture.dense($0, units: 1, bias: false) })
        let bytes = try WeightFixture.legacy(layers, config: config, form: form)
        let weights = try WeightFixture.weights(bytes)
        #expect(try weights.file.hdf5.attribute("layer_names", of: "/model_weights") == nil)
        #expect(try weights.file.hdf5.attribute("layer_names1", of: "/model_weights") != nil)
        #expect(try weights.numbers(names[999]) == [[999]])
    }

    @Test("layers whose names hold a slash have groups in groups")
    func slashes() throws {
        let config = ConfigFixture.sequential([
            ConfigFixture.dense("a/d", units: 1, bias: false), ConfigFixture.dense("a", units: 1, bias: false),
        ])
        let layers: [WeightFixture.Layer] = [
            ("a/d", [.init(name: "a/d/kernel:0", shape: [1, 1], first: 1)]),
            ("a", [.init(name: "a/kernel:0", shape: [1, 1], first: 2)]),
        ]
        let weights = try WeightFixture.weights(WeightFixture.legacy(layers, config: config))
        #expect(try weights.numbers("a/d") == [[1]])
        #expect(try weights.numbers("a") == [[2]])
    }

    @Test("a nested model's list has what training changes first")
    func nested() throws {
        let inner = ConfigFixture.sequential(
            [
                ConfigFixture.dense("d", units: 1), ConfigFixture.norm("bn", #""scale": false"#),
                ConfigFixture.dense("e", units: 1, bias: false),
            ],
            name: "inner")
        let config = #"{"class_name": "Sequential", "config": {"name": "net", "layers": [\#(inner)]}}"#
        let names = ["d/kernel:0", "d/bias:0", "bn/beta:0", "e/kernel:0", "bn/moving_mean:0", "bn/moving_variance:0"]
        let tensors = names.enumerated().map { index, name in
            WeightFixture.Tensor(name: name, shape: name.hasSuffix("kernel:0") ? [1, 1] : [1], first: index)
        }
        let weights = try WeightFixture.weights(WeightFixture.legacy([("inner", tensors)], config: config))
        #expect(try weights.numbers("inner", "d") == [[0], [1]])
        #expect(try weights.numbers("inner", "bn") == [[2], [4], [5]])
        #expect(try weights.numbers("inner", "e") == [[3]])
    }

    @Test("an archive is read, stored or compressed", arguments: [true, false])
    func archive(isStored: Bool) throws {
        let bytes = try WeightFixture.archive(
            config: Self.config, weights: WeightFixture.tree(Self.treeTensors), isStored ? .stored : .deflated)
        let weights = try WeightFixture.weights(bytes)
        #expect(weights.file.kind == .archive)
        #expect(weights.file.version == "3.15.1")
        #expect(weights.names("d1") == ["layers/dense/vars/0", "layers/dense/vars/1"])
        try expectAll(weights)
    }

    @Test("a tree of weights alone is read, and groups are counted by class")
    func tree() throws {
        let weights = try WeightFixture.weights(WeightFixture.tree(Self.treeTensors), Self.config)
        #expect(weights.file.kind == .payload)
        try expectAll(weights)
    }

    @Test("more than ten tensors of a layer are in the order of their numbers")
    func manyTensors() throws {
        let tensors = (0..<12).map { WeightFixture.Tensor(name: "layers/scale/vars/\($0)", shape: [1], first: $0) }
        let config = ConfigFixture.sequential([("Custom>Scale", "s", "")])
        let weights = try WeightFixture.weights(WeightFixture.tree(tensors), config)
        #expect(try weights.numbers("s") == (0..<12).map { [Double($0)] })
    }

    @Test("the state of random numbers is no weight, and integers are carried without being looked into")
    func others() throws {
        let config = ConfigFixture.sequential([("Dropout", "drop", ""), ("Custom>Counter", "c", "")])
        let tensors: [WeightFixture.Tensor] = [
            .init(name: "layers/dropout/seed_generator/vars/0", shape: [2], type: .integer(bits: 32, signed: false)),
            .init(name: "layers/counter/vars/0", shape: [], type: .integer(bits: 64, signed: true), first: 7),
        ]
        let weights = try WeightFixture.weights(WeightFixture.tree(tensors), config)
        #expect(weights.tensors[KerasPath(["drop"])] == nil)
        #expect(weights.tensors[KerasPath(["c"])]?.map(\.elementType) == [nil])
    }

    @Test(
        "groups are named as Keras names them",
        arguments: [
            ("Conv2D", "conv2d"), ("BatchNormalization", "batch_normalization"), ("ReLU", "re_lu"),
            ("TFOpLambda", "tf_op_lambda"), ("GlobalAveragePooling2D", "global_average_pooling2d"),
            ("PReLU", "p_re_lu"), ("DepthwiseConv2D", "depthwise_conv2d"), ("LSTM", "lstm"), ("ELU", "elu"),
            ("Conv2DTranspose", "conv2d_transpose"), ("MyLayerV2", "my_layer_v2"),
        ])
    func groupNames(className: String, name: String) {
        #expect(snakeCase(className) == name)
    }

    @Test("the content tells the container")
    func recognized() throws {
        let kinds: [KerasContainerKind] = [.wholeHDF5, .legacyWeights, .payload, .archive]
        try WeightFixture.withTemporaryFolder { folder in
            for (index, bytes) in try [
                WeightFixture.legacy(Self.layers, config: Self.config), WeightFixture.legacy(Self.layers),
                WeightFixture.tree(Self.treeTensors),
                WeightFixture.archive(config: Self.config, weights: WeightFixture.tree(Self.treeTensors)),
            ].enumerated() {
                try write(bytes, to: "\(folder)/\(index)")
                #expect(try KerasContainers.kind(of: "\(folder)/\(index)") == kinds[index])
            }
            // As Caffe writes it.
            var outline = HDF5Outline()
            outline.root.withGroup("data") { $0.withGroup("conv") { _ in } }
            try write(HDF5Layout(outline, path: "").head, to: folder + "/caffe")
            #expect(try KerasContainers.kind(of: folder + "/caffe") == nil)
            #expect(try KerasContainers.kind(of: folder + "/missing") == nil)
        }
    }
}
