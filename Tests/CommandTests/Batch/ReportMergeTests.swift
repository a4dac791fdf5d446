import Foundation
import Testing

/// Results of several runs put together.
@Suite("Merging results")
struct ReportMergeTests {
    @Test("what is missing or failed is told and becomes a manifest, which runs; then nothing is left to do")
    func retry() async throws {
        let folder = try Snapshots.folder(6)
        let weights = try folder.data(Snapshots.name(1))
        try folder.write("rubbish", to: Snapshots.name(1))
        #expect(try await Program.run(Snapshots.arguments + ["--shard", "1/2"], in: folder).code != 64)
        let first = try await merge(["out/results-1-of-2.jsonl"], in: folder, ["--retry", "retry.jsonl"])
        #expect(first.code == 1)
        #expect(first.errors.contains("has no result") && first.output.contains("missing"), "\(first.errors)")

        try folder.write(weights, to: Snapshots.name(1))
        let again = try await Program.run(
            ["batch", "retry.jsonl", "--output-dir", "out", "--report", "again.jsonl"], in: folder)
        #expect(again.code == 0, "\(again.errors)")
        let second = try await merge(
            ["out/results-1-of-2.jsonl", "again.jsonl"], in: folder, ["--force", "--retry", "none.jsonl"])
        #expect(second.code == 0, "\(second.errors)")
        #expect(try folder.lines("merged.jsonl").count == 6)
        #expect(try !folder.names().contains("none.jsonl"))
        #expect(try folder.tree("out").count == 12)
    }

    @Test("the last record of a job wins, whatever the order of the files", arguments: [false, true])
    func lastRecord(isReversed: Bool) async throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.line("a", "failed", "2025-01-01T00:00:00.000Z"), to: "1.jsonl")
        try folder.write(Self.line("a", "done", "2025-01-02T00:00:00.000Z"), to: "2.jsonl")
        let reports = isReversed ? ["2.jsonl", "1.jsonl"] : ["1.jsonl", "2.jsonl"]
        let outcome = try await Program.run(
            ["batch", "--merge-reports"] + reports + ["--output", "merged.jsonl"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try folder.lines("merged.jsonl").map { $0.contains("\"done\"") } == [true])
    }

    @Test("a report that ends in the middle of a line counts without it")
    func tornLine() async throws {
        let folder = try TemporaryFolder()
        let text = Self.line("a", "done", "2025-01-01T00:00:00.000Z") + Self.line("b", "done", "2025").dropLast(9)
        try folder.write(text, to: "1.jsonl")
        let outcome = try await Program.run(
            ["batch", "--merge-reports", "1.jsonl", "--output", "merged.jsonl"], in: folder)
        #expect(outcome.code == 0 && outcome.errors.contains("has no end"), "\(outcome.errors)")
        #expect(try folder.lines("merged.jsonl").count == 1)
    }

    @Test("merged results that exist are not overwritten without --force")
    func existing() async throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.line("a", "done", "2025"), to: "1.jsonl")
        try folder.write("mine", to: "merged.jsonl")
        let arguments = ["batch", "--merge-reports", "1.jsonl", "--output", "merged.jsonl"]
        #expect(try await Program.run(arguments, in: folder).code == 73)
        #expect(try folder.text("merged.jsonl") == "mine")
        #expect(try await Program.run(arguments + ["--force"], in: folder).code == 0)
    }

    @Test(
        "a report that is no report is an error with its place",
        arguments: ["{}\n", "[]\n", "x\n", "{\"schema\": 2}\n"])
    func noReport(text: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "1.jsonl")
        let outcome = try await Program.run(
            ["batch", "--merge-reports", "1.jsonl", "--output", "merged.jsonl"], in: folder)
        #expect(outcome.code == 65 && outcome.errors.contains("1.jsonl:1:"), "\(outcome.errors)")
        #expect(try folder.names() == ["1.jsonl"])
    }

    private func merge(
        _ reports: [String], in folder: TemporaryFolder, _ options: [String]
    ) async throws -> Program.Outcome {
        try await Program.run(
            ["batch", "--merge-reports"] + reports
                + ["snapshots", "--prototxt", "net.prototxt", "--output-dir", "out", "--output", "merged.jsonl"]
                + options, in: folder)
    }

    private static func line(_ name: String, _ status: String, _ started: String) -> String {
        "{\"bnfold\":\"0.1.0\",\"schema\":1,\"status\":\"\(status)\",\"started\":\"\(started)\","
            + "\"job\":{\"name\":\"\(name)\",\"input\":\"/in/\(name)\",\"output\":\"/out/\(name)\"}}\n"
    }
}
