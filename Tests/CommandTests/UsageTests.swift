import Foundation
import Testing

/// Command lines that are wrong: exit code 64, a word on what is wrong, and nothing written.
@Suite("Usage errors")
struct UsageTests {
    @Test(
        "end with 64 and say what is wrong",
        arguments: [
            (["net.h5"], "output"),
            ([], "input"),
            (["net.h5", "out.h5", "more"], "more"),
            (["net.h5", "out.h5", "--unknown"], "--unknown"),
            (["net.h5", "out.h5", "--compress", "10"], "10"),
            (["net.h5", "out.h5", "--compress", "fast"], "fast"),
            (["net.h5", "out.h5", "--level", "high"], "high"),
            (["net.h5", "out.h5", "--quiet", "--verbose"], "--verbose"),
            (["net.h5", "out.h5", "--input-shape", "data"], "data"),
            (["net.h5", "out.h5", "--input-shape", "=1,2,3,3"], "=1,2,3,3"),
            (["net.h5", "out.h5", "--input-shape", "data=1,0,3,3"], "data=1,0,3,3"),
            (["net.h5", "out.h5", "--input-shape", "data=1,-2,3,3"], "data=1,-2,3,3"),
            (["net.h5", "out.h5", "--input-shape", "data=1,2,3,"], "data=1,2,3,"),
            (["net.h5", "out.h5", "--input-shape", "data=1,2,3,99999999999999999999"], "99999999999999999999"),
            (["net.h5", "out.h5", "--input-shape", "data=1,2,3,3", "--input-shape", "data=1,2,4,4"], "twice"),
            (["net.h5", "out.h5", "--input-shape", "image=1,2,3,3"], "'image'"),
            (["inspect"], "--prototxt"),
            (["inspect", "net.h5", "out.h5"], "out.h5"),
            (["inspect", "net.h5", "--force"], "--force"),
        ])
    func wrong(arguments: [String], word: String) async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(arguments, in: folder)
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(outcome.errors.contains(word), "\(outcome.errors)")
        #expect(outcome.output == "")
        #expect(try folder.names() == ["net.h5", "net.prototxt"])
    }

    @Test("an input shape of an unknown blob is answered with the inputs that there are")
    func unknownInput() async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(["net.h5", "out.h5", "--input-shape", "image=1,2,3,3"], in: folder)
        #expect(outcome.errors.contains("'data'"), "\(outcome.errors)")
    }

    @Test(
        "the output may not be an input, by whatever name",
        arguments: ["net.h5", "./net.h5", "symbolic.h5", "hard.h5", "linked/net.h5"])
    func outputIsInput(output: String) async throws {
        let folder = try TinyNet.folder()
        let files = FileManager.default
        try files.createSymbolicLink(atPath: folder.path("symbolic.h5"), withDestinationPath: "net.h5")
        try files.linkItem(atPath: folder.path("net.h5"), toPath: folder.path("hard.h5"))
        try files.createSymbolicLink(atPath: folder.path("linked"), withDestinationPath: ".")
        let names = try folder.names()
        let weights = try folder.data("net.h5")
        let outcome = try await Program.run(
            ["net.h5", output, "--prototxt", "net.prototxt", "--output-prototxt", "out.prototxt", "--force"],
            in: folder)
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(outcome.errors.contains(output) && outcome.errors.contains("input"), "\(outcome.errors)")
        #expect(try folder.names() == names)
        #expect(try folder.data("net.h5") == weights)
    }

    @Test("the output prototxt may not be the input prototxt, even with --force")
    func outputPrototxtIsInput() async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(
            ["net.h5", "out.h5", "--output-prototxt", "net.prototxt", "--force"], in: folder)
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(try folder.text("net.prototxt") == TinyNet().prototxt)
        #expect(try folder.names() == ["net.h5", "net.prototxt"])
    }

    @Test("weights may not be written over the input prototxt, nor the prototxt over the input weights")
    func crosswise() async throws {
        for arguments in [
            ["net.prototxt", "--output-prototxt", "out.prototxt"], ["out.h5", "--output-prototxt", "net.h5"],
        ] {
            let folder = try TinyNet.folder()
            let weights = try folder.data("net.h5")
            let outcome = try await Program.run(["net.h5"] + arguments + ["--force"], in: folder)
            #expect(outcome.code == 64, "\(outcome.errors)")
            #expect(try folder.data("net.h5") == weights)
            #expect(try folder.text("net.prototxt") == TinyNet().prototxt)
        }
    }

    @Test("one name for weights and prototxt is an error, however it is spelled", arguments: ["out.h5", "./out.h5"])
    func oneNameForBoth(name: String) async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(["net.h5", "out.h5", "--output-prototxt", name], in: folder)
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(try folder.names() == ["net.h5", "net.prototxt"])
    }

    @Test(
        "the report may not replace an input or an output, however it is spelled",
        arguments: ["net.h5", "net.prototxt", "out.h5", "out.prototxt", "./net.h5", "./out.h5", "./out.prototxt"])
    func reportInTheWay(name: String) async throws {
        let folder = try TinyNet.folder()
        let weights = try folder.data("net.h5")
        let outcome = try await Program.run(["net.h5", "out.h5", "--report", name, "--force"], in: folder)
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(try folder.data("net.h5") == weights)
        #expect(try folder.names() == ["net.h5", "net.prototxt"])
    }

    @Test("a path that is not UTF-8 is refused by name, and no other file is written")
    func notUTF8() async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(
            script: #"exec "$0" net.h5 "$(printf 'o\377.h5')""#, [], in: folder)
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains(#"argument 2 is not UTF-8: 'o\xff.h5'"#), "\(outcome.errors)")
        #expect(try folder.names() == ["net.h5", "net.prototxt"])
    }
}
