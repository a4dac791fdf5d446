import BNFoldKit
import Foundation
import Testing

/// Options of one framework with files of another, and the texts of commands.
@Suite("Options and texts for models of Keras")
struct KerasOptionTests {
    private static let ofCaffe: [[String]] = [
        ["--prototxt", "net.prototxt"], ["--output-prototxt", "out.prototxt"], ["--level", "1"], ["--stage", "a"],
        ["--batch-norm-dialect", "nvcaffe"], ["--ignore-surplus"], ["--keep-training"], ["--keep-batch-statistics"],
        ["--bias-as-scale"], ["--compress", "3"], ["--allow-untrained"],
    ]

    @Test("options for nets of Caffe are refused by name", arguments: ofCaffe)
    func caffe(option: [String]) async throws {
        let folder = try TemporaryFolder.withKerasModels("small.keras")
        let outcome = try await Program.run(["small.keras", "out.keras"] + option, in: folder)
        #expect(outcome.code == 64 && outcome.errors.contains(option[0]), "\(outcome)")
        #expect(
            outcome.errors.contains("Caffe") || outcome.errors.contains("no option for models of Keras"), "\(outcome)")
        #expect(try folder.names() == ["small.keras"])
    }

    @Test(
        "options for models of Keras are refused by name for a net of Caffe",
        arguments: [["--architecture", "a.json"], ["--output-architecture", "a.json"]])
    func keras(option: [String]) async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(["net.h5", "out.h5"] + option, in: folder)
        #expect(outcome.code == 64 && outcome.errors.contains(option[0]), "\(outcome)")
        #expect(try !folder.names().contains("out.h5"))
    }

    @Test("the report of a fold, and what inspect tells, speak the words of Keras")
    func texts() async throws {
        let folder = try TemporaryFolder.withKerasModels("small.keras", "two_inputs.keras")
        let fold = try await Program.run(["two_inputs.keras", "out.keras", "--report", "out.json"], in: folder)
        #expect(fold.code == 0, "\(fold.errors)")
        let inspection = try await Program.run(["inspect", "small.keras"], in: folder)
        let drawing = try await Program.run(["inspect", "two_inputs.keras", "--dot", "-"], in: folder)
        let stays = try await Program.run(
            ["inspect", "two_inputs.keras", "--no-forward", "--only-adjacent"], in: folder)
        for text in [fold.output, inspection.output, drawing.output, stays.output] {
            for word in ["blob", "prototxt", "bottom", "InnerProduct", "Convolution\""] {
                #expect(!text.contains(word), "\(word) in \(text)")
            }
        }
        try Snapshot.check(fold.output + inspection.output + stays.output, "keras.txt")
        let report = try JSONDecoder().decode(FoldReport.self, from: Data(try folder.data("out.json")))
        #expect(report.layers.before == 8 && report.layers.after == 7)
        #expect(report.folds.map(\.into.type) == ["Conv2D", "Conv2D"])
    }

    @Test("a batch folds files of Keras beside each other, whole or with their JSON")
    func batch() async throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("snapshots")
        for name in ["small.keras", "keras2.h5", "small.weights.h5", "small.json"] {
            try folder.copy(KerasFixture.folder.appendingPathComponent(name), to: "snapshots/" + name)
        }
        let outcome = try await Program.run(
            ["batch", "snapshots", "--output-dir", "out", "--verify"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).sorted()
        #expect(
            names.filter { !$0.hasPrefix("results") } == [
                "keras2.h5", "small.json", "small.keras", "small.weights.h5",
            ],
            "\(names)")
    }
}
