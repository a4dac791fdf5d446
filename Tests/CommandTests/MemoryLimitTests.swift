import BNFoldKit
import Foundation
import Testing

/// A comparison that would take too much memory is refused before it begins.
@Suite("The memory that verifying may take")
struct MemoryLimitTests {
    /// A folder with the tiny net and its fold, `out.h5`.
    private func folder() async throws -> TemporaryFolder {
        let folder = try TinyNet.folder()
        let fold = try await Program.run(["net.h5", "out.h5", "--quiet"], in: folder)
        try #require(fold.code == 0, "\(fold.errors)")
        return folder
    }

    @Test(
        "a huge batch is an error that tells need, limit and remedy, and nothing is written",
        arguments: [["1000000000,2,3,3", "GiB"], ["2147483647,2,2147483647,2147483647", "TiB"]])
    func hugeBatch(shape: [String]) async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(
            ["net.h5", "out.h5", "--verify", "--input-shape", "data=\(shape[0])"], in: folder)
        #expect(outcome.code == 65, "\(outcome)")
        for word in ["net.prototxt", shape[1], "the limit is", "--input-shape data=1,2,", "--memory-limit"] {
            #expect(outcome.errors.contains(word), "\(outcome.errors)")
        }
        #expect(try folder.names() == ["net.h5", "net.prototxt"])
    }

    @Test("a huge value in the middle is found as well")
    func hugeValue() async throws {
        let folder = try TinyNet.folder { net in
            for index in 0..<4 {
                net.prototxt += """
                    layer { name: "tile\(index)" type: "Tile" bottom: "\(index == 0 ? "conv" : "tile\(index - 1)")" top: "tile\(index)" tile_param { axis: 2 tiles: 1000 } }

                    """
            }
        }
        let outcome = try await Program.run(["net.h5", "out.h5", "--verify"], in: folder)
        #expect(outcome.code == 65 && outcome.errors.contains("at layer 'tile3'"), "\(outcome)")
    }

    @Test(
        "the option sets the limit", arguments: [("1K", 65), ("64m", 0), ("0.25GiB", 0), ("100", 65), ("90000000", 0)])
    func option(size: String, code: Int) async throws {
        let folder = try await folder()
        let verify = try await Program.run(["verify", "net.h5", "out.h5", "--memory-limit", size], in: folder)
        #expect(verify.code == Int32(code), "\(verify)")
        let fold = try await Program.run(
            ["net.h5", "again.h5", "--verify", "--quiet", "--memory-limit", size], in: folder)
        #expect(fold.code == Int32(code), "\(fold)")
    }

    @Test("samples of a file count too")
    func samples() async throws {
        let folder = try TinyNet.folder()
        var samples = WeightFile()
        samples.add("x", 0, [4, 2, 3, 3], [Double](repeating: 1, count: 72))
        try samples.write(to: folder.path("samples.h5"))
        let arguments = ["net.h5", "out.h5", "--verify", "--input", "data=samples.h5:/data/x/0"]
        let outcome = try await Program.run(
            arguments + ["--input-shape", "data=1000000000,2,3,3", "--memory-limit", "1G"], in: folder)
        #expect(outcome.code == 65 && outcome.errors.contains("for samples"), "\(outcome)")
    }

    @Test("jobs of a batch have the limit too")
    func batch() async throws {
        let folder = try TinyNet.folder()
        let arguments = ["batch", ".", "--output-dir", "out", "--verify", "--quiet"]
        let refused = try await Program.run(arguments + ["--memory-limit", "1K"], in: folder)
        #expect(refused.code == 1 && refused.errors.contains("the limit is 1 KiB"), "\(refused)")
        let done = try await Program.run(arguments + ["--memory-limit", "1G", "--force"], in: folder)
        #expect(done.code == 0, "\(done)")
    }

    @Test(
        "what is no amount of memory is exit code 64",
        arguments: ["0", "-1G", "4X", "G", "1e9", "", "1.5.2G", "99999999T"])
    func usage(size: String) async throws {
        let outcome = try await Program.run(
            ["net.h5", "out.h5", "--verify", "--memory-limit=\(size)"], in: try TinyNet.folder())
        #expect(outcome.code == 64 && outcome.errors.contains("--memory-limit"), "\(outcome)")
    }

    @Test("without --verify the option is exit code 64")
    func useless() async throws {
        let outcome = try await Program.run(["net.h5", "out.h5", "--memory-limit", "1G"], in: try TinyNet.folder())
        #expect(outcome.code == 64 && outcome.errors.contains("--verify"), "\(outcome)")
    }
}
