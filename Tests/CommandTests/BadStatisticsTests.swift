import Foundation
import Testing

/// The edited snapshots of digits-badstats: which are refused, which fold with a warning.
@Suite("Suspect statistics")
struct BadStatisticsTests {
    private func fold(
        _ weights: String, in folder: TemporaryFolder, _ options: [String] = []
    ) async throws -> Program.Outcome {
        let fixture = Fixture.badStatistics
        let path = fixture.folder.appendingPathComponent("weights-\(weights).caffemodel.h5").path
        return try await Program.run(
            [path, "out.h5", "--prototxt", fixture.prototxt] + fixture.shapeArguments + options, in: folder)
    }

    @Test(
        "is refused, with layer and reason, and nothing written",
        arguments: [
            ("a", "'bn2'", "factor is 0"), ("b", "'bn2'", "channel 3"), ("c", "'bn2'", "nan at index 5"),
            ("c-out", "'bn3'", "nan at index 5"), ("c-inf", "'bn2'", "inf at index 5"), ("f", "'bn3'", "factor is 0"),
        ])
    func refused(weights: String, layer: String, reason: String) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await fold(weights, in: folder)
        #expect(outcome.code == 65)
        #expect(outcome.errors.contains(layer) && outcome.errors.contains(reason), "\(outcome.errors)")
        #expect(try folder.names() == [])
    }

    @Test(
        "folds with a warning that names the layer",
        arguments: [
            ("b-small", "'bn2'", "below 0 in 1 of 24 channels"), ("d", "'scale1'", "gamma is 0 in 2 of 12 channels"),
            ("e", "'bn2'", "far below eps"), ("f-identity", "'bn3'", "never trained"),
        ])
    func warned(weights: String, layer: String, reason: String) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await fold(weights, in: folder)
        #expect(outcome.code == 0)
        let warnings = outcome.errors.split(separator: "\n")
        #expect(
            warnings.contains { $0.hasPrefix("warning: ") && $0.contains(layer) && $0.contains(reason) },
            "\(outcome.errors)")
        #expect(try folder.names() == ["out.h5", "out.prototxt"])
    }

    @Test("tells how many channels have a variance far below eps, and what they are amplified by")
    func amplification() async throws {
        let outcome = try await fold("e", in: try TemporaryFolder())
        #expect(outcome.errors.contains("3 of 24 channels") && outcome.errors.contains("316"), "\(outcome.errors)")
    }

    @Test("folds untrained statistics where that is allowed, still with a warning", arguments: ["a", "f"])
    func allowedUntrained(weights: String) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await fold(weights, in: folder, ["--allow-untrained"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.hasPrefix("warning: "))
        #expect(try folder.names() == ["out.h5", "out.prototxt"])
    }

    @Test("does not allow damaged statistics with the untrained ones", arguments: ["b", "c", "c-out", "c-inf"])
    func damagedStaysRefused(weights: String) async throws {
        let outcome = try await fold(weights, in: try TemporaryFolder(), ["--allow-untrained"])
        #expect(outcome.code == 65)
    }

    @Test("folds an untrained BatchNorm as Caffe runs it: gamma / sqrt(eps), beta")
    func untrainedNumbers() async throws {
        let folder = try TinyNet.folder { $0.weights.add("bn", 2, [1], [0]) }
        let outcome = try await Program.run(["net.h5", "out.h5", "--allow-untrained"], in: folder)
        try #require(outcome.code == 0)
        let folded = try WeightFile(reading: folder.path("out.h5"))
        // The convolution's own bias passes through the BatchNorm.
        let amplification = 1 / Double(Float(1e-5)).squareRoot()
        #expect(folded.blobs["/data/conv/0"]?.values == [1, 2, 6, 8].map { Double(Float($0 * amplification)) })
        #expect(
            folded.blobs["/data/conv/1"]?.values
                == [0.5 * amplification, -0.5 * amplification * 2 + 1].map { Double(Float($0)) })
    }

    @Test("an inspection tells the errors and writes nothing")
    func inspection() async throws {
        let fixture = Fixture.badStatistics
        let path = fixture.folder.appendingPathComponent("weights-b.caffemodel.h5").path
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(["inspect", path, "--prototxt", fixture.prototxt], in: folder)
        #expect(outcome.errors.contains("error: layer 'bn2'"), "\(outcome.errors)")
        #expect(outcome.output.contains("bn2"))
        #expect(try folder.names() == [])
    }
}
