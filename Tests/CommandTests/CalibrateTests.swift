import BNFoldKit
import Foundation
import HDF5
import Testing

/// `calibrate`, against the statistics that real Caffe gathered on the same samples in the same batches.
@Suite("The calibrate command")
struct CalibrateTests {
    private static let net = Fixture.lenet.folder.path
    private static let samples = "data=\(Fixture.root.appendingPathComponent("data/d16c1_test.h5").path):/data"

    private func calibrate(_ options: [String], in folder: TemporaryFolder) async throws -> Program.Outcome {
        try await Program.run(
            [
                "calibrate", "\(Self.net)/weights.caffemodel.h5", "out.h5", "--prototxt",
                "\(Self.net)/train_val.prototxt",
            ] + options, in: folder)
    }

    private func vector(_ path: String, _ place: String) throws -> [Double] {
        try HDF5File(readingPath: path).dataset(at: place).values(as: Double.self)
    }

    @Test("measures what Caffe gathers, and leaves all else byte by byte", arguments: ["batches", "population"])
    func caffe(method: String) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await calibrate(
            ["--input", Self.samples, "--batch", "33", "--method", method, "--quiet"], in: folder)
        #expect(outcome.code == 0 && outcome.output == "" && outcome.errors == "", "\(outcome)")
        let truth = "\(Self.net)/calibration.h5"
        for layer in ["bn1", "bn2", "bn3"] {
            let count = method == "batches" ? try vector(truth, "/batches/\(layer)/2")[0] : 1
            let mean = try vector(truth, "/\(method)/\(layer)/0").map { $0 / count }
            let deviation = try vector(truth, "/\(method)/\(layer)/1").map { ($0 / count).squareRoot() }
            let found = try vector(folder.path("out.h5"), "/data/\(layer)/0")
            let foundDeviation = try vector(folder.path("out.h5"), "/data/\(layer)/1").map { $0.squareRoot() }
            #expect(try vector(folder.path("out.h5"), "/data/\(layer)/2") == [1])
            for channel in mean.indices {
                #expect(abs(found[channel] - mean[channel]) < 1e-5 * deviation[channel])
                #expect(abs(foundDeviation[channel] - deviation[channel]) < 1e-5 * deviation[channel])
            }
        }
        #expect(
            try folder.data("out.prototxt") == Data(contentsOf: URL(filePath: "\(Self.net)/train_val.prototxt")))
        for place in ["conv1/0", "conv2/1", "ip1/0", "scale2/0"] {
            #expect(
                try vector(folder.path("out.h5"), "/data/\(place)")
                    == vector("\(Self.net)/weights.caffemodel.h5", "/data/\(place)"))
        }
    }

    @Test("the batch is that of the training where nobody gives one")
    func batch() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await calibrate(["--input", Self.samples, "--report", "-"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.contains("\"batchSize\" : 50"), "\(outcome.output)")
    }

    @Test("only layers that are named are measured")
    func layers() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await calibrate(["--input", Self.samples, "--layers", "bn2"], in: folder)
        #expect(outcome.code == 0 && outcome.output.contains("measured 1 BatchNorm on 297 samples"), "\(outcome)")
        let source = "\(Self.net)/weights.caffemodel.h5"
        for blob in 0..<3 {
            #expect(
                try vector(folder.path("out.h5"), "/data/bn1/\(blob)") == vector(source, "/data/bn1/\(blob)"))
        }
        #expect(try vector(folder.path("out.h5"), "/data/bn2/0") != vector(source, "/data/bn2/0"))
    }

    @Test(
        "a wrong command line writes nothing and says what is wrong",
        arguments: [
            ([], 64, "--input"), (["--input", "data=missing.h5"], 66, "missing.h5"),
            (["--input", samples, "--layers", "conv1"], 64, "Convolution"),
            (["--input", samples, "--layers", "nothing"], 64, "'nothing'"),
            (["--input", samples, "--batch", "0"], 64, "--batch"),
            (["--input", samples, "--samples", "1000"], 64, "297"),
            (["--input", samples, "--method", "magic"], 64, "magic"),
            (["--input", samples, "--missing-only"], 65, "lacks statistics"),
        ])
    func usage(options: [String], code: Int32, word: String) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await calibrate(options, in: folder)
        #expect(outcome.code == code && outcome.errors.contains(word), "\(outcome)")
        #expect(try folder.names() == [])
    }

    @Test("weights keep their container, and another is refused by name")
    func container() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(
            [
                "calibrate", "\(Self.net)/weights.caffemodel.h5", "out.caffemodel", "--prototxt",
                "\(Self.net)/train_val.prototxt", "--input", Self.samples,
            ], in: folder)
        #expect(outcome.code == 64 && outcome.errors.contains("bnfold convert"), "\(outcome)")
        #expect(try folder.names() == [])
    }

    /// A net with SegNet's layer, which has a factor and a term and no statistics.
    private func segNet() throws -> TemporaryFolder {
        let folder = try TinyNet.folder { net in
            net.prototxt = """
                name: "segnet"
                layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 4 dim: 2 dim: 3 dim: 3 } } }
                layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 2 kernel_size: 1 } }
                # learned
                layer { name: "bn" type: "BN" bottom: "conv" top: "bn" bn_param { scale_filler { type: "constant" } } }

                """
            net.weights = WeightFile()
            net.weights.add("conv", 0, [2, 2, 1, 1], [1, 2, 3, 4])
            net.weights.add("conv", 1, [2], [0.5, -0.5])
            net.weights.add("bn", 0, [1, 2, 1, 1], [2, 3])
            net.weights.add("bn", 1, [1, 2, 1, 1], [1, -1])
        }
        let file = try HDF5File(creatingPath: folder.path("samples.h5"))
        let dataset = try file.createDataset("/data", shape: [4, 2, 3, 3], elementType: .float32)
        try dataset.write((0..<72).map { Double(($0 * 29 + 5) % 31) })
        try file.close()
        return folder
    }

    @Test("SegNet's layers without statistics get the finished normalisation, say so, and fold away")
    func segNetLayers() async throws {
        let folder = try segNet()
        let outcome = try await Program.run(
            ["calibrate", "net.h5", "out.h5", "--input", "samples.h5", "--missing-only", "--batch", "4"], in: folder)
        #expect(outcome.code == 0 && outcome.output.contains("no statistics before"), "\(outcome)")
        let text = String(decoding: try folder.data("out.prototxt"), as: UTF8.self)
        #expect(text.contains("bn_mode: INFERENCE") && text.contains("# learned"), "\(text)")
        let fold = try await Program.run(["out.h5", "folded.h5", "--verify", "--input", "samples.h5"], in: folder)
        #expect(fold.code == 0, "\(fold)")
        let inspected = try await Program.run(["inspect", "folded.h5"], in: folder)
        #expect(inspected.code == 0 && !inspected.output.contains("BN "), "\(inspected)")

        // gamma / deviation and beta - mean gamma / deviation, of what the convolution computes.
        let numbers = (0..<72).map { Double(($0 * 29 + 5) % 31) }
        for channel in 0..<2 {
            let weights = [[1.0, 2.0], [3.0, 4.0]][channel]
            let outputs = (0..<36).map { index in
                let (image, pixel) = (index / 9, index % 9)
                return weights[0] * numbers[image * 18 + pixel] + weights[1] * numbers[image * 18 + 9 + pixel]
                    + [0.5, -0.5][channel]
            }
            let mean = outputs.reduce(0, +) / 36
            let variance = outputs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 35
            let factor = [2.0, 3.0][channel] / (variance + 1e-5).squareRoot()
            #expect(abs(try vector(folder.path("out.h5"), "/data/bn/0")[channel] - factor) < 1e-6)
            #expect(
                abs(try vector(folder.path("out.h5"), "/data/bn/1")[channel] - ([1.0, -1.0][channel] - mean * factor))
                    < 1e-5)
        }
    }
}

