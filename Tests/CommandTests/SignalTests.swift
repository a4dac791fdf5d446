import Foundation
import Testing

/// Runs that are stopped from outside.
@Suite("Signals")
struct SignalTests {
    @Test("ends the run by that signal and leaves nothing", arguments: [SIGINT, SIGTERM, SIGHUP])
    func stopped(signal: Int32) async throws {
        let folder = try TemporaryFolder()
        try SlowNet.write(to: folder)
        let run = try SlowNet.start(in: folder)
        run.send(signal)
        let outcome = try await run.outcome()
        #expect(outcome.signal == signal, "\(outcome)")
        #expect(try folder.names() == ["slow.h5", "slow.prototxt"])
    }

    @Test("leaves what --force would have replaced")
    func stoppedWithForce() async throws {
        let folder = try TemporaryFolder()
        try SlowNet.write(to: folder)
        try folder.write("mine", to: "out.h5")
        try folder.write("mine", to: "out.prototxt")
        let before = try folder.names()
        let run = try SlowNet.start(in: folder, ["--force"])
        run.send(SIGTERM)
        #expect(try await run.outcome().signal == SIGTERM)
        #expect(try folder.names() == before)
        #expect(try folder.text("out.h5") == "mine" && folder.text("out.prototxt") == "mine")
    }

    @Test("a stopped run does not keep the next one from the output")
    func nextRun() async throws {
        let folder = try TinyNet.folder()
        try SlowNet.write(to: folder)
        let run = try SlowNet.start(in: folder)
        run.send(SIGINT)
        _ = try await run.outcome()
        let outcome = try await Program.run(["net.h5", "out.h5"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    @Test(
        "a run that waits for a pipe that nobody writes ends by the signal and leaves nothing",
        arguments: [SIGINT, SIGTERM])
    func waitingForPipe(signal: Int32) async throws {
        let folder = try TinyNet.folder()
        try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
        let run = try Program.start(["net.h5", "out.h5", "--prototxt", "pipe"], in: folder)
        SlowNet.awaitWriting(of: run, at: folder.path(".out.h5.bnfold-new"))
        run.send(signal)
        #expect(try await run.outcome().signal == signal)
        #expect(try folder.names() == ["net.h5", "net.prototxt", "pipe"])
    }

    @Test("a batch whose manifest is such a pipe ends by the signal")
    func batchWaitingForPipe() async throws {
        let folder = try TemporaryFolder()
        try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
        let run = try Program.start(["batch", "pipe", "--output-dir", "out"], in: folder)
        // Nothing tells that it waits; a signal that comes before it is ready ends it as well.
        try await Task.sleep(for: .milliseconds(300))
        run.send(SIGTERM)
        #expect(try await run.outcome().signal == SIGTERM)
        #expect(try folder.names() == ["pipe"])
    }
}
