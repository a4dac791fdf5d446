import Foundation
import Testing

/// Runs that were killed between two renames, or right after them: what the next run makes of what is left.
@Suite("Journals", .enabled(if: FaultLibrary.path != nil, "no compiler for a library that kills at a given call"))
struct JournalTests {
    private static let scope = FaultLibrary.Scope(root: "run")

    /// A folder with `run`, in which a fold that overwrites was killed right after one of its calls for the first time.
    ///
    /// - Parameter call: the name of the call and the number of it: `rename` 1.
    private static func killed(
        after call: (name: String, number: Int), _ options: [String] = []
    ) async throws -> TemporaryFolder {
        let folder = try TinyNet.folder()
        let arguments = ["net.h5", "run/out.h5", "--quiet", "--force"] + options
        func prepare() throws {
            try? folder.remove("run")
            try folder.makeFolder("run/text")
            try folder.write("old weights", to: "run/out.h5")
            try folder.write("old prototxt", to: "run/out.prototxt")
        }
        try prepare()
        _ = try await FaultLibrary.run(arguments, fault: nil, in: scope, log: "calls", folder: folder)
        let calls = try folder.lines("calls").filter { $0.split(separator: " ")[1] == call.name }
        let number = try #require(calls[call.number - 1].split(separator: " ").first.flatMap { Int($0) })
        try prepare()
        let outcome = try await FaultLibrary.run(
            arguments, fault: .init(call: number, action: "kill-after"), in: scope, folder: folder)
        try #require(outcome.signal == SIGKILL)
        return folder
    }

