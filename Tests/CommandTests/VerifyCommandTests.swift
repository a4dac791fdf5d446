import BNFoldKit
import Foundation
import Testing

/// The command line of `verify`: what it takes, what it prints, how it exits.
@Suite("The verify command")
struct VerifyCommandTests {
    /// A folder with the tiny net and its fold, `out.h5`.
    private func folder(_ change: (inout TinyNet) throws -> Void = { _ in }) async throws -> TemporaryFolder {
        let folder = try TinyNet.folder(change)
        let fold = try await Program.run(["net.h5", "out.h5", "--quiet"], in: folder)
        try #require(fold.code == 0, "\(fold.errors)")
        return folder
    }

    private func verify(_ options: [String], in folder: TemporaryFolder) async throws -> Program.Outcome {
        try await Program.run(["verify", "net.h5", "out.h5"] + options, in: folder)
    }

    @Test("agreement is exit code 0, the verdict the last line, and nothing on standard error")
    func agreement() async throws {
        let outcome = try await verify([], in: try await folder())
        #expect(outcome.code == 0 && outcome.errors == "")
        #expect(outcome.output.hasPrefix("net.h5 against out.h5\n"))
        #expect(outcome.output.hasSuffix("\nwithin: the networks agree\n"), "\(outcome.output)")
        #expect(!outcome.output.contains("\u{1B}"))
    }

    @Test(
        "a wrong command line is exit code 64, with a word on what is wrong",
        arguments: [
            (["net.h5"], "folded"), ([], "original"), (["net.h5", "out.h5", "more.h5"], "more.h5"),
            (["net.h5", "out.h5", "--samples", "0"], "--samples"),
            (["net.h5", "out.h5", "--samples=-1"], "--samples"),
            (["net.h5", "out.h5", "--samples", "99999999999999999999"], "--samples"),
            (["net.h5", "out.h5", "--tolerance=-1e-9"], "--tolerance"),
            (["net.h5", "out.h5", "--tolerance", "nan"], "--tolerance"),
            (["net.h5", "out.h5", "--tolerance", "inf"], "--tolerance"),
            (["net.h5", "out.h5", "--tolerance", "little"], "little"),
            (["net.h5", "out.h5", "--precision", "half"], "single"),
            (["net.h5", "out.h5", "--seed=-1"], "--seed"),
            (["net.h5", "out.h5", "--quiet", "--verbose"], "--verbose"),
            (["net.h5", "out.h5", "--input", "data="], "data="), (["net.h5", "out.h5", "--input", "=x.h5"], "=x.h5"),
            (["net.h5", "out.h5", "--input", "x.h5:"], "x.h5:"),
            (["net.h5", "out.h5", "--input", "image=out.h5"], "'data'"),
            (["net.h5", "out.h5", "--input-shape", "image=1,2,3,3"], "'data'"),
            (["net.h5", "out.h5", "--report", "out.h5", "--force"], "out.h5"),
            (["net.h5", "out.h5", "--report", "net.prototxt", "--force"], "net.prototxt"),
            (["net.h5", "out.h5", "--plot", "net.h5", "--force"], "net.h5"),
            (["net.h5", "out.h5", "--plot", "same", "--report", "./same"], "same"),
        ])
    func usage(arguments: [String], word: String) async throws {
        let folder = try await folder()
        let names = try folder.names()
        let data = try names.map { try folder.data($0) }
        let outcome = try await Program.run(["verify"] + arguments, in: folder)
        #expect(outcome.code == 64, "\(outcome)")
        #expect(outcome.errors.contains(word) && outcome.output == "", "\(outcome)")
        #expect(try folder.names() == names && names.map { try folder.data($0) } == data)
    }