/// `fold --calibrate`: both steps in one.
@Suite("Folding with new statistics")
struct FoldCalibrateTests {
    private static let bad = Fixture.root.appendingPathComponent("digits-badstats")
    private static let shape = ["--input-shape", "data=1,1,16,16"]
    private static let samples = "data=\(Fixture.root.appendingPathComponent("data/d16c1_test.h5").path):/data"

    private func run(
        _ command: String, _ output: String, _ options: [String], in folder: TemporaryFolder,
        weights: String = "weights-f.caffemodel.h5"
    ) async throws -> Program.Outcome {
        try await Program.run(
            [
                command, Self.bad.appendingPathComponent(weights).path, output, "--prototxt",
                Self.bad.appendingPathComponent("train_val.prototxt").path,
            ] + Self.shape + options, in: folder)
    }

    @Test(
        "writes the bytes of calibrate and fold one after the other, and leaves nothing else",
        arguments: ["batches", "population"])
    func steps(method: String) async throws {
        let folder = try TemporaryFolder()
        let first = try await run(
            "calibrate", "new.h5", ["--input", Self.samples, "--method", method, "--quiet"], in: folder)
        #expect(first.code == 0, "\(first)")
        let second = try await Program.run(["fold", "new.h5", "two.h5", "--quiet"] + Self.shape, in: folder)
        #expect(second.code == 0, "\(second)")
        let both = try await run(
            "fold", "one.h5", ["--calibrate", Self.samples, "--calibrate-method", method, "--verify"], in: folder)
        #expect(both.code == 0, "\(both)")
        #expect(
            both.output.contains("measured 3 BatchNorms on 297 samples (\(method), batches of 50, "), "\(both.output)")
        #expect(both.output.contains("within: the networks agree"))
        #expect(try folder.data("one.h5") == folder.data("two.h5"))
        #expect(try folder.data("one.prototxt") == folder.data("two.prototxt"))
        #expect(try folder.names() == ["new.h5", "new.prototxt", "one.h5", "one.prototxt", "two.h5", "two.prototxt"])
    }

    @Test("the report names the files that the user named, and what was measured")
    func report() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await run(
            "fold", "out.h5", ["--calibrate", Self.samples, "--calibrate-missing-only", "--verify", "--report", "-"],
            in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        let report = try JSONDecoder().decode(FoldReport.self, from: Data(outcome.output.utf8))
        let weights = Self.bad.appendingPathComponent("weights-f.caffemodel.h5").path
        #expect(report.input.weights == weights && report.verification?.original.weights == weights)
        #expect(report.calibration?.layers.map(\.names) == [["bn3"]])
        #expect(!outcome.output.contains(".calibrated"))
    }

    @Test("what goes wrong on the way leaves nothing and names the user's files")
    func failure() async throws {
        let folder = try TemporaryFolder()
        let broken = try await run(
            "fold", "out.h5", ["--calibrate", Self.samples, "--calibrate-layers", "bn1"], in: folder,
            weights: "weights-b.caffemodel.h5")
        #expect(broken.code == 65 && broken.errors.contains("weights-b.caffemodel.h5: layer 'bn2'"), "\(broken)")
        let unknown = try await run(
            "fold", "out.h5", ["--calibrate", Self.samples, "--calibrate-layers", "foo"], in: folder)
        #expect(unknown.code == 64 && unknown.errors.contains("--calibrate-layers names 'foo'"), "\(unknown)")
        let lonely = try await run("fold", "out.h5", ["--calibrate-batch", "8"], in: folder)
        #expect(
            lonely.code == 64 && lonely.errors.contains("--calibrate-batch is for the samples of --calibrate"),
            "\(lonely)")
        #expect(try folder.names() == [])
    }

    @Test("calibrate refuses options of other frameworks by name")
    func foreignOption() async throws {
        let outcome = try await run(
            "calibrate", "out.h5", ["--input", Self.samples, "--architecture", "model.json"], in: try TemporaryFolder())
        #expect(outcome.code == 64 && outcome.errors.contains("--architecture"), "\(outcome)")
    }

    @Test("warnings about statistics tell of calibrate")
    func advice() async throws {
        let outcome = try await run("fold", "out.h5", ["--allow-untrained"], in: try TemporaryFolder())
        #expect(outcome.errors.contains("'bnfold calibrate' measures it on samples"), "\(outcome.errors)")
    }
}
