import Foundation
import Testing

@testable import BNFoldKit

/// What is found below a folder of snapshots.
@Suite("Snapshot trees")
struct SnapshotTreeTests {
    @Test("weights are found by their names, in the order of the bytes, and nothing else")
    func names() throws {
        let tree = try tree([
            "b.caffemodel", "a/x.caffemodel.h5", "a/y.H5", "B.hdf5", "a.prototxt", "log.txt", "a/iter.solverstate",
            "a/iter.solverstate.h5", ".b.caffemodel.bnfold-new", ".hidden/c.caffemodel", "z.caffemodel.hdf5", "ä.h5",
        ])
        #expect(
            tree.snapshots.map(\.name) == [
                "B.hdf5", "a/x.caffemodel.h5", "a/y.H5", "b.caffemodel", "z.caffemodel.hdf5", "ä.h5",
            ])
        #expect(tree.snapshots.filter(\.mayHoldNoWeights).map(\.name) == ["B.hdf5", "a/y.H5", "ä.h5"])
        #expect(tree.remarks.contains { $0.contains("states of solvers: 2") })
        #expect(tree.remarks.contains { $0.contains("hidden files and folders: 2") })
    }

    @Test("links that go round in circles end")
    func loop() throws {
        let tree = try tree(["a/x.h5"], links: ["a/self": ".", "a/up": "..", "b": "a", "a/gone": "nowhere"])
        #expect(tree.snapshots.map(\.name) == ["a/x.h5"])
    }

    @Test("a snapshot keeps its own name, whatever links lead to its folder")
    func linkBefore() throws {
        let tree = try tree(["runs/5/x.h5"], links: ["latest": "runs/5"])
        #expect(tree.snapshots.map(\.name) == ["runs/5/x.h5"])
    }

    @Test("folders elsewhere are found through links, and files too")
    func linksElsewhere() throws {
        let other = try TemporaryFolder()
        try other.write("", to: "x.h5")
        let tree = try tree([], links: ["far": other.url.path, "y.h5": other.path("x.h5")])
        #expect(tree.snapshots.map(\.name) == ["far/x.h5", "y.h5"])
    }

    @Test("the output folder inside is left out, through links too")
    func outputInside() throws {
        let tree = try tree(["a.h5", "deploy/a.h5"], links: ["out": "deploy"], output: "deploy")
        #expect(tree.snapshots.map(\.name) == ["a.h5"])
        #expect(tree.remarks.contains { $0.contains("output folder") })
    }

    @Test("the output folder may not be the folder itself")
    func outputIsRoot() {
        let error = #expect(throws: BNFoldError.self) { try tree(["a.h5"], output: ".") }
        #expect(error?.kind == .usage)
    }

    @Test("a name that is not UTF-8 is an error, since no report could tell it")
    func invalidName() throws {
        let folder = try TemporaryFolder()
        let descriptor = open(folder.url.path + "/", O_RDONLY)
        defer { close(descriptor) }
        let file = openat(descriptor, [0x61, CChar(bitPattern: 0xFF), 0x2E, 0x68, 0x35, 0], O_CREAT | O_WRONLY, 0o644)
        try #require(file >= 0)
        close(file)
        let error = #expect(throws: BNFoldError.self) { try SnapshotTree(root: folder.url.path, excluding: "/nowhere") }
        #expect(error?.message.contains("UTF-8") == true)
    }

    @Test("a deep tree is no crash")
    func deep() throws {
        let folder = String(repeating: "d/", count: 900)
        #expect(try tree([folder + "x.h5"]).snapshots.map(\.name) == [folder + "x.h5"])
    }

    private func tree(
        _ files: [String], links: [String: String] = [:], output: String = "/nowhere"
    ) throws -> SnapshotTree {
        let folder = try TemporaryFolder()
        for file in files {
            if let slash = file.lastIndex(of: "/") { try folder.makeFolder(String(file[..<slash])) }
            try folder.write("", to: file)
        }
        for (name, target) in links {
            try FileManager.default.createSymbolicLink(atPath: folder.path(name), withDestinationPath: target)
        }
        let outputFolder = output.hasPrefix("/") ? output : folder.path(output)
        return try SnapshotTree(root: folder.url.path, excluding: outputFolder)
    }
}
