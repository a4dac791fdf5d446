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
}
