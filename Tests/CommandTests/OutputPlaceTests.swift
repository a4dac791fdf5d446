import Foundation
import Testing

/// Outputs that exist already, in one form or another, and those that can be none.
@Suite("Places of outputs")
struct OutputPlaceTests {
    @Test("an overwritten file keeps its permissions", arguments: [0o600, 0o640, 0o444])
    func permissions(mode: Int) async throws {
        let folder = try TinyNet.folder()
        for name in ["out.h5", "out.prototxt", "r.json"] {
            try folder.write("mine", to: name)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path(name))
        }
        let outcome = try await Program.run(["net.h5", "out.h5", "--report", "r.json", "--force"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        for name in ["out.h5", "out.prototxt", "r.json"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(name))
            #expect(attributes[.posixPermissions] as? Int == mode)
            #expect(try folder.data(name) != Data("mine".utf8))
        }
    }

    @Test("--force through a link writes what it leads to, and the link stays", arguments: [true, false])
    func link(targetExists: Bool) async throws {
        let folder = try TinyNet.folder()
        try folder.makeFolder("store")
        if targetExists { try folder.write("mine", to: "store/x.h5") }
        try FileManager.default.createSymbolicLink(atPath: folder.path("out.h5"), withDestinationPath: "store/x.h5")
        let outcome = try await Program.run(["net.h5", "out.h5", "--force"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("out.h5")) == "store/x.h5")
        #expect(try WeightFile(reading: folder.path("store/x.h5")).blobs.count == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("store")) == ["x.h5"])
    }

    @Test("links that lead in a circle are told")
    func circle() async throws {
        let folder = try TinyNet.folder()
        try FileManager.default.createSymbolicLink(atPath: folder.path("out.h5"), withDestinationPath: "b.h5")
        try FileManager.default.createSymbolicLink(atPath: folder.path("b.h5"), withDestinationPath: "out.h5")
        let outcome = try await Program.run(["net.h5", "out.h5", "--force"], in: folder)
        #expect(outcome.code == 73 && outcome.errors.contains("circle"), "\(outcome.errors)")
    }

    @Test(
        "what lies in /dev and /proc is refused, whichever output it is for",
        arguments: [
            ["/dev/stdout"], ["/dev/bnfold.h5"], ["/proc/self/fd/1"], ["link.h5"],
            ["out.h5", "--output-prototxt", "/dev/null"], ["out.h5", "--report", "/dev/stderr"],
        ])
    func devices(outputs: [String]) async throws {
        let folder = try TinyNet.folder()
        try FileManager.default.createSymbolicLink(atPath: folder.path("link.h5"), withDestinationPath: "/dev/null")
        let before = try folder.names()
        let outcome = try await Program.run(["net.h5"] + outputs + ["--force"], in: folder)
        #expect(outcome.code == 73, "\(outcome.errors)")
        #expect(outcome.errors.contains("belongs to the system"), "\(outcome.errors)")
        #expect(try folder.names() == before)
    }

    @Test("a pipe in the place of an output is refused")
    func pipe() async throws {
        let folder = try TinyNet.folder()
        try #require(mkfifo(folder.path("out.h5"), 0o600) == 0)
        let outcome = try await Program.run(["net.h5", "out.h5", "--force"], in: folder)
        #expect(outcome.code == 73 && outcome.errors.contains("pipe"), "\(outcome.errors)")
        #expect(try folder.names() == ["net.h5", "net.prototxt", "out.h5"])
    }

    @Test("one file for two outputs is refused, also through a link", arguments: ["out.h5", "link.h5"])
    func sameFile(report: String) async throws {
        let folder = try TinyNet.folder()
        try FileManager.default.createSymbolicLink(atPath: folder.path("link.h5"), withDestinationPath: "out.h5")
        let outcome = try await Program.run(["net.h5", "out.h5", "--report", report, "--force"], in: folder)
        #expect(outcome.code == 64, "\(outcome.errors)")
    }

    @Test("a report that cannot be written leaves the pair as it was")
    func reportFails() async throws {
        let folder = try TinyNet.folder()
        try folder.write("mine", to: "out.h5")
        try folder.write("mine", to: "out.prototxt")
        try folder.makeFolder(".r.json.bnfold-new")
        let outcome = try await Program.run(["net.h5", "out.h5", "--report", "r.json", "--force"], in: folder)
        #expect(outcome.code == 73, "\(outcome.errors)")
        #expect(try folder.text("out.h5") == "mine" && folder.text("out.prototxt") == "mine")
    }
}
