import Foundation
import Testing

/// Batches that are ended at random moments: going on must lead to what an undisturbed run leaves.
@Suite("Killed batches")
struct KilledBatchTests {
    private static let signals = (0..<5).flatMap { _ in [SIGKILL, SIGTERM, SIGINT] }

    @Test("ended again and again, and resumed until it is through: the same bytes, and no litter", arguments: signals)
    func killed(signal: Int32) async throws {
        let undisturbed = try Snapshots.folder(Self.count)
        #expect(try await Program.run(Snapshots.arguments, in: undisturbed).code == 0)
        let folder = try Snapshots.folder(Self.count)
        for _ in 0..<4 {
            let run = try Program.start(Snapshots.arguments + Self.options, in: folder)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...250)))
            run.send(signal)
            let outcome = try await run.outcome()
            // It may have been through already.
            #expect(outcome.signal == signal || outcome.code == 0, "\(outcome.errors)")
        }
        let last = try await Program.run(Snapshots.arguments + Self.options, in: folder)
        #expect(last.code == 0, "\(last.errors)")
        #expect(try folder.tree("out") == undisturbed.tree("out"))
    }

    @Test("a worker that is killed fails its job, and a new one takes its place")
    func killedWorker() async throws {
        let folder = try Snapshots.folder(3)
        try SlowNet.write(to: folder)
        try folder.write(
            """
            {"input": "slow.h5", "prototxt": "slow.prototxt", "output": "slow.h5", "options": {"compress": 9}}
            {"input": "snapshots/1.caffemodel.h5", "prototxt": "net.prototxt", "output": "1.h5"}
            """, to: "jobs.jsonl")
        let run = try Program.start(["batch", "jobs.jsonl", "--output-dir", "out", "--jobs", "1"], in: folder)
        SlowNet.awaitWriting(of: run, at: folder.path("out/.slow.h5.bnfold-new"))
        try killWorkers(of: run.identifier)
        let outcome = try await run.outcome()
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("slow.h5: the worker died by signal 9"), "\(outcome.errors)")
        #expect(try folder.tree("out").keys.sorted() == ["1.h5", "1.prototxt"])
        #expect(try folder.lines("out/results.jsonl").contains { $0.contains("\"exitCode\":70") })
    }

    @Test(
        "a signal ends the jobs that run, tells how far it came, and leaves nothing half done",
        arguments: [SIGINT, SIGTERM])
    func stopped(signal: Int32) async throws {
        let folder = try TemporaryFolder()
        try SlowNet.write(to: folder)
        let run = try Program.start(
            ["batch", ".", "--prototxt", "slow.prototxt", "--compress", "9", "--output-dir", "out"], in: folder)
        SlowNet.awaitWriting(of: run, at: folder.path("out/.slow.h5.bnfold-new"))
        run.send(signal)
        let outcome = try await run.outcome()
        #expect(outcome.signal == signal)
        #expect(outcome.errors.contains("stopped after 0 of 1 jobs; --resume"), "\(outcome.errors)")
        #expect(outcome.output.contains("not run"), "\(outcome.output)")
        #expect(try folder.tree("out").isEmpty)
    }

    @Test("workers of a batch that was killed clear away after themselves")
    func orphans() async throws {
        let folder = try TemporaryFolder()
        try SlowNet.write(to: folder)
        let run = try Program.start(
            ["batch", ".", "--prototxt", "slow.prototxt", "--compress", "9", "--output-dir", "out"], in: folder)
        let staged = folder.path("out/.slow.h5.bnfold-new")
        SlowNet.awaitWriting(of: run, at: staged)
        run.send(SIGKILL)
        #expect(try await run.outcome().signal == SIGKILL)
        while FileManager.default.fileExists(atPath: staged) { try await Task.sleep(for: .milliseconds(5)) }
        // The lock of the batch is the file of one that cannot clear away any more; the next run takes it.
        #expect(try folder.tree("out").keys.filter { $0 != ".bnfold-batch" } == [])
    }

    private static let count = 16
    private static let options = ["--resume", "--jobs", "2"]

    private func killWorkers(of batch: Int32) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "kill -9 $(ps -A -o pid= -o ppid= | awk '$2 == \(batch) { print $1 }')"]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