    private static func names(_ folder: TemporaryFolder, _ name: String = "run") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path(name)).sorted()
    }

    @Test(
        "killed between the two renames, the next run finishes them and tells so",
        arguments: ["run/out.h5", "./run//out.h5"])
    func finished(output: String) async throws {
        let folder = try await Self.killed(after: ("rename", 1))
        #expect(try folder.text("run/out.prototxt") == "old prototxt")
        let next = try await Program.run(["net.h5", output], in: folder)
        #expect(next.code == 73)
        #expect(next.errors.contains("interrupted") && next.errors.contains("out.prototxt"), "\(next.errors)")
        #expect(try folder.text("run/out.prototxt").contains("Convolution"))
        #expect(try WeightFile(reading: folder.path("run/out.h5")).blobs.count == 2)
        #expect(try Self.names(folder) == ["out.h5", "out.prototxt", "text"])
    }

    @Test("comes before any other reason to stop: an input that is missing, a report that exists")
    func comesFirst() async throws {
        for arguments in [["none.h5", "run/out.h5"], ["net.h5", "run/out.h5", "--report", "net.prototxt"]] {
            let folder = try await Self.killed(after: ("rename", 1))
            let next = try await Program.run(arguments, in: folder)
            #expect(next.code != 0)
            #expect(try folder.text("run/out.prototxt").contains("Convolution"))
            #expect(try Self.names(folder) == ["out.h5", "out.prototxt", "text"])
        }
    }

    @Test("a next run for the same prototxt with other weights finishes the renames as well")
    func otherWeights() async throws {
        let folder = try await Self.killed(after: ("rename", 1))
        let next = try await Program.run(
            ["net.h5", "run/other.h5", "--output-prototxt", "run/out.prototxt"], in: folder)
        #expect(next.code == 73)
        #expect(try folder.text("run/out.prototxt").contains("Convolution"))
        #expect(try Self.names(folder) == ["out.h5", "out.prototxt", "text"])
    }

    @Test("folders that were moved together after the kill are finished where they are")
    func moved() async throws {
        let folder = try await Self.killed(after: ("rename", 1), ["--output-prototxt", "run/text/out.prototxt"])
        try FileManager.default.moveItem(atPath: folder.path("run"), toPath: folder.path("elsewhere"))
        let next = try await Program.run(
            ["net.h5", "elsewhere/out.h5", "--output-prototxt", "elsewhere/text/out.prototxt"], in: folder)
        #expect(next.code == 73, "\(next.errors)")
        #expect(try folder.text("elsewhere/text/out.prototxt").contains("Convolution"))
        #expect(try Self.names(folder, "elsewhere/text") == ["out.prototxt"])
        #expect(try Self.names(folder, "elsewhere") == ["out.h5", "out.prototxt", "text"])
    }

    @Test("one of the folders gone, what waits is kept and the missing file is named")
    func folderGone() async throws {
        let folder = try await Self.killed(after: ("rename", 1), ["--output-prototxt", "run/text/out.prototxt"])
        try FileManager.default.moveItem(atPath: folder.path("run/text"), toPath: folder.path("alone"))
        let next = try await Program.run(["net.h5", "other.h5", "--output-prototxt", "alone/out.prototxt"], in: folder)
        #expect(next.code == 73)
        #expect(next.errors.contains("'alone/../out.h5', which is not there now; put that back"), "\(next.errors)")
        #expect(try Self.names(folder, "alone") == [".out.prototxt.bnfold", ".out.prototxt.bnfold-new"])
    }

    @Test("a waiting file that was changed is never put in place: the old files are back")
    func changedStagedFile() async throws {
        let folder = try await Self.killed(after: ("rename", 1))
        var bytes = try folder.data("run/.out.prototxt.bnfold-new")
        bytes[bytes.count / 2] ^= 1
        try folder.write(bytes, to: "run/.out.prototxt.bnfold-new")
        let next = try await Program.run(["net.h5", "run/out.h5"], in: folder)
        #expect(next.code == 73)
        #expect(next.errors.contains("what was there before is there again"), "\(next.errors)")
        #expect(try folder.text("run/out.h5") == "old weights" && folder.text("run/out.prototxt") == "old prototxt")
        #expect(try Self.names(folder) == ["out.h5", "out.prototxt", "text"])
    }

    @Test("a journal that outlived its commit never touches the files of a later run")
    func outlivedJournal() async throws {
        // Only the journal beside the prototxt is left; the weights are then replaced, and a third run is killed while it writes them.
        let folder = try await Self.killed(after: ("unlink", 7))
        let left = try Self.names(folder).filter { $0.hasPrefix(".") }
        try #require(left.count == 1, "\(left)")
        try folder.write("others", to: "run/out.h5")
        try folder.write("half", to: "run/.out.h5.bnfold-new")
        let next = try await Program.run(
            ["net.h5", "run/other.h5", "--output-prototxt", "run/out.prototxt"], in: folder)
        #expect(next.code == 73)
        #expect(try folder.text("run/out.h5") == "others")
    }

    @Test("a foreign file in the place of the journal is told and not obeyed")
    func foreignJournal() async throws {
        let folder = try TinyNet.folder()
        try folder.write("bnfold commit 1\0net.prototxt\0net.h5\0", to: ".out.h5.bnfold")
        let next = try await Program.run(["net.h5", "out.h5"], in: folder)
        #expect(next.code == 0, "\(next.errors)")
        #expect(next.errors.contains(".out.h5.bnfold") && next.errors.contains("not obeyed"), "\(next.errors)")
        #expect(try folder.text("net.prototxt") == TinyNet().prototxt)
        #expect(try folder.names() == ["net.h5", "net.prototxt", "out.h5", "out.prototxt"])
    }

    @Test("a journal that was copied beside another output is told and not obeyed")
    func plantedJournal() async throws {
        let folder = try await Self.killed(after: ("rename", 1))
        try folder.makeFolder("other")
        try folder.write(folder.data("run/.out.h5.bnfold"), to: "other/.mine.h5.bnfold")
        try folder.write("mine", to: "other/mine.h5")
        try folder.write("planted", to: "other/.mine.h5.bnfold-new")
        let next = try await Program.run(["net.h5", "other/mine.h5"], in: folder)
        #expect(next.code == 73)
        #expect(next.errors.contains("not obeyed"), "\(next.errors)")
        #expect(try folder.text("other/mine.h5") == "mine")
        #expect(try Self.names(folder, "other") == ["mine.h5"])
    }

    @Test("a second rename that fails undoes the first")
    func undone() async throws {
        let folder = try await Self.killed(after: ("rename", 1))
        try? folder.remove("run")
        try folder.makeFolder("run")
        try folder.write("old weights", to: "run/out.h5")
        try folder.write("old prototxt", to: "run/out.prototxt")
        let calls = try folder.lines("calls").filter { $0.split(separator: " ")[1] == "rename" }
        let second = try #require(calls[1].split(separator: " ").first.flatMap { Int($0) })
        let outcome = try await FaultLibrary.run(
            ["net.h5", "run/out.h5", "--quiet", "--force"], fault: .init(call: second, action: "\(EIO)"),
            in: Self.scope, folder: folder)
        #expect(outcome.code == 74 && outcome.errors.contains("run/out.prototxt"), "\(outcome.errors)")
        #expect(try folder.text("run/out.h5") == "old weights" && folder.text("run/out.prototxt") == "old prototxt")
        #expect(try Self.names(folder) == ["out.h5", "out.prototxt"])
    }
}
