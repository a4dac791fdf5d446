import Foundation
import Testing

/// Weights and samples that were never written have their fill value, as Caffe reads them, and that is told.
@Suite("Data that were never written")
struct UnwrittenDataTests {
    private static let folder = Fixture.root.appendingPathComponent("unwritten")
    private static let weights = folder.appendingPathComponent("weights.h5").path
    private static let net = folder.appendingPathComponent("net.prototxt").path
    private static let samples = folder.appendingPathComponent("samples.h5").path
    private static let told = ["'/data/conv/1' (0.0)", "'/data/bn/1' (2.0)", "warning: "]

    @Test("fold takes the fill values, and warns")
    func fold() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(
            [Self.weights, "out.h5", "--prototxt", Self.net, "--verify", "--report", "r.json"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        for word in Self.told { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
        #expect(try folder.text("r.json").contains(#""kind" : "unwritten-weights""#))
        // bias 0, mean (2, -2), variance 2.
        let bias = try WeightFile(reading: folder.path("out.h5")).blobs["/data/conv/1"]
        #expect(
            bias?.isRounded(from: [-2, 2].map { $0 / (2.00001).squareRoot() }) == true, "\(String(describing: bias))")
    }

    @Test(
        "so do convert, diff and inspect",
        arguments: [
            ["convert", weights, "out.caffemodel"], ["diff", weights, weights],
            ["inspect", weights, "--prototxt", net],
        ])
    func others(arguments: [String]) async throws {
        let outcome = try await Program.run(arguments, in: try TemporaryFolder())
        #expect(outcome.code == 0, "\(outcome)")
        for word in Self.told { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
    }

    @Test("samples that were never written are told, by fold --verify and by verify")
    func samples() async throws {
        let folder = try TinyNet.folder()
        let samples = ["--input", "\(Self.samples):/data"]
        let fold = try await Program.run(["net.h5", "out.h5", "--verify"] + samples, in: folder)
        let verify = try await Program.run(["verify", "net.h5", "out.h5", "--report", "r.json"] + samples, in: folder)
        for outcome in [fold, verify] {
            #expect(outcome.code == 0, "\(outcome)")
            #expect(outcome.errors.contains("samples.h5") && outcome.errors.contains("fill value 0.5"), "\(outcome)")
        }
        #expect(try folder.text("r.json").contains(#""kind" : "unwritten-samples""#))
    }
}
