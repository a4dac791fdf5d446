import Foundation
import Testing

/// `bnfold convert`.
@Suite("Converting")
struct ConvertTests {
    @Test("HDF5 to .caffemodel and back keeps every number")
    func roundTrip() async throws {
        let folder = try TinyNet.folder()
        for arguments in [["net.h5", "b.caffemodel"], ["b.caffemodel", "c.h5"]] {
            let outcome = try await Program.run(["convert"] + arguments, in: folder)
            #expect(outcome.code == 0, "\(outcome.errors)")
        }
        #expect(try WeightFile(reading: folder.path("c.h5")).blobs == WeightFile(reading: folder.path("net.h5")).blobs)
        #expect(try folder.names() == ["b.caffemodel", "c.h5", "net.h5", "net.prototxt"])
    }

    @Test("a .caffemodel that stays one is copied byte for byte")
    func copy() async throws {
        let mobilenet = try #require(Fixture.all.first { $0.name == "digits-mobilenet" })
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(["convert", mobilenet.weights, "copy.caffemodel", "--quiet"], in: folder)
        #expect(outcome.code == 0 && outcome.output.isEmpty, "\(outcome.errors)")
        #expect(
            FileManager.default.contents(atPath: folder.path("copy.caffemodel"))
                == FileManager.default.contents(atPath: mobilenet.weights))
    }

    @Test("names that HDF5 cannot hold need the prototxt")
    func names() async throws {
        let mobilenet = try #require(Fixture.all.first { $0.name == "digits-mobilenet" })
        let folder = try TemporaryFolder()
        let refused = try await Program.run(["convert", mobilenet.weights, "out.h5"], in: folder)
        #expect(refused.code == 65 && refused.errors.contains("--prototxt"), "\(refused.errors)")
        #expect(try folder.names() == [])
        let prototxt = URL(fileURLWithPath: mobilenet.weights).deletingLastPathComponent().appendingPathComponent(
            "test_net.prototxt")
        let outcome = try await Program.run(
            ["convert", mobilenet.weights, "out.h5", "--prototxt", prototxt.path], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try folder.names() == ["out.h5", "out.prototxt"])
        #expect(try WeightFile(reading: folder.path("out.h5")).groups.contains("/data/conv2_1_dw"))
        #expect(try folder.text("out.prototxt").contains("name: 'conv2_1_dw'"))
    }

    @Test("an existing output is left alone, and the input is never overwritten")
    func existing() async throws {
        let folder = try TinyNet.folder()
        try folder.write("mine", to: "out.caffemodel")
        #expect(try await Program.run(["convert", "net.h5", "out.caffemodel"], in: folder).code == 73)
        #expect(try folder.text("out.caffemodel") == "mine")
        #expect(try await Program.run(["convert", "net.h5", "net.h5", "--force"], in: folder).code == 64)
    }
}
