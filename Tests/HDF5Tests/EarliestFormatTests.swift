import Foundation
import Testing

@testable import HDF5

/// What is found past the library must be what the library finds.
@Suite("Finding objects past the library")
struct EarliestFormatTests {
    private func plainIndex(of path: String) throws -> FileIndex? {
        let probe = try FileProbe(path: path)
        return try EarliestFormat.index(
            of: probe.descriptor, path: path, fileSize: probe.size, signature: try probe.signature() ?? 0)
    }

    private func libraryIndex(of path: String) throws -> FileIndex {
        let probe = try FileProbe(path: path)
        return try LibraryIndexer.index(of: probe.descriptor, path: path, fileSize: probe.size)
    }

    /// A file of two layers, one of them below the other, as Caffe lays it out.
    private func write(to path: String) throws {
        let file = try HDF5File(creatingPath: path)
        for group in ["/data", "/data/conv", "/data/conv/bn", "/data/relu"] { try file.createGroup(group) }
        try file.createDataset("/data/conv/0", shape: [2, 1, 3]).write([1, -2, 3.5, 4, 5, 6] as [Float])
        try file.createDataset("/data/conv/1", shape: [2], elementType: .float64).write([0.1, -0.0])
        try file.createDataset("/data/conv/2", shape: [80, 70], compression: 1)
            .write((0..<5600).map(Float.init))
        try file.createDataset("/data/conv/bn/0", shape: []).write([7] as [Float])
        try file.close()
    }

    @Test("groups and datasets are found as the library finds them")
    func agreement() throws {
        try withTemporaryFolder { folder in
            try write(to: folder + "/net.h5")
            let plain = try #require(try plainIndex(of: folder + "/net.h5"))
            #expect(try plain.listing == libraryIndex(of: folder + "/net.h5").listing)
            #expect(plain.listing.count == 9)
        }
    }

    @Test("a group of many links, a tree of several levels, is listed whole and in order")
    func manyLinks() throws {
        try withTemporaryFolder { folder in
            let written = try HDF5File(creatingPath: folder + "/net.h5")
            try written.createGroup("/data")
            for index in 0..<2000 { try written.createGroup("/data/layer\(index)") }
            try written.close()
            let plain = try #require(try plainIndex(of: folder + "/net.h5"))
            #expect(plain.listing.count == 2002)
            #expect(try plain.listing == libraryIndex(of: folder + "/net.h5").listing)
        }
    }

    @Test("what Caffe wrote is found past the library, all of it")
    func caffe() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../fixtures")
        let files = try #require(FileManager.default.enumerator(atPath: root.path)).compactMap { $0 as? String }
        let weights = files.filter { $0.hasSuffix(".caffemodel.h5") }
        #expect(!weights.isEmpty)
        for name in weights {
            let path = root.appending(path: name).path
            let plain = try #require(try plainIndex(of: path), "\(name)")
            #expect(try plain.listing == libraryIndex(of: path).listing, "\(name)")
        }
    }

    @Test(
        "every type of number and every layout is found as the library finds it",
        arguments: ["types.h5", "layouts.h5", "false-checksum.h5", "small.h5", "unwritten.h5"])
    func numbers(name: String) throws {
        let plain = try #require(try plainIndex(of: fixture(name)))
        #expect(try plain.listing == libraryIndex(of: fixture(name)).listing)
    }

    @Test(
        "what is not plain is left to the library",
        arguments: ["newer.h5", "newest.h5", "refused.h5", "links.h5", "cycles.h5", "virtual.h5"])
    func unusual(name: String) throws {
        #expect(try plainIndex(of: fixture(name)) == nil)
    }

    @Test("of a damaged file nothing is told that the library tells otherwise")
    func damage() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/net.h5"
            try write(to: path)
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            var found = 0
            for index in bytes.indices where index < 8000 {
                var damaged = bytes
                damaged[index] ^= [0x01, 0x80, 0xFF][index % 3]
                try Data(damaged).write(to: URL(filePath: path))
                guard let plain = try? plainIndex(of: path) else { continue }
                found += 1
                guard let library = try? libraryIndex(of: path) else { continue }
                let difference = library.sound.symmetricDifference(plain.sound)
                // What only one of both takes for sound, the other must refuse: no two sound answers.
                let places = Dictionary(grouping: difference, by: { $0.prefix { $0 != "|" } })
                #expect(places.allSatisfy { $0.value.count == 1 }, "byte \(index)")
            }
            #expect(found > 0)
        }
    }
}

extension FileIndex {
    /// Everything that paths lead to, each group entered once.
    var listing: [String] {
        var lines: [String] = []
        var entered: Set<Int> = []
        var pending = [(path: "", number: 0)]
        while let (path, number) = pending.popLast() {
            switch objects[number] {
            case .group(.success(let links)):
                lines.append("\(path)/")
                guard entered.insert(number).inserted else { continue }
                for link in links {
                    let name = path + "/" + String(decoding: link.name, as: UTF8.self)
                    if case .object(let child) = link.target {
                        pending.append((name, child))
                    } else {
                        lines.append("\(name) \(link.target)")
                    }
                }
            case .group(.failure(let fault)): lines.append("\(path)/ \(fault)")
            case .dataset(let dataset): lines.append("\(path)|\(dataset)")
            case .other(let reason): lines.append("\(path) \(reason)")
            }
        }
        return lines
    }

    /// The datasets that can be read.
    fileprivate var sound: Set<String> { Set(listing.filter { $0.contains("|") && $0.contains("success") }) }
}
