import Testing

/// What is suspect about the numbers is told by `fold` as by `inspect`, with the channels.
@Suite("Findings")
struct FindingTests {
    /// A convolution of `count` channels, of which some have large weights, others a gamma of 0.
    private func folder(_ count: Int, large: Set<Int> = [], dead: Set<Int> = []) throws -> TemporaryFolder {
        try TinyNet.folder { net in
            net.prototxt = net.prototxt.replacing("num_output: 2", with: "num_output: \(count)")
            let ones = [Double](repeating: 1, count: count)
            net.weights = WeightFile()
            net.weights.add(
                "conv", 0, [count, 2, 1, 1], (0..<count).flatMap { large.contains($0) ? [1000, 1] : [1, 1] })
            net.weights.add("conv", 1, [count], ones)
            net.weights.add("bn", 0, [count], ones)
            net.weights.add("bn", 1, [count], ones)
            net.weights.add("bn", 2, [1], [1])
            net.weights.add("scale", 0, [count], (0..<count).map { dead.contains($0) ? 0 : 1 })
            net.weights.add("scale", 1, [count], ones)
        }
    }

    @Test("fold warns of outlier channels as inspect does", arguments: ["out.h5", "out.caffemodel"])
    func outliers(output: String) async throws {
        let folder = try folder(8, large: [2, 5])
        let inspected = try await Program.run(["inspect", "net.h5", "--json"], in: folder)
        let folded = try await Program.run(["net.h5", output, "--report", "report.json"], in: folder)
        #expect(folded.code == 0, "\(folded.errors)")
        let findings = try Report(folder.text("report.json")).findings
        let inspectedFindings = try Report(inspected.output).findings
        #expect(findings == inspectedFindings)
        #expect(findings.map(\.kind) == ["outlier-weights"] && findings.map(\.channels) == [[2, 5]])
        #expect(folded.errors.contains("warning: layer 'conv'") && folded.errors.contains("channels 2, 5"))
    }

    @Test("all channels are in the report, the first few in the message")
    func channels() async throws {
        let dead = Set(10..<30)
        let folder = try folder(64, dead: dead)
        let outcome = try await Program.run(["net.h5", "out.h5", "--report", "report.json"], in: folder)
        #expect(
            outcome.errors.contains("gamma is 0 in 20 of 64 channels (channels 10, 11, 12, 13, 14 and 15 more)"),
            "\(outcome.errors)")
        #expect(try Report(folder.text("report.json")).findings.map(\.channels) == [dead.sorted()])
    }
}