    @Test(
        "a file that is missing is exit code 66, with its name",
        arguments: [
            ["missing.h5", "out.h5"], ["net.h5", "missing.h5"], ["net.h5", "out.h5", "--prototxt", "missing.prototxt"],
            ["net.h5", "out.h5", "--folded-prototxt", "missing.prototxt"],
            ["net.h5", "out.h5", "--input", "data=missing.h5"],
        ])
    func missing(arguments: [String]) async throws {
        let outcome = try await Program.run(["verify"] + arguments, in: try await folder())
        #expect(outcome.code == 66 && outcome.output == "", "\(outcome)")
        #expect(outcome.errors.contains("missing"), "\(outcome.errors)")
    }

    @Test("a prototxt in place of weights is exit code 65")
    func notWeights() async throws {
        let folder = try await folder()
        let outcome = try await Program.run(
            ["verify", "net.h5", "net.prototxt", "--folded-prototxt", "out.prototxt"], in: folder)
        #expect(outcome.code == 65 && outcome.errors.contains("net.prototxt"), "\(outcome)")
    }

    @Test("a network without inputs, and one with other inputs, are exit code 65")
    func inputs() async throws {
        let folder = try await folder()
        let text = try folder.text("out.prototxt")
        try folder.write(text.replacing("\"data\"", with: "\"image\""), to: "out.prototxt")
        let outcome = try await verify([], in: folder)
        #expect(outcome.code == 65, "\(outcome)")
        #expect(outcome.errors.contains("'image'") && outcome.errors.contains("'data'"), "\(outcome.errors)")
    }

    @Test("an input whose shape nobody tells is answered with the option that does")
    func unknownShape() async throws {
        let pair = try await FoldedPair(.lenet, ["--keep-training"])
        let arguments = ["verify", pair.fixture.weights, "out.h5", "--prototxt", pair.fixture.prototxt]
        let outcome = try await Program.run(arguments, in: pair.folder)
        #expect(outcome.code == 65, "\(outcome)")
        #expect(outcome.errors.contains("'data'") && outcome.errors.contains("--input-shape data=1,C,H,W"))
        let told = try await Program.run(arguments + pair.fixture.shapeArguments, in: pair.folder)
        #expect(told.code == 0, "\(told)")
    }

    @Test("--quiet prints nothing where the networks agree, and what is wrong where they do not")
    func quiet() async throws {
        let folder = try await folder()
        let agreement = try await verify(["--quiet"], in: folder)
        #expect(agreement.code == 0 && agreement.output == "" && agreement.errors == "")
        var weights = try WeightFile(reading: folder.path("out.h5"))
        try weights.multiply("conv", 0) { _ in 1.1 }
        try folder.remove("out.h5")
        try weights.write(to: folder.path("out.h5"))
        let difference = try await verify(["--quiet"], in: folder)
        #expect(difference.code == 2 && difference.output.contains("beyond: "), "\(difference)")
    }

    @Test("--verbose tells every blob and every fold")
    func verbose() async throws {
        let folder = try await folder()
        let plain = try await verify([], in: folder)
        let verbose = try await verify(["--verbose"], in: folder)
        #expect(!plain.output.contains("conv <- bn, scale  "))
        #expect(verbose.output.contains("conv <- bn, scale  ") && verbose.output.contains("  data  Input "))
    }

    @Test("--report - writes JSON, and nothing but JSON, to standard output")
    func reportToStandardOutput() async throws {
        let outcome = try await verify(["--report", "-"], in: try await folder())
        #expect(outcome.code == 0 && outcome.errors == "" && outcome.output.hasSuffix("}\n"))
        let report = try JSONDecoder().decode(VerifyReport.self, from: Data(outcome.output.utf8))
        #expect(report.isWithin && report.schema == 1 && report.first == nil)
        #expect(report.original.weights == "net.h5" && report.folded.prototxt == "out.prototxt")
        #expect(report.samples.count == 4 && report.samples.seed == 1 && report.samples.files == nil)
        #expect(report.tolerance == 1e-5 && report.precision == "double")
        #expect(report.folds.map(\.removed) == [["bn", "scale"]])
    }

