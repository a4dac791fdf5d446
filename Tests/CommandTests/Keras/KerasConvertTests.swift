import BNFoldKit
import Foundation
import Testing

/// `convert` and `diff` on models of Keras.
@Suite("Converting and comparing models of Keras")
struct KerasConvertTests {
    /// Whole HDF5, an archive, and weights with their JSON, both kinds.
    private static let targets: [[String]] = [
        ["out.keras"], ["out.h5"], ["out.weights.h5"], ["out.h5", "--output-architecture", "apart.json"],
    ]

    @Test(
        "every container becomes every other, with the same numbers, and computes the same",
        arguments: KerasFixture.containers, targets)
    func convert(name: String, target: [String]) async throws {
        let folder = try TemporaryFolder()
        let source = KerasFixture.path(name)
        let outcome = try await Program.run(["convert", source] + target, in: folder)
        #expect(outcome.code == 0 && outcome.output.contains("wrote \(target[0]): 5 layers"), "\(outcome)")
        let apart = target.count > 1
        #expect(try folder.names().contains("out.json") == (target[0] == "out.weights.h5"))
        #expect(try folder.names().contains("apart.json") == apart)
        let diff = try await Program.run(
            ["diff", source, target[0]] + (apart ? ["--other-architecture", "apart.json"] : []), in: folder)
        #expect(diff.code == 0 && diff.output.hasPrefix("12 of 12 weights are equal; same"), "\(diff)")
        let verify = try await Program.run(
            ["verify", source, target[0], "--input", KerasFixture.samples(of: name)]
                + (apart ? ["--folded-architecture", "apart.json"] : []), in: folder)
        #expect(verify.code == 0, "\(verify)")
        // What was written is folded like the original.
        let fold = try await Program.run(
            [target[0], "folded" + target[0].dropFirst(3), "--verify"]
                + (apart ? ["--architecture", "apart.json"] : []),
            in: folder)
        #expect(fold.code == 0, "\(fold.errors)")
    }

    @Test("a model that was folded differs by the name of each weight, and lacks the BatchNormalizations")
    func diff() async throws {
        let folder = try TemporaryFolder.withKerasModels("small.keras", "keras2.h5")
        _ = try await Program.run(["keras2.h5", "out.h5", "--quiet"], in: folder)
        let outcome = try await Program.run(["diff", "small.keras", "out.h5"], in: folder)
        #expect(outcome.code == 1)
        try Snapshot.check(outcome.output, "keras-diff.txt")
        let json = try await Program.run(["diff", "small.keras", "out.h5", "--json"], in: folder)
        let report = try JSONDecoder().decode(DiffReport.self, from: Data(json.output.utf8))
        #expect(report.onlyInFirst == ["conv_bn", "depthwise_bn"])
        #expect(report.tensors.first { $0.layer == "conv" && $0.name == "bias" }?.firstShape == nil)
    }

    @Test("the state of training goes, and nothing else of the JSON")
    func training() async throws {
        let folder = try TemporaryFolder.withKerasModels("small.keras")
        let outcome = try await Program.run(
            ["convert", "small.keras", "out.weights.h5", "--output-architecture", "out.json"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        let written = try folder.text("out.json")
        #expect(written.contains("\"build_config\"") && !written.contains("compile_config"))
    }

    @Test("Keras before 2.13 gets no archive, an archive no second file, and no file is compressed: each is told")
    func refused() async throws {
        let folder = try TemporaryFolder.withKerasModels("keras2_weights.h5", "keras2.json", "small.keras")
        let json = try folder.text("keras2.json").replacing("2.15.0", with: "2.4.0")
        try folder.write(json, to: "old.json")
        func errors(_ arguments: [String], _ code: Int32 = 64) async throws -> String {
            let outcome = try await Program.run(["convert"] + arguments, in: folder)
            #expect(outcome.code == code, "\(outcome)")
            return outcome.errors
        }
        let old = try await errors(["keras2_weights.h5", "out.keras", "--architecture", "old.json"])
        #expect(old.contains("is of Keras 2.4.0, which reads no .keras archives"), "\(old)")
        let second = try await errors(["small.keras", "out.keras", "--output-architecture", "a.json"])
        #expect(second.contains("a .keras archive holds that of its model itself"), "\(second)")
        let packed = try await errors(["small.keras", "out.h5", "--compress", "3"])
        #expect(packed.contains("--compress is an option for nets of Caffe"), "\(packed)")
        let alone = try await errors(["keras2_weights.h5", "out.h5", "--architecture", "small.keras"], 65)
        #expect(!alone.isEmpty)
        #expect(try folder.names().filter { $0.hasPrefix("out") }.isEmpty)
    }
}
