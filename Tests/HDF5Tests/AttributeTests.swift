import Foundation
import Testing

@testable import HDF5

@Suite("Attributes that are read")
struct AttributeTests {
    /// Of the earliest format, which is read past the library, and of a newer one, which the library reads.
    static let files = ["attributes.h5", "attributes-newer.h5"]

    private func texts(_ name: String, of path: String, in file: String) throws -> [String]? {
        try HDF5File(readingPath: fixture(file)).attribute(name, of: path)?.texts
    }

    @Test("one string of variable length is read, whatever its characters and its length", arguments: files)
    func variableString(file: String) throws {
        let file = try HDF5File(readingPath: fixture(file))
        #expect(
            try file.attribute("keras_version", of: "/")
                == HDF5Attribute(name: "keras_version", text: Array("2.15.0".utf8), isUTF8: true))
        #expect(
            try file.attribute("ascii", of: "/")
                == HDF5Attribute(name: "ascii", text: Array("tensorflow".utf8), isUTF8: false))
        #expect(try file.attribute("empty", of: "/")?.texts == [""])
        let config = try #require(try file.attribute("model_config", of: "/"))
        #expect(config.texts == [String(repeating: #"{"name": "grün"}"#, count: 8192)])
        #expect(config.shape == [])
    }

    @Test("a list of strings of variable length is read, over all collections that hold it", arguments: files)
    func variableStrings(file: String) throws {
        #expect(try texts("layer_names", of: "/model_weights", in: file) == ["c1", "", "a/b", "grün"])
        #expect(try texts("many", of: "/model_weights", in: file) == (0..<300).map { "layer_with_a_name_\($0)" })
    }

    @Test("strings of fixed length end where their padding begins", arguments: files)
    func fixedStrings(file: String) throws {
        #expect(try texts("zero_padded", of: "/model_weights", in: file) == ["c1", "", "conv"])
        #expect(try texts("zero_terminated", of: "/model_weights", in: file) == ["c1", "", "con"])
        #expect(try texts("space_padded", of: "/model_weights", in: file) == ["c1", "", "co v"])
        #expect(try texts("single", of: "/model_weights", in: file) == ["grün"])
        let padded = try HDF5File(readingPath: fixture(file)).attribute("space_padded", of: "/model_weights")
        #expect(padded?.shape == [3])
        guard case .strings(_, let form) = padded?.content else { throw Unexpected() }
        #expect(form == .fixed(byteCount: 4, padding: .spaces, isUTF8: false))
    }

    @Test("numbers are read with their type and shape, the low byte first", arguments: files)
    func numbers(file: String) throws {
        let file = try HDF5File(readingPath: fixture(file))
        #expect(
            try file.attribute("none", of: "/model_weights")
                == HDF5Attribute(name: "none", shape: [0], content: .numbers(.float64, [])))
        #expect(
            try file.attribute("count", of: "/model_weights/kernel")
                == HDF5Attribute(
                    name: "count", shape: [],
                    content: .numbers(.integer(bits: 64, signed: true), [0xF9] + [UInt8](repeating: 0xFF, count: 7))))
        #expect(
            try file.attribute("big", of: "/model_weights/kernel")
                == HDF5Attribute(
                    name: "big", shape: [1, 2], content: .numbers(.float32, [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0])))
        #expect(
            try file.attribute("half", of: "/model_weights/kernel")?.content == .numbers(.float16, [0, 0x38]))
    }

    @Test("what holds neither strings nor numbers is an error that names it, when it is asked for", arguments: files)
    func others(file: String) throws {
        let file = try HDF5File(readingPath: fixture(file))
        for name in ["boolean", "nothing"] {
            let error = hdf5Error { () throws(HDF5Error) in try file.attribute(name, of: "/model_weights/kernel") }
            #expect(error?.kind == .unsupported)
            #expect(error?.message.hasPrefix("has an attribute '\(name)' that ") == true)
        }
    }

    @Test("names are listed, and what is not there is nothing", arguments: files)
    func names(file: String) throws {
        let file = try HDF5File(readingPath: fixture(file))
        #expect(
            try Set(file.attributeNames(of: "/model_weights"))
                == ["layer_names", "many", "none", "zero_padded", "zero_terminated", "space_padded", "single"])
        #expect(try file.attribute("layer_name", of: "/model_weights") == nil)
        #expect(hdf5Error { () throws(HDF5Error) in try file.attributeNames(of: "/other") }?.kind == .missingObject)
    }

    @Test("what the library's process tells of attributes comes through whole")
    func betweenProcesses() throws {
        let probe = try FileProbe(path: fixture("attributes-newer.h5"))
        let index = try LibraryIndexer.index(of: probe.descriptor, path: "file", fileSize: probe.size)
        #expect(!index.attributes.isEmpty)
        var reader = IndexReader(IndexWriter.answer(index, summary: [1]), fileSize: probe.size)
        guard case .index(let read, _) = try reader.answer() else { throw Unexpected() }
        #expect(read == index)
    }

    // MARK: Damage

    /// The error in reading the layer names of a file that was changed.
    private func namesError(_ change: (inout Data) throws -> Void) throws -> HDF5Error? {
        var bytes = try Data(contentsOf: URL(filePath: fixture("attributes.h5")))
        try change(&bytes)
        return try withTemporaryFolder { folder in
            try bytes.write(to: URL(filePath: folder + "/file.h5"))
            return hdf5Error { () throws(HDF5Error) in
                try HDF5File(readingPath: folder + "/file.h5").attribute("layer_names", of: "/model_weights")
            }
        }
    }

    /// Where the first reference of the layer names is: behind name, datatype and shape.
    private func reference(in bytes: Data) throws -> Int {
        try #require(bytes.firstRange(of: Data("layer_names\0".utf8))).lowerBound + 16 + 24 + 24
    }

    @Test(
        "a reference that leads out of the heap is damage",
        arguments: [(0, 0xFF), (3, 0x7F), (4, 8), (11, 1), (12, 200)] as [(Int, UInt8)])
    func reference(offset: Int, value: UInt8) throws {
        let error = try namesError { bytes in bytes[try reference(in: bytes) + offset] = value }
        #expect(error?.kind == .damaged)
        #expect(
            error?.message.contains("has an attribute 'layer_names' that refers to a string that is not in the file")
                == true)
    }

    @Test("more strings than the header holds are damage")
    func count() throws {
        let error = try namesError { bytes in
            let place = try reference(in: bytes) - 16
            bytes[place] = 200
        }
        #expect(error?.kind == .damaged)
        #expect(error?.message.contains("that claims 3200 bytes, but has 64") == true)
    }

    @Test("every byte of the metadata may change: there are errors, and no crash")
    func mutations() throws {
        let bytes = try Data(contentsOf: URL(filePath: fixture("attributes.h5")))
        let start = try #require(bytes.firstRange(of: Data("layer_names\0".utf8))).lowerBound
        try withTemporaryFolder { folder in
            for position in (start - 40)..<(start + 160) {
                for value in [0, 1, 0x7F, 0xFF] as [UInt8] where bytes[position] != value {
                    var changed = bytes
                    changed[position] = value
                    try changed.write(to: URL(filePath: folder + "/file.h5"))
                    do {
                        let file = try HDF5File(readingPath: folder + "/file.h5")
                        for name in try file.attributeNames(of: "/model_weights") {
                            _ = try file.attribute(name, of: "/model_weights")
                        }
                    } catch let error as HDF5Error {
                        #expect([.damaged, .unsupported, .missingObject].contains(error.kind))
                    }
                }
            }
        }
    }

    private struct Unexpected: Error {}
}
