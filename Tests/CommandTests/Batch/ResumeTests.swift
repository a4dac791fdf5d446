import Foundation
import Testing

/// What `--resume` does again, and what it does not.
@Suite("Resuming batches")
struct ResumeTests {
    @Test("results without --resume or --force are a usage error that names both, and are left as they are")
    func neither() async throws {
        let folder = try await finished()
        let results = try folder.text("out/results.jsonl")
        let outcome = try await Program.run(Snapshots.arguments, in: folder)
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains("--resume") && outcome.errors.contains("--force"), "\(outcome.errors)")
        #expect(try folder.text("out/results.jsonl") == results)
    }

    @Test("what is finished is not done again")
    func nothing() async throws {
        try await resume(expecting: 0) { _ in }
    }

    @Test("an input that has changed is folded again")
    func input() async throws {
        let folder = try await resume(expecting: 1) { folder in
            var net = TinyNet()
            net.weights.add("conv", 1, [2], [77, 0])
            try net.weights.write(to: folder.path(Snapshots.name(1)))
        }
        let bias = try WeightFile(reading: folder.path("out/1.caffemodel.h5")).blobs["/data/conv/1"]
        // (77 - 1) / sqrt(1 + epsilon): the old one was 1.
        #expect((bias?.values[0] ?? 0) > 75)
    }

    @Test("a prototxt that has changed is folded again with all its weights")
    func prototxt() async throws {
        try await resume(expecting: 4) { folder in
            try folder.write(TinyNet().prototxt + "# changed\n", to: "net.prototxt")
        }
    }

    @Test("an output that is gone is made again", arguments: ["1.caffemodel.h5", "1.prototxt"])
    func missingOutput(name: String) async throws {
        try await resume(expecting: 1, with: name.hasSuffix("h5") ? [] : ["--force"]) { folder in
            try folder.remove("out/\(name)")
        }
    }

    @Test("other options are folded again")
    func options() async throws {
        try await resume(expecting: 4, with: ["--compress", "1"]) { _ in }
    }

    @Test("a record of another version is folded again")
    func version() async throws {
        try await resume(expecting: 4) { folder in
            let text = try folder.text("out/results.jsonl")
            try folder.write(text.replacing(/"bnfold":"[^"]*"/, with: "\"bnfold\":\"0.0.0\""), to: "out/results.jsonl")
        }
    }

    @Test("an output that somebody changed is not lost")
    func changedOutput() async throws {
        let folder = try await finished()
        try folder.write("mine", to: "out/1.caffemodel.h5")
        let outcome = try await Program.run(Snapshots.arguments + ["--resume"], in: folder)
        #expect(outcome.code == 1 && outcome.errors.contains("holds something else"), "\(outcome.errors)")
        #expect(try folder.text("out/1.caffemodel.h5") == "mine")
        let forced = try await Program.run(Snapshots.arguments + ["--resume", "--force"], in: folder)
        #expect(forced.code == 0 && forced.output.contains("done before"), "\(forced.errors)")
        #expect(try folder.text("out/1.caffemodel.h5") != "mine")
    }

    @Test("a last line without an end is dropped, and its job done again")
    func tornLine() async throws {
        try await resume(expecting: 1) { folder in
            let data = try folder.data("out/results.jsonl")
            try folder.write(data.dropLast(20), to: "out/results.jsonl")
        }
    }

    @Test("results that are gone cost time, and nothing else")
    func lostResults() async throws {
        try await resume(expecting: 4) { try $0.remove("out/results.jsonl") }
    }

    @Test("a failed job is done again")
    func failed() async throws {
        let folder = try Snapshots.folder(3)
        let weights = try folder.data(Snapshots.name(1))
        try folder.write("rubbish", to: Snapshots.name(1))
        #expect(try await Program.run(Snapshots.arguments, in: folder).code == 1)
        try folder.write(weights, to: Snapshots.name(1))
        let outcome = try await Program.run(Snapshots.arguments + ["--resume"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try folder.lines("out/results.jsonl").count == 4)
    }

    @Test("a results file that is none is an error with its place, and is not written to")
    func noResults() async throws {
        let folder = try Snapshots.folder(1)
        try folder.write("{\"my\": \"notes\"}\n", to: "notes")
        let outcome = try await Program.run(Snapshots.arguments + ["--resume", "--report", "notes"], in: folder)
        #expect(outcome.code == 65 && outcome.errors.contains("notes:1:1: "), "\(outcome.errors)")
        #expect(try folder.text("notes") == "{\"my\": \"notes\"}\n")
    }

    @Test("--dry-run tells what would be skipped")
    func dryRun() async throws {
        let folder = try await finished()
        try folder.remove("out/1.caffemodel.h5")
        let outcome = try await Program.run(Snapshots.arguments + ["--resume", "--dry-run"], in: folder)
        #expect(outcome.code == 0 && outcome.output.contains("1 to fold, 3 done before"), "\(outcome.output)")
    }

    /// A folder whose four snapshots have been folded.
    private func finished() async throws -> TemporaryFolder {
        let folder = try Snapshots.folder(4)
        #expect(try await Program.run(Snapshots.arguments, in: folder).code == 0)
        return folder
    }

    /// Resumes a finished batch after a change, and counts what is done again by the new lines of the results.
    @discardableResult
    private func resume(
        expecting count: Int, with options: [String] = [], after change: (TemporaryFolder) throws -> Void
    ) async throws -> TemporaryFolder {
        let folder = try await finished()
        try change(folder)
        let outcome = try await Program.run(Snapshots.arguments + ["--resume"] + options, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let done = outcome.output.firstMatch(of: /\n *done +(\d+)/).map { $0.1 }
        #expect(done == "\(count)", "\(outcome.output)")
        #expect(try folder.tree("out").count == 8)
        return folder
    }
}
