import Foundation
import Testing

/// `bnfold diff`.
@Suite("Comparing weights")
struct DiffTests {
    /// A folder with `net.h5` and a changed copy, `other.h5`.
    private func folder(_ change: (inout WeightFile) -> Void) throws -> TemporaryFolder {
        let folder = try TinyNet.folder()
        var other = TinyNet().weights
        change(&other)
        try other.write(to: folder.path("other.h5"))
        return folder
    }

    @Test("equal files are the same, whatever their containers")
    func same() async throws {
        let folder = try folder { _ in }
        _ = try await Program.run(["convert", "net.h5", "net.caffemodel"], in: folder)
        for other in ["other.h5", "net.caffemodel"] {
            let outcome = try await Program.run(["diff", "net.h5", other], in: folder)
            #expect(outcome.code == 0 && outcome.output.contains("7 of 7 blobs are equal"), "\(outcome)")
        }
    }

    @Test("a changed number is told with its size, its distance and its place")
    func changed() async throws {
        let folder = try folder { $0.add("conv", 0, [2, 2, 1, 1], [1, 2, Double(Float(3).nextUp), 4]) }
        let outcome = try await Program.run(["diff", "net.h5", "other.h5"], in: folder)
        #expect(outcome.code == 1)
        #expect(outcome.output.contains("conv/0") && outcome.output.contains("1 of 4 differ"), "\(outcome.output)")
        #expect(outcome.output.contains("1 units in the last place, worst at 2"), "\(outcome.output)")
    }

    @Test("a difference within the tolerance counts as the same")
    func tolerance() async throws {
        let folder = try folder { $0.add("conv", 1, [2], [0.5, -0.5 + 1e-6]) }
        #expect(try await Program.run(["diff", "net.h5", "other.h5", "--tolerance", "1e-5"], in: folder).code == 0)
        #expect(try await Program.run(["diff", "net.h5", "other.h5", "--tolerance", "1e-7"], in: folder).code == 1)
    }

    @Test("layers and shapes that differ are told")
    func structure() async throws {
        let folder = try folder { weights in
            weights.add("extra", 0, [1], [1])
            weights.add("scale", 1, [1, 2], [0, 1])
        }
        let outcome = try await Program.run(["diff", "net.h5", "other.h5", "--tolerance", "1"], in: folder)
        #expect(outcome.code == 1)
        #expect(
            outcome.output.contains("only in the second file") && outcome.output.contains("shapes 2 and 1x2"),
            "\(outcome.output)")
    }

    @Test("NaN equals NaN, and differs from any number")
    func notANumber() async throws {
        let folder = try folder { $0.add("conv", 1, [2], [.nan, -0.5]) }
        #expect(try await Program.run(["diff", "other.h5", "other.h5"], in: folder).code == 0)
        let outcome = try await Program.run(["diff", "net.h5", "other.h5", "--tolerance", "1000"], in: folder)
        #expect(outcome.code == 1 && outcome.output.contains("infinite"), "\(outcome.output)")
    }

    @Test("a file that is missing or no weights has the exit codes of every command")
    func badInput() async throws {
        let folder = try folder { _ in }
        #expect(try await Program.run(["diff", "net.h5", "nothing.h5"], in: folder).code == 66)
        #expect(try await Program.run(["diff", "net.h5", "net.prototxt"], in: folder).code == 65)
        #expect(try await Program.run(["diff", "net.h5", "other.h5", "--tolerance", "-1"], in: folder).code == 64)
    }

    @Test("the outcome as JSON")
    func json() async throws {
        let folder = try folder { $0.add("conv", 1, [2], [0.5, 0.5]) }
        let outcome = try await Program.run(["diff", "net.h5", "other.h5", "--json"], in: folder)
        let report = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        #expect(report["isSame"] as? Bool == false)
        #expect((report["blobs"] as? [[String: Any]])?.count == 7)
    }
}
