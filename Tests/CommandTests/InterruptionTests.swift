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

    @Test("killed between the two renames, the next run finishes them and tells so", arguments: ["out.h5", "./out.h5"])
    func killedBetweenRenames(output: String) async throws {
        let folder = try TinyNet.folder()
        try KilledBetweenRenames.leave(in: folder)
        let next = try await Program.run(["net.h5", output], in: folder)
        #expect(next.code == 73)
        #expect(next.errors.contains("interrupted") && next.errors.contains("out.prototxt"), "\(next.errors)")
        #expect(try folder.text("out.h5") == "new weights" && folder.text("out.prototxt") == "new prototxt")
        #expect(try folder.names() == ["net.h5", "net.prototxt", "out.h5", "out.prototxt"])
    }

    @Test("killed between the two renames, a next run from another folder finishes them")
    func killedBetweenRenamesElsewhere() async throws {
        let folder = try TinyNet.folder()
        try KilledBetweenRenames.leave(in: folder)
        let name = folder.url.lastPathComponent
        let next = try await Program.run(
            script: #"cd .. && exec "$0" "$@""#, ["\(name)/net.h5", "\(name)/out.h5"], in: folder)
        #expect(next.code == 73)
        #expect(try folder.text("out.h5") == "new weights" && folder.text("out.prototxt") == "new prototxt")
    }

    @Test("killed between the two renames, a next run for the same prototxt finishes them as well")
    func killedBetweenRenamesOtherWeights() async throws {
        let folder = try TinyNet.folder()
        try KilledBetweenRenames.leave(in: folder)
        let next = try await Program.run(
            ["net.h5", "other.h5", "--output-prototxt", "out.prototxt"], in: folder)
        #expect(next.code == 73)
        #expect(try folder.text("out.prototxt") == "new prototxt")
    }

    @Test("a foreign file in the place of the journal brings no harm")
    func strangeJournal() async throws {
        let folder = try TinyNet.folder()
        try folder.write("bnfold commit 1\0net.prototxt\0net.h5\0", to: ".out.h5.bnfold")
        let next = try await Program.run(["net.h5", "out.h5"], in: folder)
        #expect(next.code == 0, "\(next.errors)")
        #expect(try folder.text("net.prototxt") == TinyNet().prototxt)
        #expect(try folder.names() == ["net.h5", "net.prototxt", "out.h5", "out.prototxt"])
    }

    private func pair(in folder: TemporaryFolder) throws -> [Data] {
        [try folder.data("out.h5"), try folder.data("out.prototxt")]
    }
}

/// What a run leaves that was killed when the weights were in place and the prototxt was not.
///
/// That moment is too short to be hit by chance, so this knows the names and the form of the journal.
enum KilledBetweenRenames {
    static func leave(in folder: TemporaryFolder) throws {
        try folder.write("new weights", to: "out.h5")
        try folder.write("old prototxt", to: "out.prototxt")
        try folder.write("new prototxt", to: ".out.prototxt.bnfold-new")
        let journal = ["bnfold commit 1", folder.path("out.h5"), folder.path("out.prototxt"), "bnfold commit 1"]
        for name in [".out.h5.bnfold", ".out.prototxt.bnfold"] {
            try folder.write(journal.map { $0 + "\0" }.joined(), to: name)
        }
    }
}
