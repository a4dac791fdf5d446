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

    /// Layers before and after, by type.
    struct Expectation: Sendable, CustomTestStringConvertible {
        var name: String
        var layers: [Int]
        var batchNorm: Int
        var scale: [Int]
        /// Those after; a Bias among them before becomes one with what is around it.
        var bias = 0
        var testDescription: String { name }
    }

    @Test(
        "the numbers of layers before and after",
        arguments: [
            // Behind MAX pooling, with positive factors.
            Expectation(name: "digits-badstats", layers: [19, 11], batchNorm: 3, scale: [3, 0]),
            // bn4b before TanH, the shifts of bn1 and bn4a before ReLUs, and width5, which runs along the width.
            Expectation(name: "digits-branches", layers: [37, 27], batchNorm: 7, scale: [6, 2], bias: 2),
            // A shift behind padded AVE pooling.
            Expectation(name: "digits-cifarstyle", layers: [16, 13], batchNorm: 3, scale: [0, 0], bias: 1),
            // Behind Reshape.
            Expectation(name: "digits-conv3d", layers: [24, 15], batchNorm: 4, scale: [4, 0]),
            // Behind Eltwise SUM, Eltwise MAX and Crop.
            Expectation(name: "digits-deconv", layers: [40, 23], batchNorm: 8, scale: [8, 0]),
            // One for each that reads a Concat before a ReLU: nothing exact is less.
            Expectation(name: "digits-densenet", layers: [62, 41], batchNorm: 11, scale: [11, 0], bias: 8),
            // Negative factors behind MAX pooling, and a shift that cannot go past a ReLU.
            Expectation(name: "digits-inception", layers: [42, 33], batchNorm: 5, scale: [5, 1], bias: 1),
            Expectation(name: "digits-lenet", layers: [19, 11], batchNorm: 3, scale: [3, 0]),
            Expectation(name: "digits-mobilenet", layers: [42, 23], batchNorm: 9, scale: [9, 0]),
            // The shift of bn_data would reach the padding of the first convolution.
            Expectation(name: "digits-preact", layers: [27, 16], batchNorm: 6, scale: [4, 0], bias: 1),
            Expectation(name: "digits-resnet", layers: [96, 53], batchNorm: 21, scale: [21, 0]),
            // se1_scale and se2_scale have two bottoms, and no shift passes the second one.
            Expectation(name: "digits-se", layers: [40, 27], batchNorm: 5, scale: [8, 2], bias: 1),
            Expectation(name: "digits-siamese", layers: [32, 19], batchNorm: 6, scale: [6, 0]),
        ])
    func layerCounts(expected: Expectation) async throws {
        let fixture = try #require(Fixture.all.first { $0.name == expected.name })
        let outcome = try await Program.run(fixture.arguments + ["--report", "-"], in: try TemporaryFolder())
        let report = try Report(outcome.output)
        #expect([report.layers.before, report.layers.after] == expected.layers)
        #expect(report.counts(of: "BatchNorm") == [expected.batchNorm, 0])
        #expect(report.counts(of: "Scale") == expected.scale)
        #expect(report.counts(of: "Bias")[1] == expected.bias)
        #expect(report.counts(of: "Power")[1] == 0)
    }

    @Test("every BatchNorm, Scale and Bias has a verdict", arguments: Fixture.all)
    func verdicts(fixture: Fixture) async throws {
        let outcome = try await Program.run(fixture.arguments + ["--report", "-"], in: try TemporaryFolder())
        let report = try Report(outcome.output)
        let folded = report.folds.flatMap(\.from)
        let merged = report.scales.flatMap(\.from)
        let verdicts = Set(folded + merged + report.kept.map(\.layer) + report.dropped)
        #expect(report.kept.allSatisfy { !folded.contains($0.layer) && !merged.contains($0.layer) })
        #expect(report.dropped.allSatisfy { !folded.contains($0) && !merged.contains($0) })
        for type in ["BatchNorm", "Scale", "Bias"] {
            #expect(verdicts.count { $0.type == type } == report.counts(of: type)[0], "\(type)")
        }
        for reason in report.scales.map(\.reason) + report.kept.map(\.reason) {
            #expect(!reason.name.isEmpty && !reason.sentence.isEmpty)
        }
    }
}
