import BNFoldKit
import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// `inspect --input`: stored statistics held against those of samples.
@Suite("Drift of statistics")
struct DriftTests {
    private static let samples = "data=\(Fixture.root.appendingPathComponent("data/d16c1_test.h5").path):/data"

    private func inspect(_ weights: String, _ options: [String] = []) async throws -> Program.Outcome {
        try await Program.run(
            [
                "inspect", Fixture.root.appendingPathComponent(weights).path, "--prototxt",
                Fixture.root.appendingPathComponent(weights).deletingLastPathComponent()
                    .appendingPathComponent("train_val.prototxt").path, "--input", Self.samples,
            ] + options, in: try TemporaryFolder())
    }

    @Test("honest statistics stay quiet", arguments: ["digits-lenet", "digits-badstats"])
    func honest(net: String) async throws {
        let outcome = try await inspect("\(net)/weights.caffemodel.h5")
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.contains("the stored statistics fit these 297 samples\n"), "\(outcome.output)")
    }

    @Test(
        "broken ones are told with the layer and what is off",
        arguments: [
            ("a", "bn2 (and 1 more) was never measured"), ("b-small", "bn3 was measured on other data: means are off"),
            ("d", "bn3 was measured on other data"), ("e", "was measured on other data"),
            ("f", "bn3 was never measured"), ("f-identity", "bn3 was measured on other data: means are off"),
        ])
    func broken(name: String, words: String) async throws {
        let outcome = try await inspect("digits-badstats/weights-\(name).caffemodel.h5")
        #expect(outcome.code == 0 && outcome.output.contains(words), "\(outcome)")
        #expect(outcome.output.contains("'bnfold calibrate' measures it anew"))
    }

    @Test("statistics that are not finite do not end the report", arguments: ["c", "c-inf", "c-out"])
    func notFinite(name: String) async throws {
        let outcome = try await inspect("digits-badstats/weights-\(name).caffemodel.h5", ["--json"])
        #expect(outcome.errors.contains("holds"), "\(outcome.errors)")
        if outcome.code == 0 {
            #expect(outcome.output.contains("null"))
        } else {
            #expect(outcome.code == 65 && outcome.errors.contains("not finite"), "\(outcome.errors)")
        }
    }

    @Test("without samples nothing is said of drift, and options for samples are refused")
    func withoutSamples() async throws {
        let folder = try TinyNet.folder()
        let plain = try await Program.run(["inspect", "net.h5"], in: folder)
        #expect(plain.code == 0 && !plain.output.contains("stored statistics"))
        let refused = try await Program.run(["inspect", "net.h5", "--samples", "3"], in: folder)
        #expect(refused.code == 64 && refused.errors.contains("--input"), "\(refused)")
    }

    @Test(
        "what was measured over all samples fits them, for models of Keras in each of their forms",
        arguments: ["small.keras", "keras2.h5"])
    func calibratedKeras(model: String) async throws {
        let folder = try TemporaryFolder()
        let keras = Fixture.root.appendingPathComponent("keras")
        let samples = keras.appendingPathComponent("\(model.prefix { $0 != "." }).npz").path
        let output = model.hasSuffix(".keras") ? "out.keras" : "out.h5"
        let before = try await Program.run(
            ["inspect", keras.appendingPathComponent(model).path, "--input", samples], in: folder)
        #expect(before.output.contains("was measured on other data"), "\(before)")
        let calibration = try await Program.run(
            [
                "calibrate", keras.appendingPathComponent(model).path, output, "--input", samples, "--method",
                "population", "--quiet",
            ], in: folder)
        #expect(calibration.code == 0 && calibration.errors == "", "\(calibration)")
        let after = try await Program.run(["inspect", output, "--input", samples, "--json"], in: folder)
        #expect(after.code == 0, "\(after)")
        let report = try JSONDecoder().decode(FoldReport.self, from: Data(after.output.utf8))
        let layers = try #require(report.drift?.layers)
        #expect(layers.count == 2)
        for layer in layers {
            let drift = try #require(layer.drift)
            #expect(try #require(drift.meanDistance) < 1e-6 && abs(try #require(drift.medianRatio) - 1) < 1e-6)
        }
    }
}

/// `inspect --input --plot`
@Suite("The plot of drift")
struct DriftPlotTests {
    private static let samples = "data=\(Fixture.root.appendingPathComponent("data/d16c1_test.h5").path):/data"

    private func inspect(_ weights: String, _ options: [String], in folder: TemporaryFolder) async throws
        -> Program.Outcome
    {
        try await Program.run(
            [
                "inspect", Fixture.root.appendingPathComponent("digits-badstats/\(weights)").path, "--prototxt",
                Fixture.root.appendingPathComponent("digits-badstats/train_val.prototxt").path, "--allow-untrained",
            ] + options, in: folder)
    }

    @Test("has two marks for each channel, red where a layer does not fit, and is well-formed XML")
    func marks() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await inspect(
            "weights-e.caffemodel.h5", ["--input", Self.samples, "--plot", "drift.svg"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        let plot = try folder.text("drift.svg")
        let parser = XMLParser(data: Data(plot.utf8))
        #expect(parser.parse())
        // bn1 and bn2 have 12 and 24 channels, bn3 has 64; a channel of bn2 with a stored variance of 0 has no place.
        #expect(plot.components(separatedBy: "fill-opacity").count - 1 == 2 * (12 + 23 + 64))
        #expect(plot.contains("bn1, channel 11: variance stored "))
        #expect(plot.components(separatedBy: "r=\"1.5\" fill=\"#1f5fa8\"").count - 1 == 2 * 12)
    }

    @Test("is refused without samples, and never replaces a file unasked")
    func refusals() async throws {
        let folder = try TemporaryFolder()
        let without = try await inspect("weights-f.caffemodel.h5", ["--plot", "drift.svg"], in: folder)
        #expect(without.code == 64 && without.errors.contains("--plot is for the samples of --input"), "\(without)")
        try folder.write("mine", to: "drift.svg")
        let existing = try await inspect(
            "weights-f.caffemodel.h5", ["--input", Self.samples, "--plot", "drift.svg"], in: folder)
        #expect(existing.code == 73 && existing.errors.contains("drift.svg"), "\(existing)")
        #expect(try folder.text("drift.svg") == "mine")
        let forced = try await inspect(
            "weights-f.caffemodel.h5", ["--input", Self.samples, "--plot", "drift.svg", "--force"], in: folder)
        #expect(forced.code == 0, "\(forced)")
        #expect(try folder.text("drift.svg").contains("bn3</text>") == false)
        #expect(try folder.text("drift.svg").contains("bn3 (none stored)</text>"))
    }
}
