import Testing

/// Weights that would leave the range of their format when they are folded, which shows only when they are computed.
@Suite("Overflow")
struct OverflowTests {
    @Test("a weight that would become infinite keeps its Scale, with the reason")
    func weight() async throws {
        let folder = try TinyNet.folder { net in
            net.weights.add("conv", 0, [2, 2, 1, 1], [1e30, 2, 3, 4])
            net.weights.add("scale", 0, [2], [1e30, 2])
        }
        let outcome = try await Program.run(["net.h5", "out.h5", "--report", "report.json"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let report = try Report(folder.text("report.json"))
        #expect(report.folds == [])
        #expect(report.scales.map(\.reason.name) == ["overflow"])
        let weights = try WeightFile(reading: folder.path("out.h5"))
        #expect(weights.blobs["/data/conv/0"]?.values == [1e30, 2, 3, 4].map { Double(Float($0)) })
        #expect(weights.blobs.values.allSatisfy { $0.values.allSatisfy(\.isFinite) })
        #expect(try folder.names() == ["net.h5", "net.prototxt", "out.h5", "out.prototxt", "report.json"])
    }
}
