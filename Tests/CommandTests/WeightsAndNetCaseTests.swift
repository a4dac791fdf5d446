import Foundation
import Testing

/// Weights and nets that do not belong together, or that only forks of Caffe understand: the cases that went wrong once.
@Suite("Weights and nets that do not belong together")
struct WeightsAndNetCaseTests {
    private let merged = SharedCase("merged-prototxt")
    private let blobs = SharedCase("nvcaffe-blobs")
    private let factor = SharedCase("nvcaffe-factor")
    private let copies = SharedCase("shared-copies-differ")
    private let filler = SharedCase("constant-filler")

    @Test(
        "a prototxt that was merged already is refused, with the layers that it lacks",
        arguments: ["train.caffemodel", "train_biased.caffemodel", "train_biased.caffemodel.h5"])
    func mergedPrototxt(weights: String) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await merged.fold(weights, with: "deploy.prototxt", in: folder)
        #expect(outcome.code == 65)
        for part in ["'conv0_bn' (BatchNorm)", "'conv0_scale' (Scale)", "'conv1_bn'", "'conv1_scale'", "looks merged"] {
            #expect(outcome.errors.contains(part), "\(outcome.errors)")
        }
        #expect(try folder.names() == [])
    }

    @Test("inspect and verify refuse a merged prototxt as well", arguments: ["inspect", "verify"])
    func mergedElsewhere(command: String) async throws {
        let weights = merged.path("train_biased.caffemodel.h5")
        let files = command == "verify" ? [weights, weights] : [weights]
        let outcome = try await Program.run(
            [command] + files + ["--prototxt", merged.path("deploy.prototxt")]
                + (command == "verify" ? ["--folded-prototxt", merged.path("deploy.prototxt")] : []),
            in: try TemporaryFolder())
        #expect(outcome.code == 65 && outcome.errors.contains("'conv1_bn' (BatchNorm)"), "\(outcome.errors)")
    }

    @Test(
        "--ignore-surplus leaves layers out that the net lacks, and lists them",
        arguments: ["train_biased.caffemodel", "train_biased.caffemodel.h5"], ["out.h5", "out.caffemodel"])
    func ignoringSurplus(weights: String, output: String) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(
            [
                merged.path(weights), output, "--prototxt", merged.path("deploy.prototxt"), "--ignore-surplus",
                "--report", "out.json",
            ], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("warning") && outcome.errors.contains("'conv0_scale' (Scale)"))
        #expect(outcome.output.contains("weights that the network lacks"))
        let report = try Report(folder.text("out.json"))
        #expect(report.surplus.map(\.name) == ["conv0_bn", "conv0_scale", "conv1_bn", "conv1_scale"])
        #expect(report.surplus.map(\.type) == ["BatchNorm", "Scale", "BatchNorm", "Scale"])
        #expect(report.remarks.map(\.kind) == ["surplus-layers"])
        _ = try await Program.run(["convert", output, "plain.h5"], in: folder)
        #expect(
            try WeightFile(reading: folder.path("plain.h5")).groups == [
                "/data", "/data/conv0", "/data/conv1", "/data/head",
            ])
    }

    @Test("scale_bias without gamma and beta in the weights names what is missing, and the Scale that has it")
    func gammaIsMissing() async throws {
        let outcome = try await blobs.fold("bvlc.caffemodel", with: "nv.prototxt", in: try TemporaryFolder())
        #expect(outcome.code == 65)
        for part in ["'bn_conv1' (BatchNorm) says 'scale_bias: true'", "gamma and beta are missing", "'scale_conv1'"] {
            #expect(outcome.errors.contains(part), "\(outcome.errors)")
        }
    }

    @Test(
        "gamma and beta in Intel Caffe's BatchNorm count, with a Scale in the prototxt and without",
        arguments: [("bvlc.prototxt", "scale-in-batch-norm"), ("intel.prototxt", "untold-gamma")])
    func intel(prototxt: String, kind: String) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await blobs.fold("nv.caffemodel", with: prototxt, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try Report(folder.text("out.json")).remarks.map(\.kind) == [kind])
        let written = try WeightFile(reading: folder.path("out.h5"))
        // The same numbers in BVLC's form.
        _ = try await Program.run(
            [blobs.path("bvlc.caffemodel"), "bvlc.h5", "--prototxt", blobs.path("bvlc.prototxt")], in: folder)
        #expect(try written == WeightFile(reading: folder.path("bvlc.h5")))
    }

    @Test("a Scale with numbers behind a BatchNorm with gamma and beta: both apply, with a warning")
    func both() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await blobs.fold("both.caffemodel", with: "bvlc.prototxt", in: folder)
        #expect(outcome.code == 0 && outcome.errors.contains("both apply"), "\(outcome.errors)")
        let twice = try #require(try WeightFile(reading: folder.path("out.h5")).blobs["/data/conv1/0"])
        _ = try await blobs.fold("nv.caffemodel", with: "intel.prototxt", in: folder)
        let once = try #require(try WeightFile(reading: folder.path("out.h5")).blobs["/data/conv1/0"])
        #expect(twice.values == once.values.map { 2 * $0 })
    }

    @Test(
        "NVCaffe's statistics count as they stand, whatever its third blob holds",
        arguments: ["factor0.caffemodel", "factor7.caffemodel"])
    func unreadFactor(weights: String) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await factor.fold(weights, with: "digits.prototxt", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        try expect("truth-factor.npz", in: folder)
    }

    @Test("the dialect that the error names folds four blobs of old NVCaffe")
    func fourBlobs() async throws {
        let folder = try TemporaryFolder()
        let refused = try await factor.fold("four.caffemodel", with: "digits.prototxt", in: folder)
        #expect(refused.code == 65)
        let advice = try #require(refused.errors.firstMatch(of: /--batch-norm-dialect: ([a-z-]+)/))
        let outcome = try await factor.fold(
            "four.caffemodel", with: "digits.prototxt", ["--batch-norm-dialect", String(advice.1)], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        try expect("truth-factor.npz", in: folder)
    }

    @Test("NVCaffe raises eps to 1e-5")
    func epsilon() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await factor.fold("eps.caffemodel", with: "eps.prototxt", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try Report(folder.text("out.json")).remarks.map(\.kind) == ["raised-epsilon"])
        try expect("truth-eps.npz", in: folder)
    }

    private func expect(_ truth: String, in folder: TemporaryFolder) throws {
        let arrays = try factor.arrays(truth)
        let written = try WeightFile(reading: folder.path("out.h5"))
        #expect(written.blobs["/data/conv1/0"]?.isRounded(from: arrays["weight"]) == true)
        #expect(written.blobs["/data/conv1/1"]?.isRounded(from: arrays["bias"]) == true)
    }

    @Test(
        "of copies of a shared parameter that differ the last one in the file counts, in every pair of containers",
        arguments: ["diff.caffemodel", "diff.caffemodel.h5"], ["out.h5", "out.caffemodel"])
    func copiesDiffer(weights: String, output: String) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(
            [copies.path(weights), output, "--prototxt", copies.path("net.prototxt"), "--verify"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("the layers 'bn1', 'bn1_p' share the parameters 'bn_m', 'bn_v'"))
        // The same net with the last copy in both places.
        _ = try await Program.run(["convert", copies.path("diff.caffemodel.h5"), "plain.h5"], in: folder)
        var equal = try WeightFile(reading: folder.path("plain.h5"))
        for index in 0..<3 { equal.blobs["/data/bn1/\(index)"] = equal.blobs["/data/bn1_p/\(index)"] }
        try equal.write(to: folder.path("equal.h5"))
        let reference = try await Program.run(
            ["equal.h5", "reference.h5", "--prototxt", copies.path("net.prototxt")], in: folder)
        #expect(reference.code == 0 && !reference.errors.contains("share"), "\(reference.errors)")
        let folded = try await Program.run(["convert", output, "folded.h5"], in: folder)
        #expect(folded.code == 0)
        let written = try WeightFile(reading: folder.path("folded.h5"))
        let expected = try WeightFile(reading: folder.path("reference.h5"))
        for (path, blob) in expected.blobs { #expect(written.blobs[path] == blob, "\(path)") }
    }

    @Test(
        "a Scale that the weights lack and the prototxt fills with a constant is known",
        arguments: ["const_scale.caffemodel", "const_scale.caffemodel.h5"])
    func constantFiller(weights: String) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await filler.fold(weights, with: "const_scale.prototxt", ["--no-forward"], in: folder)
        #expect(outcome.code == 0 && outcome.errors.contains("'norm' (Scale): gamma 0.017"), "\(outcome.errors)")
        #expect(try Report(folder.text("out.json")).remarks.map(\.layers) == [["norm"]])
        // What nothing takes stands in the output, whose prototxt has no fillers any more.
        let kept = try WeightFile(reading: folder.path("out.h5")).blobs["/data/norm/0"]
        #expect(kept?.values == [Double](repeating: Double(Float(0.017)), count: 3))
    }

    @Test("a Scale that a constant fills has numbers in a .caffemodel that comes of one without them")
    func constantInBinary() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(
            [
                filler.path("const_scale.caffemodel"), "out.caffemodel", "--prototxt",
                filler.path("const_scale.prototxt"), "--no-forward", "--verify",
            ], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        _ = try await Program.run(["convert", "out.caffemodel", "plain.h5"], in: folder)
        let kept = try WeightFile(reading: folder.path("plain.h5")).blobs["/data/norm/0"]
        #expect(kept?.values == [Double](repeating: Double(Float(0.017)), count: 3))
    }

    @Test("a Scale that a random filler fills stays an error that says so")
    func randomFiller() async throws {
        let folder = try TemporaryFolder()
        let text = String(
            decoding: try Data(contentsOf: URL(fileURLWithPath: filler.path("const_scale.prototxt"))), as: UTF8.self)
        try folder.write(
            text.replacing(#"type: "constant" value: 0.017"#, with: #"type: "gaussian" std: 1"#), to: "net.prototxt")
        let outcome = try await Program.run(
            [filler.path("const_scale.caffemodel"), "out.h5", "--prototxt", "net.prototxt"], in: folder)
        #expect(outcome.code == 65 && outcome.errors.contains("random numbers ('gaussian')"), "\(outcome.errors)")
    }
}
