import Foundation
import Testing

/// What prepares the data becomes part of the network.
@Suite("Preparation of the data")
struct PreparationTests {
    /// The tiny net behind a data layer that subtracts and scales; its convolution has no padding.
    private func withDataLayer(_ transform: String, pad: Int = 0) throws -> TemporaryFolder {
        try TinyNet.folder { net in
            net.prototxt = net.prototxt.replacing(
                #"type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 3 dim: 3 } }"#,
                with: #"type: "Data" top: "data" transform_param { \#(transform) } data_param { batch_size: 1 }"#
            ).replacing("kernel_size: 1", with: "kernel_size: 1 pad: \(pad)")
        }
    }

    private let shape = ["--input-shape", "data=1,2,3,3"]

    @Test("by a data layer goes into the convolution behind it, and no layer is left of it")
    func convolution() async throws {
        let folder = try withDataLayer("mean_value: 3 mean_value: 5 scale: 0.5 mirror: true")
        let plain = try await Program.run(["net.h5", "plain.h5"] + shape, in: folder)
        let outcome = try await Program.run(
            ["net.h5", "out.h5", "--fold-preprocessing", "--verify", "--report", "-"] + shape, in: folder)
        #expect(plain.code == 0 && outcome.code == 0, "\(outcome.errors)")
        let report = try Report(outcome.output)
        #expect(report.preprocessing.isEmpty && report.scales.isEmpty)
        #expect(report.remarks.contains { $0.message.contains("subtracts 3, 5") })
        #expect(try folder.text("out.prototxt") == folder.text("plain.prototxt"))
        let apart = try await Program.run(["verify", "net.h5", "out.h5", "--fold-preprocessing"] + shape, in: folder)
        #expect(apart.code == 0, "\(apart)")
    }

    @Test("leaves a Bias at the input where padding stops its shift, and the network computes the same")
    func padding() async throws {
        let folder = try withDataLayer("mean_value: 3 scale: 0.5", pad: 1)
        let outcome = try await Program.run(
            ["net.h5", "out.h5", "--fold-preprocessing", "--verify", "--report", "-"] + shape, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let report = try Report(outcome.output)
        #expect(report.scales.map(\.layer.name) == ["preprocessing"] && report.scales.map(\.type) == ["Bias"])
        #expect(report.scales.first?.isInserted == true)
        #expect(try folder.text("out.prototxt").contains(#"name: "preprocessing""#))
        let apart = try await Program.run(["verify", "net.h5", "out.h5", "--fold-preprocessing"] + shape, in: folder)
        #expect(apart.code == 0, "\(apart)")
        let without = try await Program.run(["verify", "net.h5", "out.h5"] + shape, in: folder)
        #expect(without.code == 2, "\(without)")
    }

    @Test("may be told on the command line, for Caffe and Keras", arguments: ["net.h5", "small.keras"])
    func told(input: String) async throws {
        let folder = input == "net.h5" ? try TinyNet.folder() : try TemporaryFolder.withKerasModels("small.keras")
        let output = input == "net.h5" ? "out.h5" : "out.keras"
        let options = ["--input-mean", "0.5", "--input-scale", "0.25"]
        let outcome = try await Program.run([input, output, "--verify"] + options, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("the network subtracts 0.5 from it and multiplies it by 0.25 itself"))
        let apart = try await Program.run(["verify", input, output] + options, in: folder)
        #expect(apart.code == 0, "\(apart)")
        let without = try await Program.run(["verify", input, output], in: folder)
        #expect(without.code == 2, "\(without)")
    }

    @Test("by an image of means is refused by name, unless numbers take its place")
    func meanFile() async throws {
        let folder = try withDataLayer(#"mean_file: "mean.binaryproto""#)
        let options = ["net.h5", "out.h5", "--fold-preprocessing"] + shape
        let refused = try await Program.run(options, in: folder)
        #expect(refused.code == 65 && refused.errors.contains("mean.binaryproto"), "\(refused)")
        #expect(try !folder.names().contains("out.h5"))
        let told = try await Program.run(options + ["--input-mean", "data=1,2", "--verify"], in: folder)
        #expect(told.code == 0, "\(told.errors)")
    }

    @Test(
        "that means nothing is an error with its reason",
        arguments: [
            (["--fold-preprocessing"], 64, "nothing to fold"), (["--input-mean", "1,2,3"], 65, "3 numbers"),
            (["--input-mean", "image=1"], 64, "'image'"), (["--input-scale", "0"], 64, "is 0"),
            (["--input-mean", "1,x"], 64, "--input-mean"), (["--input-mean", "1", "--input-mean", "2"], 64, "twice"),
            (["--input-scale", "nan"], 64, "--input-scale"),
            (["--input-mean", "1", "--keep-training"], 64, "--keep-training"),
            (["--swap-channels"], 64, "'data' 1x2x3x3"),
        ])
    func wrong(options: [String], code: Int32, words: String) async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(["net.h5", "out.h5"] + options, in: folder)
        #expect(outcome.code == code && outcome.errors.contains(words), "\(outcome)")
        #expect(try !folder.names().contains("out.h5"))
    }

    @Test("and samples that a data layer prepares exclude each other")
    func preparedSamples() async throws {
        let folder = try withDataLayer("mean_value: 3")
        try folder.copy(Fixture.root.appendingPathComponent("keras/small.npz"), to: "x.npz")
        let options = [
            "--fold-preprocessing", "--verify", "--as-data-layer", "net.prototxt", "--input", "data=x.npz:x",
        ]
        let outcome = try await Program.run(["net.h5", "out.h5"] + options + shape, in: folder)
        #expect(outcome.code == 64 && outcome.errors.contains("--as-data-layer prepares"), "\(outcome)")
        #expect(try !folder.names().contains("out.h5"))
    }

    @Test("is told in a batch by the names of the options, and folded there")
    func batch() async throws {
        let folder = try TinyNet.folder()
        let options = #"{"inputMean": {"data": [1, 2]}, "inputScale": {"": [0.5]}, "verify": true}"#
        try folder.write(#"{"input": "net.h5", "output": "out.h5", "options": \#(options)}"# + "\n", to: "jobs.jsonl")
        let outcome = try await Program.run(["batch", "jobs.jsonl", "--output-dir", "."], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        let apart = try await Program.run(
            ["verify", "net.h5", "out.h5", "--input-mean", "1,2", "--input-scale", "0.5"], in: folder)
        #expect(apart.code == 0, "\(apart)")
    }

    @Test("in reverse order of its channels reads other weights, in both containers", arguments: ["h5", "caffemodel"])
    func swap(container: String) async throws {
        let folder = try TemporaryFolder()
        let fixture = Fixture.branches
        let output = "out.\(container)"
        let outcome = try await Program.run(
            ["fold", fixture.weights, output, "--prototxt", fixture.prototxt, "--swap-channels", "--verify"]
                + fixture.shapeArguments, in: folder)
        #expect(outcome.code == 0 && outcome.errors.contains("in reverse order"), "\(outcome)")
        let pair = ["verify", fixture.weights, output, "--prototxt", fixture.prototxt] + fixture.shapeArguments
        let apart = try await Program.run(pair + ["--swap-channels"], in: folder)
        #expect(apart.code == 0, "\(apart)")
        let without = try await Program.run(pair, in: folder)
        #expect(without.code == 2, "\(without)")
    }
}