    @Test("--report and --plot write files, and overwrite them with --force only")
    func files() async throws {
        let folder = try await folder()
        let options = ["--report", "r.json", "--plot", "p.svg"]
        #expect(try await verify(options, in: folder).code == 0)
        let names = try folder.names()
        #expect(names == ["net.h5", "net.prototxt", "out.h5", "out.prototxt", "p.svg", "r.json"])
        try folder.write("mine", to: "p.svg")
        let again = try await verify(options, in: folder)
        #expect(again.code == 73 && again.errors.contains("--force"), "\(again)")
        #expect(try folder.text("p.svg") == "mine")
        #expect(try await verify(options + ["--force"], in: folder).code == 0)
        #expect(try folder.text("p.svg") != "mine")
    }

    @Test("a report or plot without a folder is exit code 73, before anything runs", arguments: ["--report", "--plot"])
    func noFolder(option: String) async throws {
        let outcome = try await verify([option, "missing/file"], in: try await folder())
        #expect(outcome.code == 73 && outcome.output == "" && outcome.errors.contains("'missing'"), "\(outcome)")
    }

    @Test("the same seed gives the same report, another seed another")
    func seed() async throws {
        let pair = try await FoldedPair(.lenet)
        func report(_ options: [String]) async throws -> VerifyReport {
            var report = try await pair.verify(options).report
            report.samples.seed = nil
            return report
        }
        let first = try await report(["--seed", "5"])
        #expect(try await report(["--seed", "5"]) == first)
        #expect(try await report(["--seed", "6"]) != first)
        #expect(try await report([]) == report(["--seed", "1"]))
    }

    @Test("--samples tells how many samples of noise run, be it fewer than the net's batch")
    func samples() async throws {
        let folder = try await folder { $0.prototxt = $0.prototxt.replacing("dim: 1 dim: 2", with: "dim: 5 dim: 2") }
        for count in [1, 5, 12] {
            let outcome = try await verify(["--samples", "\(count)", "--report", "-"], in: folder)
            let report = try JSONDecoder().decode(VerifyReport.self, from: Data(outcome.output.utf8))
            #expect(report.samples.count == count)
            #expect(report.blobs.allSatisfy { $0.elements == count * 18 && $0.worstSample < count })
        }
    }

    @Test("the largest number of samples that can be asked for begins to run, and can be stopped")
    func largestCount() async throws {
        let folder = try await folder()
        var request = VerifyRequest(original: folder.path("net.h5"), folded: folder.path("out.h5"))
        request.options.samples = .max
        let cancellation = request.cancellation
        request.options.progress = { _ in cancellation.cancel() }
        #expect(throws: BNFoldError(.cancelled, "stopped")) { try BNFoldKit.verify(request) }
    }

    @Test("--tolerance 0 asks for equal blobs")
    func toleranceZero() async throws {
        let outcome = try await FoldedPair(.lenet).verify(["--tolerance", "0"])
        #expect(outcome.code == 2 && outcome.report.first?.blob == "conv1" && outcome.foldsBeyond == [])
        #expect(outcome.report.first?.changed == ["conv1"])
    }

    @Test(
        "tolerances at the ends of what numbers can be are taken as they are",
        arguments: [("5e-324", 2), ("1e-310", 2), ("1e300", 0), ("1.7976931348623157e308", 0)])
    func extremeTolerance(tolerance: String, code: Int32) async throws {
        let pair = try await FoldedPair(.lenet)
        let outcome = try await pair.run(["--tolerance", tolerance, "--plot", "p.svg"])
        #expect(outcome.code == code, "\(outcome)")
        let itself = try await Program.run(
            ["verify", pair.fixture.weights, pair.fixture.weights, "--prototxt", pair.fixture.testNet, "--tolerance"]
                + [tolerance, "--folded-prototxt", pair.fixture.testNet, "--plot", "q.svg"], in: pair.folder)
        #expect(itself.code == 0, "\(itself)")
    }
}
