import Foundation
import Testing

@testable import HDF5

@Suite("Files that are laid out before they are written")
struct LayoutTests {
    /// The bytes of a file whose numbers are all made of one byte, another for each dataset.
    private func file(_ outline: HDF5Outline) throws -> Data {
        let layout = try HDF5Layout(outline, path: "new.h5")
        var bytes = Data(layout.head)
        for (index, dataset) in layout.datasets.enumerated() {
            bytes += Data(count: dataset.offset - bytes.count)
            bytes += Data(repeating: UInt8(truncatingIfNeeded: index + 1), count: dataset.byteCount)
        }
        #expect(bytes.count == layout.byteCount)
        return bytes
    }

    private func withFile(_ outline: HDF5Outline, _ body: (HDF5File) throws -> Void) throws {
        try withTemporaryFolder { folder in
            try file(outline).write(to: URL(filePath: folder + "/new.h5"))
            try body(try HDF5File(readingPath: folder + "/new.h5"))
        }
    }

    private static let attributes = [
        HDF5Attribute(name: "keras_version", text: Array("2.15.0".utf8), isUTF8: true),
        HDF5Attribute(name: "model_config", text: [UInt8](repeating: 0x7B, count: 200_000), isUTF8: false),
        HDF5Attribute(name: "größe", text: Array("ü".utf8), isUTF8: true),
        HDF5Attribute(
            name: "layer_names", shape: [300],
            content: .strings((0..<300).map { Array("layer_\($0)".utf8) }, .variable(isUTF8: false))),
        HDF5Attribute(
            name: "fixed", shape: [2],
            content: .strings([Array("a".utf8), []], .fixed(byteCount: 3, padding: .zeros, isUTF8: false))),
        HDF5Attribute(
            name: "spaces", shape: [2],
            content: .strings([Array("a".utf8), []], .fixed(byteCount: 3, padding: .spaces, isUTF8: true))),
        HDF5Attribute(name: "none", shape: [0], content: .numbers(.float64, [])),
        HDF5Attribute(
            name: "count", shape: [], content: .numbers(.integer(bits: 64, signed: true), [7, 0, 0, 0, 0, 0, 0, 0])),
        HDF5Attribute(name: "empty", text: [], isUTF8: true),
    ]

    private static var outline: HDF5Outline {
        var root = HDF5Outline.Group(attributes: attributes)
        root.withGroup("model_weights") { group in
            group.attributes = [attributes[0]]
            for index in 0..<600 {
                group.withGroup("layer \(index):0") {
                    $0.add(.init(shape: [3, index % 4], elementType: .float32), as: "kernel:0")
                }
            }
        }
        for (index, type) in types.enumerated() {
            root.add(.init(shape: index % 2 == 0 ? [2] : [], elementType: type, isBigEndian: index > 6), as: "\(index)")
        }
        return HDF5Outline(root: root)
    }

    private static let types: [HDF5ElementType] = [
        .float16, .float32, .float64, .integer(bits: 8, signed: true), .integer(bits: 16, signed: false),
        .integer(bits: 32, signed: true), .integer(bits: 64, signed: true), .float32, .integer(bits: 16, signed: true),
    ]

    @Test("attributes are read back as they were, past the library and by it")
    func attributes() throws {
        try withFile(Self.outline) { file in
            for attribute in Self.attributes { #expect(try file.attribute(attribute.name, of: "/") == attribute) }
            #expect(try file.attribute("keras_version", of: "/model_weights") == Self.attributes[0])
            let probe = try FileProbe(path: file.path)
            let library = try LibraryIndexer.index(of: probe.descriptor, path: file.path, fileSize: probe.size)
            let root = try #require(try library.attributes[0]?.get())
            #expect(root.count == Self.attributes.count)
            for stored in root {
                let attribute = try stored.attribute(in: file, base: 0, at: Place(file: file.path))
                #expect(Self.attributes.contains(attribute))
            }
        }
    }

    @Test("groups and datasets are found past the library as by it, through trees of several levels")
    func objects() throws {
        try withFile(Self.outline) { file in
            let probe = try FileProbe(path: file.path)
            let library = try LibraryIndexer.index(of: probe.descriptor, path: file.path, fileSize: probe.size)
            let plain = try #require(
                try EarliestFormat.index(of: probe.descriptor, path: file.path, fileSize: probe.size, signature: 0))
            #expect(plain.listing == library.listing)
            #expect(plain.listing.count == 2 + 600 * 2 + Self.types.count)
        }
    }

    @Test("numbers lie where the layout has them")
    func numbers() throws {
        try withFile(Self.outline) { file in
            // The 450 kernels that are not empty come first.
            for (index, type) in Self.types.enumerated() {
                let dataset = try file.dataset(at: "/\(index)")
                #expect(dataset.elementType == type)
                #expect(dataset.isBigEndian == (index > 6))
                #expect(dataset.shape == (index % 2 == 0 ? [2] : []))
                var bytes = [UInt8](repeating: 0, count: dataset.elementCount * type.byteCount)
                try bytes.withUnsafeMutableBytes { try dataset.readBytes(elements: 0..<dataset.elementCount, into: $0) }
                #expect(bytes.allSatisfy { $0 == UInt8(truncatingIfNeeded: 450 + index + 1) })
            }
            #expect(try file.dataset(at: "/model_weights/layer 4:0/kernel:0").elementCount == 0)
        }
    }

    @Test("the same outline gives the same bytes, and an empty one a file")
    func deterministic() throws {
        #expect(try HDF5Layout(Self.outline, path: "a").head == HDF5Layout(Self.outline, path: "b").head)
        try withFile(HDF5Outline()) { file in
            let children = try file.children(ofGroup: "/")
            #expect(children.isEmpty)
        }
    }

    @Test("what a file cannot hold is an error that names it")
    func refusals() throws {
        func message(_ edit: (inout HDF5Outline.Group) -> Void) -> String? {
            var root = HDF5Outline.Group()
            edit(&root)
            return hdf5Error { () throws(HDF5Error) in try HDF5Layout(HDF5Outline(root: root), path: "new.h5") }?
                .message
        }
        let dataset = HDF5Outline.Dataset(shape: [2], elementType: .float32)
        #expect(
            message {
                $0.add(dataset, as: "a")
                $0.add(dataset, as: "a")
            } == "has two members of the name 'a'")
        #expect(message { $0.add(dataset, as: "a/b") } == "has a name that no object can have")
        #expect(
            message { $0.add(.init(shape: [.max, 2], elementType: .float32), as: "a") }?.hasPrefix(
                "cannot have the shape") == true)
        #expect(
            message {
                $0.add(.init(shape: [.max / 8], elementType: .float64), as: "a")
                $0.add(dataset, as: "b")
            }
                == "has more bytes than a file can have")
        #expect(
            message { group in
                let names = [[UInt8]](repeating: [0x61], count: 5000)
                group.attributes = [
                    HDF5Attribute(name: "n", shape: [5000], content: .strings(names, .variable(isUTF8: true)))
                ]
            } == "has an attribute 'n' that does not fit into a header of HDF5")
        #expect(
            message { $0.attributes = [Self.attributes[0], Self.attributes[0]] }
                == "cannot have an attribute 'keras_version'")
        #expect(
            message {
                $0.attributes = [HDF5Attribute(name: "n", shape: [2], content: .numbers(.float32, [0, 0, 0, 0]))]
            }
                == "has an attribute 'n' that does not fit into a header of HDF5")
    }
}
