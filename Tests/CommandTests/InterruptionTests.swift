import Foundation
import Testing

/// Runs that are killed, which nothing can catch: the next run for the same output tidies up.
@Suite("Killed runs")
struct InterruptionTests {
    /// Moments at which the run is killed, in microseconds after its start; the last ones may come too late.
    private static let moments = (0..<14).map { _ in Int.random(in: 0...60_000) }

    @Test("leave, after the next run, the old pair or the new one and no litter", arguments: moments)
    func killed(microseconds: Int) async throws {
        let folder = try TemporaryFolder()
        let fixture = Fixture.badStatistics
        let old = fixture.folder.appendingPathComponent("weights-e.caffemodel.h5").path
        _ = try await Program.run([old] + fixture.arguments.dropFirst() + ["--keep-training"], in: folder)
        let oldPair = try pair(in: folder)
        let other = try TemporaryFolder()
        _ = try await Program.run(fixture.arguments, in: other)
        let newPair = try pair(in: other)
        try #require(oldPair != newPair)

        let run = try Program.start(fixture.arguments + ["--force"], in: folder)
        try await Task.sleep(for: .microseconds(microseconds))
        run.send(SIGKILL)
        _ = try await run.outcome()
        // Without --force it can only tidy up.
        let next = try await Program.run(fixture.arguments, in: folder)
        #expect(next.code == 73, "\(next.errors)")
        #expect(try folder.names() == ["out.h5", "out.prototxt"])
        let found = try pair(in: folder)
        #expect(found == oldPair || found == newPair)
    }

    @Test("leave no file at all or a whole pair where there was none", arguments: moments)
    func killedFirstRun(microseconds: Int) async throws {
        let folder = try TinyNet.folder()
        let run = try Program.start(["net.h5", "out.h5"], in: folder)
        try await Task.sleep(for: .microseconds(microseconds))
        run.send(SIGKILL)
        _ = try await run.outcome()
        let next = try await Program.run(["net.h5", "out.h5"], in: folder)
        // 73 when the first run had put its pair in place.
        #expect(next.code == 0 || next.code == 73, "\(next.errors)")
        #expect(try folder.names() == ["net.h5", "net.prototxt", "out.h5", "out.prototxt"])
        #expect(try WeightFile(reading: folder.path("out.h5")).blobs.count == 2)
    }

    @Test("killed while writing, the next run clears away what is there and does its work")
    func killedWhileWriting() async throws {
        let folder = try TinyNet.folder()
        try SlowNet.write(to: folder)
        let run = try SlowNet.start(in: folder)
        run.send(SIGKILL)
        #expect(try await run.outcome().signal == SIGKILL)
        let next = try await Program.run(["net.h5", "out.h5"], in: folder)
        #expect(next.code == 0, "\(next.errors)")
        #expect(
            try folder.names() == ["net.h5", "net.prototxt", "out.h5", "out.prototxt", "slow.h5", "slow.prototxt"])
    }

    private func pair(in folder: TemporaryFolder) throws -> [Data] {
        [try folder.data("out.h5"), try folder.data("out.prototxt")]
    }
}
