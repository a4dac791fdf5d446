import Foundation
import Testing

@testable import HDF5

/// What is found past the library must be what the library finds.
@Suite("Finding datasets past the library")
struct EarliestFormatTests {
    /// A group of a file as the library lists it: names, and of its datasets shape, type and numbers.
    private func libraryListing(of path: String, in file: HDF5File) throws(HDF5Error) -> [String] {
        try file.children(ofGroup: path).map { (child) throws(HDF5Error) in
            child.kind == .group
                ? "\(child.path) group" : try description(of: try file.dataset(at: child.path))
        }
    }

    /// The same as it is found past the library; `nil` where that has the word.
    private func directListing(of path: String, in file: HDF5File) throws(HDF5Error) -> [String]? {
        guard var root = DirectGroup(at: ObjectPath("/"), in: file) else { return nil }
        guard case .entries(let entries) = root.entries(of: ObjectPath(path).components, at: path, in: file) else {
            return nil
        }
        return try entries.map { (entry) throws(HDF5Error) in
            switch entry.content {
            case .dataset(let dataset): try description(of: dataset)
            case .group: "\(entry.path) group"
            case .other(let reason): "\(entry.path) \(reason)"
            }
        }
    }

    private func description(of dataset: HDF5Dataset) throws(HDF5Error) -> String {
        let numbers = try dataset.values(as: Double.self).map(\.bitPattern)
        return "\(dataset.path) \(dataset.shape) \(dataset.elementType) \(dataset.storedByteCount) \(numbers)"
    }

    /// A file of two layers, one of them below the other, as Caffe lays it out.
    private func write(to path: String) throws {
        let file = try HDF5File(creatingPath: path)
        for group in ["/data", "/data/conv", "/data/conv/bn", "/data/relu"] { try file.createGroup(group) }
        try file.createDataset("/data/conv/0", shape: [2, 1, 3]).write([1, -2, 3.5, 4, 5, 6] as [Float])
        try file.createDataset("/data/conv/1", shape: [2], elementType: .float64).write([0.1, -0.0])
        try file.createDataset("/data/conv/bn/0", shape: []).write([7] as [Float])
        try file.close()
    }

    @Test("groups and datasets are found as the library finds them")
    func agreement() throws {
        try withTemporaryFolder { folder in
            try write(to: folder + "/net.h5")
            let file = try HDF5File(readingPath: folder + "/net.h5")
            for path in ["/data", "/data/conv", "/data/conv/bn", "/data/relu"] {
                let direct = try #require(try directListing(of: path, in: file))
                #expect(try direct == libraryListing(of: path, in: file))
            }
            #expect(try directListing(of: "/data/relu", in: file) == [])
        }
    }

    @Test("a group of many links, a tree of several levels, is listed whole and in order")
    func manyLinks() throws {
        try withTemporaryFolder { folder in
            let written = try HDF5File(creatingPath: folder + "/net.h5")
            try written.createGroup("/data")
            for index in 0..<2000 { try written.createGroup("/data/layer\(index)") }
            try written.close()
            let file = try HDF5File(readingPath: folder + "/net.h5")
            let direct = try #require(try directListing(of: "/data", in: file))
            #expect(direct.count == 2000)
            #expect(try direct == libraryListing(of: "/data", in: file))
        }
    }

    @Test("what Caffe wrote is found past the library, all of it")
    func caffe() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../fixtures")
        let files = try #require(FileManager.default.enumerator(atPath: root.path)).compactMap { $0 as? String }
        let weights = files.filter { $0.hasSuffix(".caffemodel.h5") }
        #expect(!weights.isEmpty)
        for name in weights {
            let file = try HDF5File(readingPath: root.appending(path: name).path)
            let groups = try file.descendants(ofGroup: "/").filter { $0.kind == .group }.map(\.path)
            #expect(groups.contains("/data"))
            for path in groups {
                let direct = try #require(try directListing(of: path, in: file), "\(name) \(path)")
                #expect(try direct == libraryListing(of: path, in: file), "\(name) \(path)")
            }
        }
    }

    @Test("a missing group is missing, and a dataset on the way is left to the library")
    func missing() throws {
        try withTemporaryFolder { folder in
            try write(to: folder + "/net.h5")
            let file = try HDF5File(readingPath: folder + "/net.h5")
            let data = try file.group(at: "/data")
            #expect(try data.entries(ofGroup: "nothing") == nil)
            #expect(try data.entries(ofGroup: "conv/nothing") == nil)
            #expect(try data.entries(ofGroup: "conv/0") == nil)
            #expect(try data.entries(ofGroup: "conv")?.map(\.name) == ["0", "1", "bn"])
        }
    }

    @Test(
        "what is not plain is left to the library",
        arguments: ["layouts.h5", "types.h5", "newer.h5", "newest.h5", "refused.h5", "huge.h5", "overflowing.h5"])
    func unusual(name: String) throws {
        guard let file = try? HDF5File(readingPath: fixture(name)) else { return }
        #expect(try directListing(of: "/", in: file) == nil)
    }

    @Test("soft links are left to the library")
    func links() throws {
        let file = try HDF5File(readingPath: fixture("links.h5"))
        #expect(try directListing(of: "/data", in: file) == nil)
        let entries = try #require(try file.group(at: "/").entries(ofGroup: "data"))
        #expect(entries.map(\.name) == ["a", "hard", "relative", "soft"])
    }

    @Test("of a damaged file nothing is told that the library tells otherwise")
    func damage() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/net.h5"
            try write(to: path)
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            var found = 0
            for index in bytes.indices {
                var damaged = bytes
                damaged[index] ^= [0x01, 0x80, 0xFF][index % 3]
                try Data(damaged).write(to: URL(filePath: path))
                guard let file = try? HDF5File(readingPath: path) else { continue }
                for group in ["/data", "/data/conv"] {
                    guard let direct = try directListing(of: group, in: file) else { continue }
                    found += 1
                    guard let library = try? libraryListing(of: group, in: file) else { continue }
                    #expect(direct == library, "byte \(index) in \(group)")
                }
            }
            #expect(found > 0)
        }
    }
}
