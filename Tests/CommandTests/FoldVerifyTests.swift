import BNFoldKit
import Foundation
import Testing

/// `fold --verify`: what is written has been run, and what is wrong is not written.
@Suite("fold --verify")
struct FoldVerifyTests {
    @Test("writes what plain fold writes, and tells that it was verified", arguments: Fixture.all)
    func writes(fixture: Fixture) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(fixture.arguments + ["--verify"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.contains("within: the networks agree"), "\(outcome.output)")
        #expect(try folder.names() == ["out.h5", "out.prototxt"])
        let plain = try TemporaryFolder()
        _ = try await Program.run(fixture.arguments + ["--quiet"], in: plain)
        for name in ["out.h5", "out.prototxt"] {
            let isSame = try folder.data(name) == plain.data(name)
            #expect(isSame, "\(name)")
        }
    }

    @Test("goes with every other way to fold")
    func otherOptions() async throws {
        let folder = try TemporaryFolder()
        let fixture = Fixture.resnet
        for options in [
            ["--keep-training"], ["--compress", "9"], ["--output-prototxt", "other.prototxt"],
            ["--precision", "single", "--samples", "1", "--seed", "9"],
        ] {
            let outcome = try await Program.run(fixture.arguments + ["--verify", "--force"] + options, in: folder)
            #expect(outcome.code == 0, "\(options): \(outcome)")
        }
        let binary = try await Program.run(
            [fixture.weights, "out.caffemodel", "--prototxt", fixture.prototxt, "--verify", "--force"]
                + fixture.shapeArguments, in: folder)
        #expect(binary.code == 0, "\(binary)")
        let untrained = Fixture.badStatistics
        let weights = untrained.folder.appendingPathComponent("weights-a.caffemodel.h5").path
        let allowed = try await Program.run(
            [weights, "a.h5", "--prototxt", untrained.prototxt, "--allow-untrained", "--verify"]
                + untrained.shapeArguments, in: folder)
        #expect(allowed.code == 0, "\(allowed)")
    }

    @Test("puts the comparison into the report, and the plot beside it")
    func report() async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(
            ["net.h5", "out.h5", "--verify", "--plot", "p.svg", "--report", "r.json", "--samples", "3"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        let verification = try #require(try Report(folder.text("r.json")).verification)
        #expect(verification.isWithin && verification.samples.count == 3)
        #expect(verification.folds.map(\.removed) == [["bn", "scale"]])
        #expect(verification.folded.weights == "out.h5" && verification.folded.prototxt == "out.prototxt")
        #expect(try folder.text("p.svg").contains("out.h5 against net.h5"))
        let plain = try await Program.run(["net.h5", "plain.h5", "--report", "-", "--quiet"], in: folder)
        #expect(try Report(plain.output).verification == nil)
    }

    @Test("leaves nothing when the networks differ by more than the tolerance, and exits with 2")
    func beyond() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(
            Fixture.lenet.arguments + ["--verify", "--tolerance", "0", "--report", "r.json"], in: folder)
        #expect(outcome.code == 2, "\(outcome)")
        #expect(outcome.output == "")
        #expect(try folder.names() == [])
        let lines = outcome.errors.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first?.hasPrefix("bnfold: error: out.h5: was not written") == true)
        #expect(lines.count { $0.hasPrefix("bnfold: error:") } == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("conv1"))
        #expect(
            !outcome.errors.contains("fault of bnfold"), "each fold is within its bound; the tolerance is the user's")
    }

    @Test("keeps what was there when the networks differ, even with --force")
    func keepsOldOutput() async throws {
        let folder = try TemporaryFolder()
        try folder.write("mine", to: "out.h5")
        try folder.write("mine too", to: "out.prototxt")
        let outcome = try await Program.run(
            Fixture.lenet.arguments + ["--verify", "--tolerance", "0", "--force"], in: folder)
        #expect(outcome.code == 2)
        #expect(try folder.names() == ["out.h5", "out.prototxt"])
        #expect(try folder.text("out.h5") == "mine" && folder.text("out.prototxt") == "mine too")
    }

    @Test("draws the plot of a difference, which shows where it is")
    func plotOfDifference() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(
            Fixture.lenet.arguments + ["--verify", "--tolerance", "0", "--plot", "p.svg"], in: folder)
        #expect(outcome.code == 2)
        #expect(try folder.names() == ["p.svg"])
    }

    @Test(
        "options of --verify without it are a usage error, with nothing written",
        arguments: [
            ["--input", "data=x.h5"], ["--samples", "2"], ["--seed", "1"], ["--tolerance", "1"],
            ["--precision", "double"],
            ["--plot", "p.svg"],
        ])
    func withoutVerify(options: [String]) async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(["net.h5", "out.h5"] + options, in: folder)
        #expect(outcome.code == 64 && outcome.errors.contains(options[0]), "\(outcome)")
        #expect(outcome.errors.contains("--verify"))
        #expect(try folder.names() == ["net.h5", "net.prototxt"])
    }

    @Test(
        "that cannot run leaves nothing, and tells why", arguments: [("missing.h5", 66), ("net.h5:/data/conv/0", 65)])
    func cannotRun(input: String, code: Int32) async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(["net.h5", "out.h5", "--verify", "--input", input], in: folder)
        #expect(outcome.code == code && outcome.output == "", "\(outcome)")
        #expect(try folder.names() == ["net.h5", "net.prototxt"])
    }

    @Test("--quiet prints nothing")
    func quiet() async throws {
        let outcome = try await Program.run(["net.h5", "out.h5", "--verify", "--quiet"], in: try TinyNet.folder())
        #expect(outcome.code == 0 && outcome.output == "" && outcome.errors == "", "\(outcome)")
    }
}
