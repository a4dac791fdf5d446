import BNFoldKit
import Foundation
import Testing

/// Workers that do not do what they should, played by shell scripts; and the library's way to run jobs without any.
@Suite("Workers")
struct WorkerTests {
    @Test(
        "a worker that ends without an outcome fails its job with how it ended",
        arguments: [
            ("read -r task; kill -SEGV $$", "died by signal 11"), ("read -r task; exit 3", "ended with exit code 3"),
            ("exit 0", "ended with exit code 0"), ("read -r task; echo nonsense; read -r task", "no outcome"),
            ("read -r task; echo '{}'", "no 'outcome'"),
        ])
    func death(script: String, words: String) throws {
        let (progress, failures) = try run(script, jobs: 3)
        #expect(progress.failures == [70: 3])
        #expect(failures.count == 3 && failures.allSatisfy { $0.contains(words) }, "\(failures)")
    }

    @Test("a worker that dies between two jobs is replaced and fails none")
    func idleDeath() throws {
        let stopped =
            #"{"outcome":"finishedBefore","record":{"schema":1,"status":"done","job":{"name":"a","input":"/a","output":"/b"}}}"#
        let (progress, failures) = try run("read -r task; echo '\(stopped)'; exec 0<&-; sleep 1", jobs: 1)
        #expect(progress.finishedBefore == 1 && failures.isEmpty)
    }

    @Test("a program that cannot be started ends the batch with an error")
    func noWorker() throws {
        let pool = WorkerProcesses(executable: "/no/such/program", arguments: [], count: 2)
        let error = #expect(throws: BNFoldError.self) { try runBatch(try plan(jobs: 3), pool: pool) { _ in } }
        #expect(error?.message.contains("/no/such/program") == true)
    }

    @Test("the library runs a batch in its own process")
    func inProcess() throws {
        let folder = try Snapshots.folder(3)
        var request = BatchRequest(source: folder.path("snapshots"), outputFolder: folder.path("out"))
        request.defaults.prototxt = folder.path("net.prototxt")
        let pool = InProcessPool(cancellation: request.cancellation)
        let progress = try runBatch(try BatchPlan(request), pool: pool) { _ in }
        #expect(progress.done == 3 && progress.fraction == 1)
        #expect(try folder.tree("out").count == 6)
    }

    @Test("a batch that is stopped begins no further job")
    func cancelled() throws {
        let folder = try Snapshots.folder(3)
        var request = BatchRequest(source: folder.path("snapshots"), outputFolder: folder.path("out"))
        request.defaults.prototxt = folder.path("net.prototxt")
        let cancellation = request.cancellation
        let pool = InProcessPool(cancellation: cancellation) { task, cancellation in
            cancellation.cancel()
            return .ran(JobRecord(job: task.job, status: .done))
        }
        let progress = try runBatch(try BatchPlan(request), pool: pool) { _ in }
        #expect(progress.done == 1 && progress.ended == 1)
    }

    private func run(_ script: String, jobs: Int) throws -> (BatchProgress, failures: [String]) {
        let pool = WorkerProcesses(executable: "/bin/sh", arguments: ["-c", script], count: 2)
        var failures: [String] = []
        let progress = try runBatch(try plan(jobs: jobs), pool: pool) { event in
            if case .failure(let record) = event { failures.append(record.failure?.message ?? "") }
        }
        return (progress, failures)
    }

    private func plan(jobs: Int) throws -> BatchPlan {
        let folder = try TemporaryFolder()
        try folder.write((0..<jobs).map { "{\"input\": \"\($0).h5\"}\n" }.joined(), to: "jobs.jsonl")
        return try BatchPlan(BatchRequest(source: folder.path("jobs.jsonl"), outputFolder: folder.path("out")))
    }
}
