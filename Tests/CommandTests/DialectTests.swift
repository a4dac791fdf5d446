import Foundation
import Testing

/// `bnfold convert --dialect`: batch normalisations of one fork of Caffe in the form of another. `verify` holds the outputs against each other.
@Suite("Dialects of forks")
struct DialectTests {
    private static let head = """
        layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 3 dim: 3 } } }
        layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 2 kernel_size: 1 } }

        """
    private static let mean: (Int, [Double]) = (2, [2, -1])
    private static let plain: [(Int, [Double])] = [mean, (2, [4, 0.25]), (1, [2])]

    /// `net.prototxt` and `net.h5` with a convolution and what is told.
    private func net(_ text: String, _ blobs: [String: [(Int, [Double])]]) throws -> TemporaryFolder {
        var weights = WeightFile()
        weights.add("conv", 0, [2, 2, 1, 1], [1, 2, 3, 4])
        weights.add("conv", 1, [2], [0.5, -0.5])
        for (layer, all) in blobs {
            for (index, blob) in all.enumerated() { weights.add(layer, index, [blob.0], blob.1) }
        }
        let folder = try TemporaryFolder()
        try folder.write(Self.head + text, to: "net.prototxt")
        try weights.write(to: folder.path("net.h5"))
        return folder
    }

    private func layer(_ type: String, _ rest: String = "") -> String {
        "layer { name: \"bn\" type: \"\(type)\" bottom: \"conv\" top: \"conv\" \(rest)}\n"
    }

    private static let scale = """
        layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }

        """

