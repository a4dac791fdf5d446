import Foundation
import Testing

/// What each option of `fold` does.
@Suite("Options")
struct OptionTests {
    @Test("fold is the default subcommand")
    func defaultSubcommand() async throws {
        let folder = try TinyNet.folder()
        let plain = try await Program.run(["net.h5", "a.h5"], in: folder)
        let named = try await Program.run(["fold", "net.h5", "b.h5"], in: folder)
        #expect(plain.code == 0 && named.code == 0)
        #expect(
            named.output == plain.output.replacing("a.h5", with: "b.h5").replacing("a.prototxt", with: "b.prototxt"))
        #expect(named.errors == plain.errors)
        #expect(try folder.data("a.h5") == folder.data("b.h5"))
        #expect(try folder.data("a.prototxt") == folder.data("b.prototxt"))
    }

    @Test("--quiet prints nothing where nothing is wrong")
    func quiet() async throws {
        let outcome = try await Program.run(["net.h5", "out.h5", "--quiet"], in: try TinyNet.folder())
        #expect(outcome.code == 0)
        #expect(outcome.output == "" && outcome.errors == "")
    }

    @Test("--verbose tells every layer that deployment drops")
    func verbose() async throws {
        let folder = try TemporaryFolder()
        let plain = try await Program.run(Fixture.lenet.arguments, in: folder)
        let verbose = try await Program.run(Fixture.lenet.arguments + ["--verbose", "--force"], in: folder)
        #expect(!plain.output.contains("accuracy"))
        #expect(verbose.output.contains("accuracy") && verbose.output.contains("loss"))
    }

    @Test("no escape sequences where standard output is no terminal")
    func colour() async throws {
        let outcome = try await Program.run(
            script: #"TERM=xterm-256color exec "$0" "$@""#, ["net.h5", "out.h5"], in: try TinyNet.folder())
        #expect(!outcome.output.contains("\u{1B}"))
    }

    @Test("--report writes the whole outcome as JSON")
    func report() async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(["net.h5", "out.h5", "--report", "report.json"], in: folder)
        #expect(outcome.code == 0 && outcome.output.contains("wrote out.h5 and out.prototxt"))
        let report = try Report(folder.text("report.json"))
        #expect(report.network == "tiny" && report.schema == 1)
        #expect(report.input.weights == "net.h5" && report.input.prototxt == "net.prototxt")
        #expect(report.output?.weights == "out.h5" && report.output?.prototxt == "out.prototxt")
        #expect(report.output?.weightBytes == (try folder.data("out.h5").count))
        #expect(report.layers.before == 4 && report.layers.after == 2)
        #expect(report.folds.map(\.into.name) == ["conv"])
        #expect(report.folds.map { $0.from.map(\.name) } == [["bn", "scale"]])
        #expect(report.findings.map(\.kind) == ["few-iterations"])
    }

    @Test("--report - writes JSON, and nothing but JSON, to standard output")
    func reportToStandardOutput() async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(["net.h5", "out.h5", "--report", "-"], in: folder)
        #expect(outcome.code == 0)
        #expect(try Report(outcome.output).layers.after == 2)
        #expect(try folder.names() == ["net.h5", "net.prototxt", "out.h5", "out.prototxt"])
    }

    @Test("--compress changes no number", arguments: 1...9)
    func compress(level: Int) async throws {
        let folder = try TemporaryFolder()
        _ = try await Program.run(Fixture.lenet.arguments, in: folder)
        let plain = try WeightFile(reading: folder.path("out.h5"))
        let outcome = try await Program.run(
            Fixture.lenet.arguments + ["--compress", String(level), "--force"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try WeightFile(reading: folder.path("out.h5")) == plain)
    }

    @Test("--compress makes large weights of little content small")
    func compressedSize() async throws {
        let folder = try TinyNet.folder { net in
            net.prototxt = net.prototxt.replacing("kernel_size: 1", with: "kernel_size: 99 pad: 49")
            net.weights.add("conv", 0, [2, 2, 99, 99], [Double](repeating: 1, count: 4 * 99 * 99))
        }
        let outcome = try await Program.run(["net.h5", "out.h5", "--compress", "1"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try folder.data("out.h5").count * 4 < folder.data("net.h5").count)
    }

    @Test("--compress 0 is the default")
    func compressZero() async throws {
        let folder = try TinyNet.folder()
        _ = try await Program.run(["net.h5", "a.h5"], in: folder)
        _ = try await Program.run(["net.h5", "b.h5", "--compress", "0"], in: folder)
        #expect(try folder.data("a.h5") == folder.data("b.h5"))
    }

    /// A layer that is there for a level or a stage only.
    private func folder(rule: String) throws -> TemporaryFolder {
        try TinyNet.folder {
            $0.prototxt +=
                "layer { name: \"extra\" type: \"ReLU\" bottom: \"conv\" top: \"extra\" include { \(rule) } }\n"
        }
    }

    @Test(
        "--level and --stage select layers as Caffe's NetState does",
        arguments: [
            ("min_level: 2", ["--level", "2"], true), ("min_level: 2", ["--level", "1"], false),
            ("max_level: -1", ["--level=-1"], true), ("max_level: -1", [], false),
            ("stage: \"deploy\"", ["--stage", "deploy"], true), ("stage: \"deploy\"", [], false),
            ("stage: \"a\" stage: \"b\"", ["--stage", "a", "--stage", "b"], true),
            ("stage: \"a\" stage: \"b\"", ["--stage", "a"], false),
            ("not_stage: \"a\"", ["--stage", "a"], false),
        ])
    func netState(rule: String, options: [String], isThere: Bool) async throws {
        let folder = try folder(rule: rule)
        let outcome = try await Program.run(["net.h5", "out.h5"] + options, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try folder.text("out.prototxt").contains("\"extra\"") == isThere)
    }

    @Test("--assume-global-stats folds what normalises by the batch")
    func assumeGlobalStatistics() async throws {
        let folder = try TinyNet.folder {
            $0.prototxt = $0.prototxt.replacing(
                "type: \"BatchNorm\"", with: "type: \"BatchNorm\" batch_norm_param { use_global_stats: false }")
        }
        let plain = try await Program.run(["net.h5", "a.h5"], in: folder)
        #expect(plain.code == 0)
        #expect(plain.output.contains("--assume-global-stats"), "\(plain.output)")
        #expect(try folder.text("a.prototxt").contains("BatchNorm"))
        let assumed = try await Program.run(["net.h5", "b.h5", "--assume-global-stats"], in: folder)
        #expect(assumed.code == 0)
        #expect(try !folder.text("b.prototxt").contains("BatchNorm"))
    }

    @Test("--input-shape replaces the shape that an Input declares")
    func inputShape() async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(
            ["net.h5", "out.h5", "--input-shape", "data=4,2,5,6"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try folder.text("out.prototxt").contains("dim: 4 dim: 2 dim: 5 dim: 6"))
    }

    @Test("--keep-training folds, and leaves data, loss, param and filler fields byte for byte")
    func keepTraining() async throws {
        let folder = try TemporaryFolder()
        let fixture = Fixture.lenet
        let outcome = try await Program.run(
            [fixture.weights, "out.h5", "--prototxt", fixture.prototxt, "--keep-training"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        // The text without the blocks of the folded layers is the whole result: no line is new.
        let input = try String(contentsOfFile: fixture.prototxt, encoding: .utf8)
        var expected = input
        for name in ["bn1", "scale1", "bn2", "scale2", "bn3", "scale3"] {
            let start = try #require(expected.range(of: "layer {\n  name: \"\(name)\""))
            let end = try #require(expected.range(of: "\n}\n", range: start.lowerBound..<expected.endIndex))
            expected.removeSubrange(start.lowerBound..<end.upperBound)
        }
        #expect(try folder.text("out.prototxt") == expected)
    }

    @Test("--keep-training gives the weights that a deployment gets")
    func keepTrainingWeights() async throws {
        let folder = try TemporaryFolder()
        _ = try await Program.run(Fixture.lenet.arguments, in: folder)
        let deployed = try WeightFile(reading: folder.path("out.h5"))
        _ = try await Program.run(Fixture.lenet.arguments + ["--keep-training", "--force"], in: folder)
        #expect(try WeightFile(reading: folder.path("out.h5")) == deployed)
    }
}
