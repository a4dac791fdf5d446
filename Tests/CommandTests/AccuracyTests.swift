import BNFoldKit
import Foundation
import Testing

/// `verify --labels`: how often two networks are right, and where their classes differ.
@Suite("Accuracy")
struct AccuracyTests {
    private static let data = Fixture.root.appendingPathComponent("data/d16c1_test.h5").path
    private static let bad = Fixture.root.appendingPathComponent("digits-badstats")
    private static let shape = ["--input-shape", "data=1,1,16,16"]
    private static let samples = ["--input", "data=\(data):/data"]

    /// Verifies a net against the fold of damaged weights of the same net: what the fixture's README calls `d`.
    private func verify(
        _ weights: String, _ options: [String], in folder: TemporaryFolder
    ) async throws -> Program.Outcome {
        let prototxt = Self.bad.appendingPathComponent("train_val.prototxt").path
        let folded = try await Program.run(
            ["fold", Self.bad.appendingPathComponent(weights).path, "out.h5", "--prototxt", prototxt, "--quiet"]
                + Self.shape, in: folder)
        try #require(folded.code == 0, "\(folded)")
        return try await Program.run(
            ["verify", Self.bad.appendingPathComponent("weights.caffemodel.h5").path, "out.h5", "--prototxt", prototxt]
                + Self.shape + Self.samples + options, in: folder)
    }

    @Test("is Caffe's own, before and after, and right folds agree about every class")
    func equal() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await verify(
            "weights.caffemodel.h5",
            ["--labels", "label=\(Self.data):/label", "--require-accuracy", "0.99", "--require-agreement", "1"],
            in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.contains("prob  297 of 297 samples get the same class from both\n"), "\(outcome.output)")
        #expect(
            outcome.output.contains(
                "ip2   accuracy 0.9933 before, 0.9933 after (295 and 295 of 297 samples), as 'accuracy' counts\n"),
            "\(outcome.output)")
    }

    @Test("tells what damage costs, sample by sample")
    func damage() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await verify(
            "weights-d.caffemodel.h5", ["--labels", "\(Self.data):/label", "--report", "report.json"], in: folder)
        #expect(outcome.code == 2, "\(outcome)")
        #expect(outcome.output.contains("accuracy 0.9933 before, 0.5017 after"), "\(outcome.output)")
        let report = try JSONDecoder().decode(VerifyReport.self, from: folder.data("report.json"))
        let classes = try #require(report.classes)
        #expect(classes.map(\.value) == ["prob", "ip2"])
        #expect(classes.map(\.layer) == [nil, "accuracy"])
        #expect(classes.allSatisfy { $0.classes == 10 && $0.places == 297 && $0.equal == 149 })
        #expect(classes[1].accuracies == [.init(topK: 1, original: 295, folded: 149, places: 297)])
        let first = try #require(classes[1].differences.first)
        #expect(first.sample == 2 && first.original.number == 3 && first.folded.number == 9 && first.label == 3)
    }

    @Test("that is required and missed ends with 2 and its figures, though the numbers agree")
    func requirement() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await verify(
            "weights.caffemodel.h5", ["--labels", "\(Self.data):/label", "--require-accuracy", "0.999"], in: folder)
        #expect(outcome.code == 2, "\(outcome)")
        #expect(
            outcome.output.hasSuffix(
                "beyond: the networks agree, but the folded network's accuracy by 'ip2' is 0.9933, and 0.999 is required\n"
            ),
            "\(outcome.output)")
    }

    @Test("outputs take labels by their own name, with a second figure for the first five")
    func output() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await verify("weights.caffemodel.h5", ["--labels", "prob=\(Self.data):/label"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.contains("prob  accuracy 0.9933 before, 0.9933 after"), "\(outcome.output)")
        #expect(outcome.output.contains("prob  among the first 5 1.0 before, 1.0 after"), "\(outcome.output)")
    }

    @Test(
        "labels that are none are told with place and reason",
        arguments: [
            (
                "lable=\(data):/label", 64,
                "--labels names 'lable', but the Accuracy layers of the network read the labels 'label'"
            ),
            ("label=\(data):/data", 65, "has 256 numbers for each sample, expected one label"),
            ("prob=\(data)", 64, "holds 2 arrays ('data', 'label'); name the one with the labels"),
            ("label=\(data):/nothing", 65, "nothing"), ("label=missing.h5", 66, "missing.h5"),
        ])
    func wrong(labels: String, code: Int32, words: String) async throws {
        let outcome = try await verify("weights.caffemodel.h5", ["--labels", labels], in: try TemporaryFolder())
        #expect(outcome.code == code && outcome.errors.contains(words), "\(outcome)")
    }

    @Test("options that need others say so")
    func usage() async throws {
        let folder = try TemporaryFolder()
        for (options, words) in [
            (["--labels", "x.h5"], "--labels belong to samples: give those with --input"),
            (
                ["--input", "x.h5", "--require-accuracy", "0.9"],
                "--require-accuracy needs to know what is right: give --labels"
            ),
            (["--require-agreement", "2"], "--require-agreement takes a share from 0 to 1, not 2.0"),
        ] {
            let outcome = try await Program.run(["verify", "a.h5", "b.h5"] + options, in: folder)
            #expect(outcome.code == 64 && outcome.errors.contains(words), "\(outcome)")
        }
    }

    @Test("fold --verify refuses to write what misses the accuracy")
    func fold() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(
            [
                "fold", Self.bad.appendingPathComponent("weights-d.caffemodel.h5").path, "out.h5", "--prototxt",
                Self.bad.appendingPathComponent("train_val.prototxt").path, "--verify", "--labels",
                "\(Self.data):/label", "--require-accuracy", "0.9",
            ] + Self.shape + Self.samples, in: folder)
        #expect(outcome.code == 2, "\(outcome)")
        #expect(outcome.errors.contains("accuracy by 'ip2' is 0.5017, and 0.9 is required"), "\(outcome.errors)")
        #expect(try folder.names() == [])
    }
}
