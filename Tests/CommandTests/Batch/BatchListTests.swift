import Foundation
import Testing

@testable import BNFoldKit

/// Jobs that get into each other's way, which is found out before anything runs.
@Suite("Lists of jobs")
struct BatchListTests {
    @Test(
        "what would be written twice, or is read and written, is an error, however it is spelled",
        arguments: [
            #"{"input": "a.h5"}|{"input": "x/a.h5", "output": "a.h5"}"#,
            // Their prototxts would have one name.
            #"{"input": "a.h5"}|{"input": "a.caffemodel"}"#,
            #"{"input": "a.h5"}|{"input": "b.h5", "output": "sub/../a.h5"}"#,
            #"{"input": "a.h5"}|{"input": "b.h5", "output": "link/a.h5"}"#,
            #"{"input": "a.h5"}|{"input": "b.h5", "outputPrototxt": "a.prototxt"}"#,
            #"{"input": "a.h5", "output": "a.h5", "outputPrototxt": "./a.h5"}"#,
            #"{"input": "a.h5"}|{"input": "out/a.h5", "output": "b.h5"}"#,
            #"{"input": "a.h5", "output": "../jobs.jsonl"}"#,
            #"{"input": "a.h5", "output": "results.jsonl"}"#,
        ])
    func collisions(lines: String) throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("out/sub")
        try FileManager.default.createSymbolicLink(atPath: folder.path("out/link"), withDestinationPath: ".")
        try folder.write(lines.replacing("|", with: "\n"), to: "jobs.jsonl")
        let error = #expect(throws: BNFoldError.self) {
            try list(in: folder, resultsPath: folder.path("out/results.jsonl"))
        }
        #expect(error?.kind == .malformed)
        #expect(error?.message.contains("would be") == true, "\(error?.message ?? "")")
    }

    @Test("the results may not take the place of the manifest")
    func resultsAreManifest() throws {
        let folder = try TemporaryFolder()
        try folder.write(#"{"input": "a.h5"}"#, to: "jobs.jsonl")
        let error = #expect(throws: BNFoldError.self) { try list(in: folder, resultsPath: folder.path("./jobs.jsonl")) }
        #expect(error?.message.contains("the results") == true, "\(error?.message ?? "")")
    }

    @Test("jobs that only share an input or a folder are no error")
    func separate() throws {
        let folder = try TemporaryFolder()
        let lines = #"{"input": "a.h5", "output": "1/a.h5"}|{"input": "a.h5", "output": "2/a.h5"}"#
        try folder.write(lines.replacing("|", with: "\n"), to: "jobs.jsonl")
        #expect(try list(in: folder, resultsPath: nil).jobs.map(\.name) == ["1/a.h5", "2/a.h5"])
    }

    private func list(in folder: TemporaryFolder, resultsPath: String?) throws -> BatchList {
        try BatchList(
            source: folder.path("jobs.jsonl"), outputFolder: folder.path("out"), defaults: JobDefaults(),
            resultsPath: resultsPath)
    }
}
