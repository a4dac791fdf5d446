import Foundation
import Testing

/// Several runs at the same time.
@Suite("Runs at the same time")
struct ConcurrentRunsTests {
    /// The test itself holds the lock of the first run, so that nothing depends on how long a run takes.
    @Test("the second run for an output is turned away, whatever it asks for", arguments: ["out.h5", "out.prototxt"])
    func secondRun(lockedPlace: String) async throws {
        let folder = try TinyNet.folder()
        let lock = open(folder.path(".\(lockedPlace).bnfold"), O_RDWR | O_CREAT, 0o666)
        try #require(lock >= 0)
        defer { close(lock) }
        try #require(flock(lock, LOCK_EX | LOCK_NB) == 0)
        try folder.write("of the first run", to: ".out.h5.bnfold-new")
        let second = try await Program.run(["net.h5", "out.h5", "--force"], in: folder)
        #expect(second.code == 73)
        #expect(second.errors.contains(lockedPlace) && second.errors.contains("another bnfold"), "\(second.errors)")
        #expect(try folder.text(".out.h5.bnfold-new") == "of the first run")
    }

    @Test("of many runs for one output one wins, and its pair is whole")
    func race() async throws {
        let folder = try TinyNet.folder()
        let runs = try (0..<8).map { _ in try Program.start(["net.h5", "out.h5"], in: folder) }
        var codes: [Int32?] = []
        for run in runs { codes.append(try await run.outcome().code) }
        #expect(codes.count { $0 == 0 } == 1)
        #expect(codes.count { $0 == 73 } == 7)
        #expect(try folder.names() == ["net.h5", "net.prototxt", "out.h5", "out.prototxt"])
        #expect(try WeightFile(reading: folder.path("out.h5")).blobs.count == 2)
    }

    @Test("runs for different outputs in one folder do not meet")
    func differentOutputs() async throws {
        let folder = try TinyNet.folder()
        let runs = try (0..<6).map { try Program.start(["net.h5", "out\($0).h5"], in: folder) }
        for run in runs {
            let outcome = try await run.outcome()
            #expect(outcome.code == 0, "\(outcome.errors)")
        }
        #expect(try folder.names().count == 2 + 2 * 6)
    }
}
