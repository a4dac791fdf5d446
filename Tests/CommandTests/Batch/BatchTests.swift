import Foundation
import Testing

/// Many snapshots in one run.
@Suite("Batches")
struct BatchTests {
    @Test("every snapshot of a tree is folded to the same place below the output folder, as a run for it alone does")
    func tree() async throws {
        let folder = try Snapshots.folder(7)
        let outcome = try await Program.run(Snapshots.arguments, in: folder)
        #expect(outcome.code == 0 && !outcome.errors.contains("error"), "\(outcome.errors)")
        #expect(outcome.output.contains("done") && outcome.output.contains("out/results.jsonl"))
        let tree = try folder.tree("out")
        #expect(tree.count == 14)
        for index in 0..<7 {
            let single = try TemporaryFolder()
            let arguments = [
                folder.path(Snapshots.name(index)), "out.h5", "--prototxt", folder.path("net.prototxt"),
            ]
            #expect(try await Program.run(arguments, in: single).code == 0)
            let name = String(Snapshots.name(index).dropFirst("snapshots/".count))
            #expect(tree[name] == (try single.data("out.h5")), "\(name)")
            #expect(
                tree[name.replacing(".caffemodel.h5", with: ".prototxt")] == (try single.data("out.prototxt")))
        }
        #expect(try folder.lines("out/results.jsonl").count == 7)
    }

    @Test("a manifest gives each job its own network, output and options")
    func manifest() async throws {
        let folder = try Snapshots.folder(2)
        try folder.write(
            """
            {"input": "snapshots/1.caffemodel.h5", "prototxt": "net.prototxt", "output": "one.caffemodel"}
            {"input": "snapshots/late/0.caffemodel.h5", "output": "a/zero.h5", "outputPrototxt": "b/z.prototxt", "options": {"compress": 1}}
            """, to: "jobs.jsonl")
        let outcome = try await Program.run(
            ["batch", "jobs.jsonl", "--output-dir", "out", "--prototxt", "net.prototxt"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(
            try folder.tree("out").keys.sorted() == ["a/zero.h5", "b/z.prototxt", "one.caffemodel", "one.prototxt"])
    }

    @Test("one that fails is told with its exit code and stops no other", arguments: [1, 3])
    func oneFails(jobs: Int) async throws {
        let folder = try Snapshots.folder(6)
        try folder.write("rubbish", to: "snapshots/4.caffemodel.h5")
        let outcome = try await Program.run(Snapshots.arguments + ["--jobs", "\(jobs)"], in: folder)
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("4.caffemodel.h5: is neither an HDF5 file"), "\(outcome.errors)")
        #expect(try folder.tree("out").count == 10)
        let records = try folder.lines("out/results.jsonl")
        #expect(records.count == 6)
        let failed = records.filter { $0.contains("\"failed\"") }
        #expect(failed.count == 1 && failed[0].contains("\"exitCode\":65"), "\(failed)")
    }

    @Test("--fail-fast stops at the first failure, and what was not run is told")
    func failFast() async throws {
        let folder = try Snapshots.folder(6)
        try folder.write("rubbish", to: "snapshots/0.caffemodel.h5")
        try folder.remove("snapshots/late/0.caffemodel.h5")
        let outcome = try await Program.run(Snapshots.arguments + ["--fail-fast", "--jobs", "1"], in: folder)
        #expect(outcome.code == 1)
        #expect(outcome.output.contains("not run"), "\(outcome.output)")
        #expect(try folder.tree("out").isEmpty)
        #expect(try folder.lines("out/results.jsonl").count == 1)
    }

    @Test("--dry-run lists the jobs and writes nothing")
    func dryRun() async throws {
        let folder = try Snapshots.folder(3)
        let outcome = try await Program.run(Snapshots.arguments + ["--dry-run"], in: folder)
        #expect(outcome.code == 0)
        #expect(outcome.output.split(separator: "\n").count { $0.hasPrefix("fold ") } == 3, "\(outcome.output)")
        #expect(try folder.names() == ["net.prototxt", "snapshots"])
    }

    @Test("--quiet prints nothing when all succeed")
    func quiet() async throws {
        let outcome = try await Program.run(Snapshots.arguments + ["--quiet"], in: try Snapshots.folder(3))
        #expect(outcome.code == 0 && outcome.output == "" && outcome.errors == "")
    }

    @Test("an output that exists fails its job; --force replaces it")
    func existingOutput() async throws {
        let folder = try Snapshots.folder(2)
        try folder.makeFolder("out")
        try folder.write("mine", to: "out/1.caffemodel.h5")
        let first = try await Program.run(Snapshots.arguments, in: folder)
        #expect(first.code == 1 && first.errors.contains("exists already"), "\(first.errors)")
        #expect(try folder.text("out/1.caffemodel.h5") == "mine")
        let second = try await Program.run(Snapshots.arguments + ["--force"], in: folder)
        #expect(second.code == 0, "\(second.errors)")
        #expect(try folder.text("out/1.caffemodel.h5") != "mine")
        #expect(try folder.lines("out/results.jsonl").count == 2)
    }

    @Test("shards do every job once, side by side in one folder, each with results of its own")
    func shards() async throws {
        let folder = try Snapshots.folder(7)
        let runs = try (1...3).map { index in
            try Program.start(Snapshots.arguments + ["--shard", "\(index)/3", "--jobs", "1"], in: folder)
        }
        for run in runs {
            let outcome = try await run.outcome()
            #expect(outcome.code == 0, "\(outcome.errors)")
        }
        #expect(try folder.tree("out").count == 14)
        let merge = try await Program.run(
            ["batch", "--merge-reports"] + (1...3).map { "out/results-\($0)-of-3.jsonl" }
                + ["snapshots", "--prototxt", "net.prototxt", "--output", "merged.jsonl"], in: folder)
        #expect(merge.code == 0, "\(merge.errors)")
        #expect(try folder.lines("merged.jsonl").count == 7)
    }

    @Test("a shard without jobs is no failure")
    func emptyShard() async throws {
        let outcome = try await Program.run(Snapshots.arguments + ["--shard", "5/5"], in: try Snapshots.folder(2))
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    @Test("--verify runs the networks, and the record tells how close they are")
    func verify() async throws {
        let folder = try Snapshots.folder(2)
        let outcome = try await Program.run(Snapshots.arguments + ["--verify"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try folder.lines("out/results.jsonl").allSatisfy { $0.contains("\"largestRelative\":") })
    }

    @Test("HDF5 that holds no weights is skipped and told, and is no failure")
    func otherHDF5() async throws {
        let folder = try Snapshots.folder(2)
        try WeightFile(groups: ["/images"]).write(to: folder.path("snapshots/data.h5"))
        let outcome = try await Program.run(Snapshots.arguments, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("without weights"), "\(outcome.output)")
        #expect(try folder.lines("out/results.jsonl").contains { $0.contains("\"skipped\"") })
    }

    @Test("a second batch on the same folder is turned away and told so, and a shard is not in the way of another")
    func secondBatch() async throws {
        let folder = try Snapshots.folder(2)
        try folder.makeFolder("out")
        // The test itself holds the lock of the first batch, so that nothing depends on how long it takes.
        let lock = open(folder.path("out/.bnfold-batch"), O_RDWR | O_CREAT, 0o666)
        try #require(lock >= 0)
        defer { close(lock) }
        try #require(flock(lock, LOCK_EX | LOCK_NB) == 0)
        let second = try await Program.run(Snapshots.arguments + ["--resume", "--force"], in: folder)
        #expect(second.code == 73)
        #expect(second.errors.contains("out: another batch is at work"), "\(second.errors)")
        #expect(try folder.tree("out").keys.sorted() == [".bnfold-batch"])
        let shard = try await Program.run(Snapshots.arguments + ["--shard", "1/2"], in: folder)
        #expect(shard.code == 0, "\(shard.errors)")
    }

    @Test("two jobs for one output are an error before anything runs")
    func sameOutput() async throws {
        let folder = try Snapshots.folder(3)
        try folder.copy(folder.url.appendingPathComponent(Snapshots.name(1)), to: "snapshots/1.h5")
        let outcome = try await Program.run(Snapshots.arguments, in: folder)
        #expect(outcome.code == 65)
        #expect(outcome.errors.contains("written twice"), "\(outcome.errors)")
        #expect(try folder.names() == ["net.prototxt", "snapshots"])
    }

    @Test(
        "a wrong command line is a usage error",
        arguments: [
            ["batch"], ["batch", "snapshots"], ["batch", "snapshots", "more", "--output-dir", "out"],
            ["batch", "snapshots", "--output-dir", "out", "--jobs", "0"],
            ["batch", "snapshots", "--output-dir", "out", "--jobs", "101"],
            ["batch", "snapshots", "--output-dir", "out", "--report", "-"],
            ["batch", "snapshots", "--output-dir", "out", "--shard", "3/2"],
            ["batch", "snapshots", "--output-dir", "out", "--retry", "x"],
            ["batch", "snapshots", "--output-dir", "out", "--compress", "10"],
            ["batch", "snapshots", "--output-dir", "snapshots"],
            ["batch", "--merge-reports", "a.jsonl"], ["batch", "--merge-reports", "--output", "x"],
            ["batch", "--merge-reports", "a.jsonl", "--output", "x", "--resume"],
        ])
    func usage(arguments: [String]) async throws {
        let outcome = try await Program.run(arguments, in: try Snapshots.folder(1))
        #expect(outcome.code == 64, "\(outcome.errors)")
    }

    @Test("a folder without weights, and one that is not there, are told", arguments: ["empty", "gone"])
    func noSnapshots(name: String) async throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("empty")
        let outcome = try await Program.run(["batch", name, "--output-dir", "out"], in: folder)
        #expect(outcome.code == 66 && outcome.errors.contains(name), "\(outcome.errors)")
        #expect(try folder.names() == ["empty"])
    }

    @Test("a limit on the size of files fails the jobs that it hits with 74, and leaves no litter")
    func noSpace() async throws {
        let folder = try Snapshots.folder(2)
        // 40 KiB of comments: this prototxt does not fit, the others do.
        try folder.write(
            TinyNet().prototxt + String(repeating: "# no more than a comment\n", count: 1600), to: "large.prototxt")
        try folder.write(
            """
            {"input": "snapshots/late/0.caffemodel.h5", "prototxt": "large.prototxt", "output": "large.caffemodel"}
            {"input": "snapshots/1.caffemodel.h5", "prototxt": "net.prototxt", "output": "small.caffemodel"}
            """, to: "jobs.jsonl")
        let outcome = try await Program.run(
            script: "ulimit -f 32 && exec \"$0\" \"$@\"", ["batch", "jobs.jsonl", "--output-dir", "out"], in: folder)
        #expect(outcome.code == 1, "\(outcome.errors)")
        #expect(try folder.tree("out").keys.sorted() == ["small.caffemodel", "small.prototxt"])
        #expect(try folder.lines("out/results.jsonl").contains { $0.contains("\"exitCode\":74") })
    }
}
