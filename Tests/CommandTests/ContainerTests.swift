import Foundation
import Testing

/// Weights in HDF5 and in `.caffemodel`, either of them as input and as output.
@Suite("Containers of weights")
struct ContainerTests {
    private let mobilenet: Fixture

    init() throws { mobilenet = try #require(Fixture.all.first { $0.name == "digits-mobilenet" }) }

    @Test("layer names with '/' keep their names in a .caffemodel")
    func namesInBinary() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(
            [mobilenet.weights, "out.caffemodel"] + mobilenet.arguments.dropFirst(2), in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try folder.names() == ["out.caffemodel", "out.prototxt"])
        #expect(try folder.text("out.prototxt").contains("name: 'conv2_1/dw'"))
    }

    @Test("layer names with '/' get others in HDF5, in both files and in the report")
    func namesInHDF5() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(mobilenet.arguments + ["--report", "report.json"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let weights = try WeightFile(reading: folder.path("out.h5"))
        let text = try folder.text("out.prototxt")
        let renamed = try Report(folder.text("report.json")).renamed
        #expect(Set(renamed.map(\.to)).count == renamed.count)
        for rename in renamed {
            #expect(rename.from.contains("/") && !rename.to.contains("/"))
            #expect(text.contains("name: '\(rename.to)'") && !text.contains("name: '\(rename.from)'"))
        }
        #expect(weights.groups.contains("/data/" + (try #require(renamed.first { $0.from == "conv2_1/dw" })).to))
        // Blobs may have such names.
        #expect(text.contains("top: 'conv2_1/dw'"))
    }

    @Test("a .caffemodel and the HDF5 file that comes of it fold to the same numbers")
    func roundTrip() async throws {
        let folder = try TemporaryFolder()
        let fixture = Fixture.lenet
        let options = fixture.arguments.dropFirst(2) + ["--quiet"]
        _ = try await Program.run([fixture.weights, "direct.h5"] + options, in: folder)
        _ = try await Program.run([fixture.weights, "binary.caffemodel"] + options, in: folder)
        let outcome = try await Program.run(["binary.caffemodel", "back.h5"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try WeightFile(reading: folder.path("back.h5")) == WeightFile(reading: folder.path("direct.h5")))
        #expect(try folder.text("back.prototxt") == folder.text("direct.prototxt"))
    }

    @Test("a Scale of a single number that takes numbers of a channel gets their shape in a .caffemodel")
    func singleNumber() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 1 dim: 4 dim: 4 } } }
            layer { name: "bn" type: "BatchNorm" bottom: "data" top: "bn" }
            layer { name: "scale" type: "Scale" bottom: "bn" top: "scale" scale_param { num_axes: 0 } }

            """, to: "net.prototxt")
        var weights = WeightFile()
        for (index, number) in [0.5, 4, 1].enumerated() { weights.add("bn", index, [1], [number]) }
        weights.add("scale", 0, [], [3])
        try weights.write(to: folder.path("net.h5"))
        let conversion = try await Program.run(
            ["convert", "net.h5", "net.caffemodel", "--prototxt", "net.prototxt"], in: folder)
        #expect(conversion.code == 0, "\(conversion.errors)")
        let outcome = try await Program.run(
            ["net.caffemodel", "out.caffemodel", "--prototxt", "net.prototxt", "--verify"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    @Test("a truncated .caffemodel is malformed, wherever it was cut", arguments: [1, 100, 5000, 20_000, 29_000])
    func truncated(length: Int) async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            try Data(contentsOf: URL(fileURLWithPath: mobilenet.weights)).prefix(length), to: "cut.caffemodel")
        let outcome = try await Program.run(
            ["cut.caffemodel", "out.h5"] + mobilenet.arguments.dropFirst(2), in: folder)
        #expect(outcome.code == 65, "\(outcome.errors)")
        #expect(outcome.errors.contains("cut.caffemodel"))
        #expect(try folder.names() == ["cut.caffemodel"])
    }
}
