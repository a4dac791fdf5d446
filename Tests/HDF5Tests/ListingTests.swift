import Testing

@testable import HDF5

@Suite("Groups, links and paths")
struct ListingTests {
    @Test("children come sorted by name, with what they lead to")
    func children() throws {
        let file = try HDF5File(readingPath: fixture("links.h5"))
        #expect(
            try file.children(ofGroup: "/data") == [
                HDF5Child(name: "a", path: "/data/a", kind: .dataset),
                HDF5Child(name: "hard", path: "/data/hard", kind: .dataset),
                HDF5Child(name: "relative", path: "/data/relative", kind: .dataset),
                HDF5Child(name: "soft", path: "/data/soft", kind: .dataset),
            ])
    }

    @Test(
        "soft links inside the file are followed",
        arguments: ["/data/soft", "/data/relative", "/group/a", "//group/./a/"])
    func softLinks(path: String) throws {
        let file = try HDF5File(readingPath: fixture("links.h5"))
        #expect(try file.objectKind(at: path) == .dataset)
        #expect(try file.dataset(at: path).values(as: Float.self) == [1.5])
    }

    @Test(
        "links that are not followed are refused with their reason",
        arguments: [
            ("/external", "leads through an external link to '/' in 'layouts.h5', which is not followed"),
            ("/external/contiguous", "leads through an external link to '/' in 'layouts.h5', which is not followed"),
            ("/behind external", "leads through an external link to '/' in 'layouts.h5', which is not followed"),
            ("/dangling", "leads through a soft link to '/data/nothing', which does not exist"),
            ("/through dataset", "leads through a soft link to '/data/a/b', which does not exist"),
            ("/circle 1", "leads through more than 32 soft links; do they form a circle?"),
        ])
    func refusedLinks(path: String, reason: String) throws {
        let file = try HDF5File(readingPath: fixture("links.h5"))
        let error = hdf5Error { () throws(HDF5Error) in try file.dataset(at: path) }
        #expect(error?.kind == .unsupported)
        #expect(error?.object == path)
        #expect(error?.message.hasPrefix(reason) == true)
        guard case .other(let listed) = try file.objectKind(at: path) else {
            Issue.record("expected a refused object")
            return
        }
        #expect(listed.hasPrefix(reason))
    }

    @Test(
        "a path to nothing is no object", arguments: ["/nothing", "/nothing/below", "/data/a/below a dataset", "/.."])
    func missingObjects(path: String) throws {
        let file = try HDF5File(readingPath: fixture("links.h5"))
        #expect(try file.objectKind(at: path) == nil)
        let error = hdf5Error { () throws(HDF5Error) in try file.dataset(at: path) }
        #expect(error?.kind == .missingObject)
        #expect(error?.message == "does not exist")
    }

    @Test("a group is no dataset, and a dataset no group")
    func wrongKind() throws {
        let file = try HDF5File(readingPath: fixture("links.h5"))
        let dataset = hdf5Error { () throws(HDF5Error) in try file.dataset(at: "/data") }
        #expect(dataset?.message == "is a group, expected a dataset")
        let group = hdf5Error { () throws(HDF5Error) in try file.children(ofGroup: "/data/a") }
        #expect(group?.message == "is a dataset, expected a group")
        let type = hdf5Error { () throws(HDF5Error) in try file.dataset(at: "/type") }
        #expect(type?.message == "is a named datatype, expected a dataset")
        #expect([dataset, group, type].allSatisfy { $0?.kind == .missingObject })
    }

    @Test("a path must be absolute, without a zero byte, and of bounded depth")
    func badPaths() throws {
        let file = try HDF5File(readingPath: fixture("links.h5"))
        #expect(hdf5Error { () throws(HDF5Error) in try file.objectKind(at: "data/a") }?.kind == .invalidRequest)
        #expect(hdf5Error { () throws(HDF5Error) in try file.objectKind(at: "") }?.kind == .invalidRequest)
        #expect(hdf5Error { () throws(HDF5Error) in try file.objectKind(at: "/data/a\0b") }?.kind == .invalidRequest)
        let deep = String(repeating: "/data", count: 1000)
        #expect(hdf5Error { () throws(HDF5Error) in try file.objectKind(at: deep) }?.kind == .unsupported)
    }

    @Test("names may hold spaces, dots, colons and any UTF-8")
    func unusualNames() throws {
        let file = try HDF5File(readingPath: fixture("names.h5"))
        #expect(try file.objectKind(at: "/Grüße 1.5: x") == .group)
    }

    @Test("a group that contains itself is listed, but is no group to enter")
    func cycles() throws {
        let file = try HDF5File(readingPath: fixture("cycles.h5"))
        let back = HDF5ObjectKind.other(reason: "leads back to a group that it lies in")
        #expect(
            try file.children(ofGroup: "/data/inner") == [
                HDF5Child(name: "0", path: "/data/inner/0", kind: .dataset),
                HDF5Child(name: "root", path: "/data/inner/root", kind: back),
                HDF5Child(name: "up", path: "/data/inner/up", kind: back),
            ])
    }

    @Test("a walk enters each group once, so that 2^30 paths end after 31 groups")
    func walk() throws {
        let file = try HDF5File(readingPath: fixture("cycles.h5"))
        let paths = try file.descendants(ofGroup: "/diamonds")
        #expect(paths.count == 60)
        #expect(paths.first?.path == "/diamonds/l")
        #expect(paths.last?.path == "/diamonds/r")
    }

    @Test("a walk lists each group directly before what it holds")
    func orderOfWalk() throws {
        let file = try HDF5File(readingPath: fixture("newer.h5"))
        let paths = try file.descendants(ofGroup: "/").map(\.path)
        #expect(paths == ["/data", "/data/conv1", "/data/conv1/0", "/data/conv1/1", "/data/name"])
    }

    @Test("a walk goes no deeper than paths may lead")
    func deepWalk() throws {
        try withTemporaryFolder { folder in
            let file = try HDF5File(creatingPath: folder + "/deep.h5")
            var path = ""
            for _ in 0..<64 {
                path += "/g"
                try file.createGroup(path)
            }
            #expect(hdf5Error { () throws(HDF5Error) in try file.createGroup(path + "/g") }?.kind == .unsupported)
            try file.close()
            #expect(try HDF5File(readingPath: folder + "/deep.h5").descendants(ofGroup: "/").count == 64)
        }
    }
}