    /// Converts `net.h5` to `out.h5`, and lets `verify` compare.
    private func convert(
        _ folder: TemporaryFolder, to dialect: String, _ options: [String] = [], output: String = "out.h5",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> (text: String, weights: WeightFile) {
        let outcome = try await Program.run(
            ["convert", "net.h5", output, "--dialect", dialect, "--report", "report.json"] + options, in: folder)
        try #require(outcome.code == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
        let verified = try await Program.run(["verify", "net.h5", output] + options, in: folder)
        #expect(verified.code == 0, "\(verified.output)\(verified.errors)", sourceLocation: sourceLocation)
        let text = try folder.text("out.prototxt")
        #expect(text.hasPrefix(Self.head), sourceLocation: sourceLocation)
        guard output.hasSuffix(".h5") else { return (text, WeightFile()) }
        return (text, try WeightFile(reading: folder.path(output)))
    }

    private func refusal(_ folder: TemporaryFolder, to dialect: String, _ options: [String] = []) async throws -> String
    {
        let before = try folder.names()
        let outcome = try await Program.run(
            ["convert", "net.h5", "out.h5", "--dialect", dialect] + options, in: folder)
        #expect(outcome.code == 65)
        #expect(try folder.names() == before)
        return outcome.errors
    }

    private func values(_ weights: WeightFile, _ layer: String) -> [[Double]] {
        (0..<6).compactMap { weights.blobs["/data/\(layer)/\($0)"]?.values }
    }

    // MARK: To BVLC Caffe

    @Test("Intel to BVLC: mean, variance and factor stay bit for bit, gamma and beta go into a new Scale in place")
    func intel() async throws {
        let folder = try net(
            layer("BatchNorm", "batch_norm_param { use_weight_bias: true eps: 0.001 } "),
            ["bn": Self.plain + [(2, [3, -2]), (2, [0.5, 1])]])
        let (text, weights) = try await convert(folder, to: "bvlc")
        #expect(values(weights, "bn") == [[2, -1], [4, 0.25], [2]])
        #expect(values(weights, "bn_scale") == [[3, -2], [0.5, 1]])
        #expect(text.contains("batch_norm_param { eps: 0.001 }") && !text.contains("use_weight_bias"))
        #expect(try folder.text("report.json").contains("\"batch_norm_param.use_weight_bias\""))
    }

    @Test("Intel's snapshots: a Scale without numbers gets its own back, and the text stays byte for byte")
    func intelSnapshot() async throws {
        let folder = try net(
            layer("BatchNorm") + Self.scale, ["bn": Self.plain + [(2, [3, -2]), (2, [0.5, 1])]])
        let (text, weights) = try await convert(folder, to: "bvlc")
        #expect(values(weights, "bn") == [[2, -1], [4, 0.25], [2]])
        #expect(values(weights, "scale") == [[3, -2], [0.5, 1]])
        #expect(try text == folder.text("net.prototxt"))
    }

    @Test("NVCaffe to BVLC: the unread number becomes 1, the raised eps the default, use_global_stats: false goes")
    func nvcaffe() async throws {
        let folder = try net(
            layer("BatchNorm", "batch_norm_param { scale_bias: true eps: 1e-6 use_global_stats: false } "),
            ["bn": [Self.mean, (2, [1e-6, 0.25]), (1, [0]), (2, [3, -2]), (2, [0.5, 1])]])
        let (text, weights) = try await convert(folder, to: "bvlc")
        #expect(values(weights, "bn")[2] == [1])
        #expect(!text.contains("batch_norm_param"))
        #expect(values(weights, "bn_scale") == [[3, -2], [0.5, 1]])
    }

    @Test("fillers and rates of gamma and beta go with them; those of the statistics stay")
    func training() async throws {
        let folder = try net(
            layer(
                "BatchNorm",
                """
                param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 2 } param { lr_mult: 3 } \
                batch_norm_param { scale_bias: true scale_filler { value: 1 } bias_filler { value: 0 } }
                """),
            ["bn": Self.plain + [(2, [3, -2]), (2, [0.5, 1])]])
        let (text, _) = try await convert(folder, to: "bvlc")
        let parts = text.components(separatedBy: "bn_scale")
        try #require(parts.count == 2)
        #expect(parts[0].components(separatedBy: "param { lr_mult: 0 }").count == 4)
        #expect(parts[1].contains("lr_mult: 2") && parts[1].contains("lr_mult: 3"))
        #expect(parts[1].contains("filler { value: 1 }") && parts[1].contains("bias_filler { value: 0 }"))
    }

    @Test("DIGITS and Vitis to BVLC: gamma and beta come first")
    func digits() async throws {
        let folder = try net(
            layer("BatchNorm"), ["bn": [(2, [3, -2]), (2, [0.5, 1]), Self.mean, (2, [4, 0.25]), (1, [7])]])
        let (_, weights) = try await convert(folder, to: "bvlc")
        #expect(values(weights, "bn") == [[2, -1], [4, 0.25], [1]])
        #expect(values(weights, "bn_scale") == [[3, -2], [0.5, 1]])
    }

    @Test("PSPNet to BVLC, with the variance or with what it is the inverse deviation of", arguments: [false, true])
    func pspnet(isInverse: Bool) async throws {
        let spread = [4.0, 0.25].map { isInverse ? 1 / ($0 + 0.001).squareRoot() : $0 }
        let folder = try net(
            layer("BN", "bn_param { eps: 0.001 momentum: 0.9 frozen: true } "),
            ["bn": [(2, [3, -2]), (2, [0.5, 1]), Self.mean, (2, spread)]])
        let dialect = isInverse ? "bn-inverse-deviation" : "bn-variance"
        let (text, weights) = try await convert(folder, to: "bvlc", ["--batch-norm-dialect", dialect])
        let variance = try #require(weights.blobs["/data/bn/1"]).values
        #expect(zip(variance, [4, 0.25]).allSatisfy { abs($0 - $1) < 1e-6 * $1 })
        #expect(text.contains("eps: 0.001") && text.contains("use_global_stats: true") && !text.contains("bn_param {"))
        #expect(try folder.text("report.json").contains("bn_param.momentum"))
    }

    @Test(
        "SegNet to BVLC and NVCaffe: the finished normalisation is a Scale, bit for bit",
        arguments: ["bvlc", "nvcaffe"])
    func segnet(target: String) async throws {
        let folder = try net(
            layer("BN", "bn_param { bn_mode: INFERENCE } "), ["bn": [(2, [3, -2]), (2, [0.5, 1])]])
        let (text, weights) = try await convert(folder, to: target)
        #expect(text.contains("type: \"Scale\"") && text.contains("bias_term: true"))
        #expect(values(weights, "bn") == [[3, -2], [0.5, 1]])
    }

    @Test("the name of a new Scale is nobody else's")
    func uniqueName() async throws {
        let folder = try net(
            layer("BatchNorm", "batch_norm_param { scale_bias: true } ")
                + "layer { name: \"bn_scale\" type: \"ReLU\" bottom: \"conv\" top: \"conv\" }\n",
            ["bn": Self.plain + [(2, [3, -2]), (2, [0.5, 1])]])
        let (_, weights) = try await convert(folder, to: "bvlc")
        #expect(values(weights, "bn_scale_2").count == 2)
    }

    @Test("fields of forks that change nothing go from all layers and from the net; BVLC's own stay")
    func fields() async throws {
        let folder = try net(
            layer("BatchNorm")
                + """
                layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" relu_param { engine: MKL2017 } quantization_param { bw: 8 } }
                layer { name: "fc" type: "ReLU" bottom: "conv" top: "conv" relu_param { engine: CAFFE } forward_type: FLOAT16 }
                default_forward_type: FLOAT16

                """, ["bn": Self.plain])
        let (text, _) = try await convert(folder, to: "bvlc")
        for word in ["MKL2017", "quantization_param", "FLOAT16"] { #expect(!text.contains(word), "\(word)") }
        #expect(text.contains("engine: CAFFE"))
        let report = try folder.text("report.json")
        #expect(report.contains("\"dialect\" : \"bvlc\"") && report.contains("\"prototxt\" : \"out.prototxt\""))
        for word in ["relu_param.engine", "quantization_param", "default_forward_type"] {
            #expect(report.contains(word), "\(word)")
        }
    }

    // MARK: To the forks

    @Test("BVLC to NVCaffe: one layer of five blobs, whose statistics are divided")
    func toNVCaffe() async throws {
        let folder = try net(
            layer("BatchNorm") + Self.scale, ["bn": Self.plain, "scale": [(2, [3, -2]), (2, [0.5, 1])]])
        let (text, weights) = try await convert(folder, to: "nvcaffe")
        #expect(values(weights, "bn") == [[1, -0.5], [2, 0.125], [1], [3, -2], [0.5, 1]])
        #expect(!text.contains("Scale") && text.contains("scale_bias: true"))
        #expect(values(weights, "scale").isEmpty)
    }

    @Test("a Scale into another top, without a term: NVCaffe's layer writes that top, and beta is 0")
    func toNVCaffeAnotherTop() async throws {
        let folder = try net(
            "layer { name: \"bn\" type: \"BatchNorm\" bottom: \"conv\" top: \"n\" }\n"
                + "layer { name: \"scale\" type: \"Scale\" bottom: \"n\" top: \"s\" }\n"
                + "layer { name: \"relu\" type: \"ReLU\" bottom: \"s\" top: \"r\" }\n",
            ["bn": Self.plain, "scale": [(2, [3, -2])]])
        let (text, weights) = try await convert(folder, to: "nvcaffe")
        #expect(values(weights, "bn").last == [0, 0])
        #expect(text.contains("bottom: \"conv\" top: \"s\""))
    }

    @Test("a Scale that is not alone in reading stays, and the BatchNorm has a factor of 1")
    func otherReader() async throws {
        let folder = try net(
            "layer { name: \"bn\" type: \"BatchNorm\" bottom: \"conv\" top: \"n\" }\n"
                + "layer { name: \"scale\" type: \"Scale\" bottom: \"n\" top: \"s\" }\n"
                + "layer { name: \"sum\" type: \"Eltwise\" bottom: \"s\" bottom: \"n\" top: \"sum\" }\n",
            ["bn": Self.plain, "scale": [(2, [3, -2])]])
        let (text, weights) = try await convert(folder, to: "nvcaffe")
        #expect(values(weights, "bn") == [[1, -0.5], [2, 0.125], [1]])
        #expect(values(weights, "scale") == [[3, -2]] && !text.contains("scale_bias"))
    }

    @Test("a layer between that another phase puts there keeps BatchNorm and Scale apart")
    func readerInTraining() async throws {
        let folder = try net(
            "layer { name: \"bn\" type: \"BatchNorm\" bottom: \"conv\" top: \"n\" }\n"
                + "layer { name: \"spy\" type: \"Silence\" bottom: \"n\" include { phase: TRAIN } }\n"
                + "layer { name: \"scale\" type: \"Scale\" bottom: \"n\" top: \"s\" }\n",
            ["bn": Self.plain, "scale": [(2, [3, -2])]])
        let (text, _) = try await convert(folder, to: "nvcaffe")
        #expect(text.contains("type: \"Scale\""))
    }

    @Test("a reader that only a stage brings keeps BatchNorm and Scale apart")
    func readerOfStage() async throws {
        let folder = try net(
            "layer { name: \"bn\" type: \"BatchNorm\" bottom: \"conv\" top: \"n\" }\n"
                + "layer { name: \"spy\" type: \"Silence\" bottom: \"n\" include { stage: \"look\" } }\n"
                + "layer { name: \"scale\" type: \"Scale\" bottom: \"n\" top: \"s\" }\n",
            ["bn": Self.plain, "scale": [(2, [3, -2])]])
        let (text, _) = try await convert(folder, to: "nvcaffe")
        #expect(text.contains("type: \"Scale\""))
    }

    @Test("twins of TRAIN and TEST are converted alike")
    func twins() async throws {
        let twins = ["TRAIN", "TEST"].map { phase in
            layer("BatchNorm", "include { phase: \(phase) } batch_norm_param { use_global_stats: \(phase == "TEST") } ")
        }
        let folder = try net(
            twins.joined() + Self.scale, ["bn": Self.plain, "scale": [(2, [3, -2]), (2, [0.5, 1])]])
        let (converted, _) = try await convert(folder, to: "nvcaffe")
        #expect(converted.components(separatedBy: "scale_bias: true").count == 3 && !converted.contains("\"Scale\""))
        for name in ["net.h5", "net.prototxt", "report.json"] { try folder.remove(name) }
        try FileManager.default.moveItem(atPath: folder.path("out.h5"), toPath: folder.path("net.h5"))
        try FileManager.default.moveItem(atPath: folder.path("out.prototxt"), toPath: folder.path("net.prototxt"))
        let (back, weights) = try await convert(folder, to: "bvlc")
        #expect(back.components(separatedBy: "name: \"bn_scale\"").count == 3)
        #expect(values(weights, "bn_scale") == [[3, -2], [0.5, 1]])
    }

    @Test("BVLC to SegNet: factor and term of the finished normalisation, with four axes", arguments: [false, true])
    func toSegNet(hasScale: Bool) async throws {
        let folder = try net(
            layer(
                "BatchNorm",
                "param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 } batch_norm_param { eps: 0 } ")
                + (hasScale ? Self.scale : ""),
            ["bn": Self.plain, "scale": hasScale ? [(2, [3, -2]), (2, [0.5, 1])] : []])
        let (text, weights) = try await convert(folder, to: "segnet")
        let blob = try #require(weights.blobs["/data/bn/0"])
        #expect(blob.shape == [1, 2, 1, 1])
        let inverse = [1 / 2.0.squareRoot(), 1 / 0.125.squareRoot()]
        let factors = hasScale ? [3 * inverse[0], -2 * inverse[1]] : inverse
        #expect(blob.values == factors.map { Double(Float($0)) })
        #expect(text.contains("bn_mode: INFERENCE") && !text.contains("lr_mult") && !text.contains("Scale"))
    }

    @Test(
        "blobs that layers share by name are shared after, gamma and beta in the Scales",
        arguments: ["h5", "caffemodel"])
    func sharing(container: String) async throws {
        let names = ["m", "v", "f", "g", "b"].map { "param { name: \"\($0)\" lr_mult: 0 }" }.joined(separator: " ")
        let layers = ["one", "two"].map { name in
            "layer { name: \"\(name)\" type: \"BatchNorm\" bottom: \"conv\" top: \"\(name)\" \(names) batch_norm_param { scale_bias: true } }\n"
        }
        let folder = try net(layers.joined(), ["one": Self.plain + [(2, [3, -2]), (2, [0.5, 1])]])
        let (text, _) = try await convert(folder, to: "bvlc", output: "out.\(container)")
        #expect(text.components(separatedBy: "name: \"g\"").count == 3)
        #expect(text.components(separatedBy: "name: \"m\"").count == 3)
    }

    @Test("a .caffemodel is edited: what is no normalisation keeps its bytes, and comes back")
    func caffemodel() async throws {
        let folder = try net(
            layer("BatchNorm") + Self.scale, ["bn": Self.plain, "scale": [(2, [3, -2]), (2, [0.5, 1])]])
        for arguments in [
            ["net.h5", "net.caffemodel"],
            ["net.caffemodel", "nv.caffemodel", "--prototxt", "net.prototxt", "--dialect", "nvcaffe"],
            ["nv.caffemodel", "back.caffemodel", "--dialect", "bvlc"],
        ] {
            let outcome = try await Program.run(["convert"] + arguments, in: folder)
            #expect(outcome.code == 0, "\(outcome.errors)")
        }
        for output in ["nv.caffemodel", "back.caffemodel"] {
            #expect(try await Program.run(["verify", "net.h5", output], in: folder).code == 0)
        }
    }

    // MARK: Refusals

    @Test("what has no equal form is refused by name, and nothing is written")
    func refusals() async throws {
        let untrained = try net(layer("BatchNorm"), ["bn": [Self.mean, (2, [4, 0.25]), (1, [0])]])
        for target in ["nvcaffe", "segnet"] {
            let message = try await refusal(untrained, to: target)
            #expect(message.contains("'bn'") && message.contains("never trained"), "\(message)")
        }
        let cases: [(text: String, target: String, word: String)] = [
            ("batch_norm_param { eps: 1e-6 } ", "nvcaffe", "CUDNN_BN_MIN_EPSILON"),
            ("batch_norm_param { use_global_stats: false } ", "nvcaffe", "use_global_stats"),
            ("batch_norm_param { use_global_stats: false } ", "segnet", "statistics of each batch"),
            ("batch_norm_param { add_eps_before_sqrt: false } ", "bvlc", "add_eps_before_sqrt"),
            ("batch_norm_param { strange: 1 } ", "bvlc", "'strange'"),
        ]
        for (fields, target, word) in cases {
            let folder = try net(layer("BatchNorm", fields), ["bn": Self.plain])
            let message = try await refusal(folder, to: target)
            #expect(message.contains("'bn'") && message.contains(word), "\(message)")
        }
        let learning = try net(layer("BN"), ["bn": [(2, [3, -2]), (2, [0.5, 1])]])
        let message = try await refusal(learning, to: "bvlc")
        #expect(message.contains("bn_mode: INFERENCE"), "\(message)")
        let wrong = try net(layer("BN"), ["bn": [(2, [3, -2]), (2, [0.5, 1]), Self.mean, (2, [4000, 0.25])]])
        let inverse = try await refusal(wrong, to: "bvlc", ["--batch-norm-dialect", "bn-inverse-deviation"])
        #expect(inverse.contains("inverse deviation 4000"), "\(inverse)")
    }

    @Test("a Scale of the weights that the prototxt lacks is refused, as when folding")
    func surplusScale() async throws {
        let folder = try net(layer("BatchNorm"), ["bn": Self.plain, "scale": [(2, [3, -2]), (2, [0.5, 1])]])
        let message = try await refusal(folder, to: "nvcaffe")
        #expect(message.contains("'scale'"), "\(message)")
    }

    @Test("--assume-global-stats takes false as true, and writes it so")
    func assuming() async throws {
        let folder = try net(
            layer("BatchNorm", "batch_norm_param { use_global_stats: false } "), ["bn": Self.plain])
        let (text, _) = try await convert(folder, to: "nvcaffe", ["--assume-global-stats"])
        #expect(text.contains("use_global_stats: true"))
    }

    @Test("wrong uses of the options are told before anything is read")
    func usage() async throws {
        let folder = try net(layer("BatchNorm"), ["bn": Self.plain])
        for options in [["--dialect", "intel"], ["--batch-norm-dialect", "intel"], ["--assume-global-stats"]] {
            let outcome = try await Program.run(["convert", "net.h5", "out.h5"] + options, in: folder)
            #expect(outcome.code == 64, "\(options)")
        }
    }

    @Test("files of other frameworks are refused with the name of the option")
    func otherFrameworks() async throws {
        let folder = try TemporaryFolder.withKerasModels("small.h5")
        let outcome = try await Program.run(["convert", "small.h5", "out.h5", "--dialect", "bvlc"], in: folder)
        #expect(outcome.code == 64 && outcome.errors.contains("--dialect"), "\(outcome.errors)")
        #expect(try folder.names() == ["small.h5"])
    }
}
