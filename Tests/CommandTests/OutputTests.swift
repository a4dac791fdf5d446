import Foundation
import Testing

/// Where the pair goes, what may be overwritten, and what stays when it cannot be written.
@Suite("Output files")
struct OutputTests {
    @Test("the prototxt takes the name of the weights", arguments: ["out.h5", "out.hdf5", "out.caffemodel.h5"])
    func outputName(output: String) async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(["net.h5", output], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try folder.names() == ["net.h5", "net.prototxt", output, "out.prototxt"].sorted())
    }

    @Test("the prototxt goes where --output-prototxt says")
    func outputPrototxt() async throws {
        let folder = try TinyNet.folder()
        try folder.makeFolder("deploy")
        let outcome = try await Program.run(
            ["net.h5", "out.h5", "--output-prototxt", "deploy/tiny.txt"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try folder.names() == ["deploy", "net.h5", "net.prototxt", "out.h5"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("deploy")) == ["tiny.txt"])
    }

    @Test("a name with blanks, accents and a leading dash after -- is a name like any other")
    func strangeNames() async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(
            ["--prototxt", "net.prototxt", "--", "net.h5", "-é ö.h5"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try folder.names().contains("-é ö.prototxt"))
    }

    @Test("an existing file is never overwritten unasked", arguments: ["out.h5", "out.prototxt"])
    func exists(name: String) async throws {
        let folder = try TinyNet.folder()
        try folder.write("mine", to: name)
        let outcome = try await Program.run(["net.h5", "out.h5"], in: folder)
        #expect(outcome.code == 73)
        #expect(outcome.errors.contains("\(name): exists") && outcome.errors.contains("--force"), "\(outcome.errors)")
        #expect(try folder.text(name) == "mine")
        #expect(try folder.names() == ["net.h5", "net.prototxt", name].sorted())
    }

    @Test("--force replaces both files")
    func force() async throws {
        let folder = try TinyNet.folder()
        try folder.write("mine", to: "out.h5")
        try folder.write("mine", to: "out.prototxt")
        let outcome = try await Program.run(["net.h5", "out.h5", "--force"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try WeightFile(reading: folder.path("out.h5")).blobs.count == 2)
        #expect(try folder.text("out.prototxt").contains("Convolution"))
        #expect(try folder.names() == ["net.h5", "net.prototxt", "out.h5", "out.prototxt"])
    }

    @Test("a fold that fails leaves what --force would have replaced")
    func failureWithForce() async throws {
        let folder = try TinyNet.folder { $0.weights.add("bn", 0, [2], [.nan, 0]) }
        try folder.write("mine", to: "out.h5")
        try folder.write("mine", to: "out.prototxt")
        let outcome = try await Program.run(["net.h5", "out.h5", "--force"], in: folder)
        #expect(outcome.code == 65)
        #expect(try folder.text("out.h5") == "mine" && folder.text("out.prototxt") == "mine")
        #expect(try folder.names() == ["net.h5", "net.prototxt", "out.h5", "out.prototxt"])
    }

    @Test("a dangling link counts as an existing file")
    func danglingLink() async throws {
        let folder = try TinyNet.folder()
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("out.h5"), withDestinationPath: "elsewhere/out.h5")
        let outcome = try await Program.run(["net.h5", "out.h5"], in: folder)
        #expect(outcome.code == 73, "\(outcome.errors)")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("out.h5")) == "elsewhere/out.h5")
    }

    @Test(
        "a missing folder is named and not made",
        arguments: [
            ["none/out.h5"], ["out.h5", "--output-prototxt", "none/out.prototxt"],
            ["out.h5", "--report", "none/report.json"],
        ])
    func missingFolder(arguments: [String]) async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(["net.h5"] + arguments, in: folder)
        #expect(outcome.code == 73)
        #expect(outcome.errors.contains("'none'"), "\(outcome.errors)")
        #expect(try folder.names() == ["net.h5", "net.prototxt"])
    }

    @Test(
        "a folder in the place of a file is left alone, and nothing is written",
        arguments: [["here"], ["out.h5", "--output-prototxt", "here"], ["out.h5", "--report", "here"]])
    func folderInTheWay(arguments: [String]) async throws {
        let folder = try TinyNet.folder()
        try folder.makeFolder("here")
        let outcome = try await Program.run(["net.h5"] + arguments + ["--force"], in: folder)
        #expect(outcome.code == 73, "\(outcome.errors)")
        #expect(outcome.errors.contains("here") && outcome.errors.contains("folder"), "\(outcome.errors)")
        #expect(try folder.names() == ["here", "net.h5", "net.prototxt"])
    }

    @Test(
        "a folder that may not be written is named",
        .enabled(if: Unprivileged.isAvailable, "cannot become another user"))
    func readOnlyFolder() async throws {
        let folder = try TinyNet.folder()
        try folder.makeFolder("deploy")
        for name in ["", "net.h5", "net.prototxt"] {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path(name))
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path("deploy"))
        let outcome = try await Program.run(
            script: Unprivileged.script, ["net.h5", "deploy/out.h5"], in: folder)
        #expect(outcome.code == 73)
        #expect(outcome.errors.contains("deploy") && outcome.errors.contains("Permission denied"), "\(outcome.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("deploy")) == [])
    }

    @Test("a report that exists is not overwritten unasked, and nothing else is written")
    func reportExists() async throws {
        let folder = try TinyNet.folder()
        try folder.write("mine", to: "report.json")
        let outcome = try await Program.run(["net.h5", "out.h5", "--report", "report.json"], in: folder)
        #expect(outcome.code == 73)
        #expect(try folder.text("report.json") == "mine")
        #expect(try folder.names() == ["net.h5", "net.prototxt", "report.json"])
    }
}
