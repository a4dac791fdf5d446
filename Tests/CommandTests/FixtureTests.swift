import Foundation
import Testing

/// What becomes of each trained net.
@Suite("Trained nets")
struct FixtureTests {
    @Test("the report and the deploy prototxt", arguments: Fixture.all)
    func snapshots(fixture: Fixture) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(fixture.arguments, in: folder)
        try #require(outcome.code == 0, "\(outcome.errors)")
        try Snapshot.check(outcome.output + outcome.errors, "\(fixture.name).txt")
        try Snapshot.check(try folder.text("out.prototxt"), "\(fixture.name).prototxt")
    }

    /// Layers before and after, by type, where affine layers fold into the linear layer directly before them.
    struct Expectation: Sendable, CustomTestStringConvertible {
        var name: String
        var layers: [Int]
        var batchNorm: Int
        var scale: [Int]
        var testDescription: String { name }
    }

    @Test(
        "the numbers of layers before and after",
        arguments: [
            // bn1 + scale1 behind MAX pooling become one Scale.
            Expectation(name: "digits-badstats", layers: [19, 12], batchNorm: 3, scale: [3, 1]),
            // Scales of bn1, bn4a, bn4b, and width5, which runs along the width.
            Expectation(name: "digits-branches", layers: [37, 27], batchNorm: 7, scale: [6, 4]),
            // All three are behind pooling.
            Expectation(name: "digits-cifarstyle", layers: [16, 15], batchNorm: 3, scale: [0, 3]),
            // bn3 + scale3 behind Reshape.
            Expectation(name: "digits-conv3d", layers: [24, 16], batchNorm: 4, scale: [4, 1]),
            // Behind Eltwise SUM, Eltwise MAX and Crop.
            Expectation(name: "digits-deconv", layers: [40, 26], batchNorm: 8, scale: [8, 3]),
            // Behind Concat, and where a Concat reads the same blob.
            Expectation(name: "digits-densenet", layers: [62, 41], batchNorm: 11, scale: [11, 8]),
            // Behind MAX pooling, twice behind Concat, behind Slice.
            Expectation(name: "digits-inception", layers: [42, 35], batchNorm: 5, scale: [5, 4]),
            Expectation(name: "digits-lenet", layers: [19, 11], batchNorm: 3, scale: [3, 0]),
            Expectation(name: "digits-mobilenet", layers: [42, 23], batchNorm: 9, scale: [9, 0]),
            // All in front of their linear layers: bn_data, bn2, bn3, bn_aux, bn_flat, bn_ip.
            Expectation(name: "digits-preact", layers: [27, 21], batchNorm: 6, scale: [4, 6]),
            Expectation(name: "digits-resnet", layers: [96, 53], batchNorm: 21, scale: [21, 0]),
            // se1_scale and se2_scale have two bottoms, scale6 reads the second one's output.
            Expectation(name: "digits-se", layers: [40, 27], batchNorm: 5, scale: [8, 3]),
            Expectation(name: "digits-siamese", layers: [32, 19], batchNorm: 6, scale: [6, 0]),
        ])
    func layerCounts(expected: Expectation) async throws {
        let fixture = try #require(Fixture.all.first { $0.name == expected.name })
        let outcome = try await Program.run(fixture.arguments + ["--report", "-"], in: try TemporaryFolder())
        let report = try Report(outcome.output)
        #expect([report.layers.before, report.layers.after] == expected.layers)
        #expect(report.counts(of: "BatchNorm") == [expected.batchNorm, 0])
        #expect(report.counts(of: "Scale") == expected.scale)
        #expect(report.counts(of: "Bias")[1] == 0)
        #expect(report.counts(of: "Power")[1] == 0)
    }

    @Test("every BatchNorm, Scale and Bias has exactly one verdict", arguments: Fixture.all)
    func verdicts(fixture: Fixture) async throws {
        let outcome = try await Program.run(fixture.arguments + ["--report", "-"], in: try TemporaryFolder())
        let report = try Report(outcome.output)
        let folded = report.folds.flatMap(\.from)
        let merged = report.scales.flatMap(\.from)
        let verdicts = folded + merged + report.kept.map(\.layer)
        #expect(Set(verdicts).count == verdicts.count)
        for type in ["BatchNorm", "Scale", "Bias"] {
            #expect(verdicts.count { $0.type == type } == report.counts(of: type)[0], "\(type)")
        }
        for reason in report.scales.map(\.reason) + report.kept.map(\.reason) {
            #expect(!reason.name.isEmpty && !reason.sentence.isEmpty)
        }
    }
}
