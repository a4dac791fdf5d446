import Foundation
import Testing

/// What nothing takes, in the form that the user wants.
@Suite("Forms of what nothing takes")
struct LeftoverTests {
    /// A BatchNorm and a Scale, both in place, before and behind which nothing takes anything: TanH lies on both sides.
    private func folder(channels: Int = 2, factors: [Double] = [1, 2]) throws -> TemporaryFolder {
        try TinyNet.folder { net in
            net.prototxt = net.prototxt.replacing(
                #"layer { name: "bn""#,
                with: #"layer { name: "tanh" type: "TanH" bottom: "conv" top: "conv" } layer { name: "bn""#)
            net.prototxt += #"layer { name: "end" type: "TanH" bottom: "conv" top: "end" }"# + "\n"
            net.weights = WeightFile()
            net.weights.add("conv", 0, [2, 2, 1, 1], [1, 2, 3, 4])
            net.weights.add("conv", 1, [2], [0.5, -0.5])
            net.weights.add("bn", 0, [2], [2, -2])
            net.weights.add("bn", 1, [2], [2, 8])
            net.weights.add("bn", 2, [1], [2])
            net.weights.add("scale", 0, [2], factors)
            net.weights.add("scale", 1, [2], [0, 1])
        }
    }

    @Test("a convolution with a group for each channel, which overwrites nothing", arguments: ["h5", "caffemodel"])
    func depthwise(container: String) async throws {
        let folder = try folder()
        let outcome = try await Program.run(
            ["net.h5", "out.\(container)", "--leftover", "depthwise", "--verify", "--report", "-"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let report = try Report(outcome.output)
        #expect(report.counts(of: "Convolution") == [1, 2] && report.counts(of: "Scale") == [1, 0])
        #expect(report.scales.map(\.type) == ["Convolution"])
        let text = try folder.text("out.prototxt")
        #expect(text.contains("group: 2") && text.contains(#"bottom: "conv_before_scale""#), "\(text)")
    }

    @Test("a BatchNorm with the statistics that give its factors and terms")
    func batchNorm() async throws {
        let folder = try folder()
        let outcome = try await Program.run(
            ["net.h5", "out.h5", "--leftover", "batchnorm", "--verify", "--report", "-"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let report = try Report(outcome.output)
        #expect(report.counts(of: "BatchNorm") == [1, 1] && report.counts(of: "Scale") == [1, 0])
    }

    @Test("no BatchNorm where a factor is negative: the Scale stays, and is told with the reason")
    func negative() async throws {
        let folder = try folder(factors: [1, -2])
        let outcome = try await Program.run(["net.h5", "out.h5", "--leftover", "batchnorm", "--verify"], in: folder)
        #expect(outcome.code == 0 && outcome.errors.contains("stays a Scale"), "\(outcome)")
        #expect(outcome.errors.contains("a factor is not positive"), "\(outcome)")
        #expect(try folder.text("out.prototxt").contains(#"type: "Scale""#))
    }

    @Test("keeps the name of an input that layers used to overwrite, and says no lie of it")
    func inPlaceOnInput() async throws {
        let folder = try TinyNet.folder { net in
            net.prototxt = """
                layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 3 dim: 3 } } }
                layer { name: "square" type: "Power" bottom: "data" top: "data" power_param { power: 2 } }
                layer { name: "bn" type: "BatchNorm" bottom: "data" top: "data" }
                layer { name: "end" type: "TanH" bottom: "data" top: "end" }

                """
            net.weights = WeightFile()
            net.weights.add("bn", 0, [2], [2, -2])
            net.weights.add("bn", 1, [2], [2, 8])
            net.weights.add("bn", 2, [1], [2])
        }
        let outcome = try await Program.run(["net.h5", "out.h5", "--leftover", "depthwise", "--verify"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let text = try folder.text("out.prototxt")
        #expect(text.contains(#"bottom: "data" top: "data_before_bn""#), "\(text)")
        #expect(text.contains(#"bottom: "data_before_bn" top: "data_bn""#), "\(text)")
    }

    @Test("a Scale where values have no pixels: no convolution runs over them")
    func noPixels() async throws {
        let folder = try TinyNet.folder { net in
            net.prototxt += """
                layer { name: "flat" type: "Flatten" bottom: "conv" top: "flat" }
                layer { name: "tanh" type: "TanH" bottom: "flat" top: "t" }
                layer { name: "s" type: "Scale" bottom: "t" top: "s" }
                layer { name: "end" type: "TanH" bottom: "s" top: "end" }

                """
            net.weights.add("s", 0, [18], (1...18).map(Double.init))
        }
        let outcome = try await Program.run(["net.h5", "out.h5", "--leftover", "depthwise", "--verify"], in: folder)
        #expect(outcome.code == 0 && outcome.errors.contains("no pixels"), "\(outcome)")
    }

    @Test(
        "that a framework does not have is refused by name",
        arguments: [("small.keras", "depthwise"), ("small.keras", "bias-scale"), ("small.keras", "scale")])
    func foreign(input: String, form: String) async throws {
        let folder = try TemporaryFolder.withKerasModels(input)
        let outcome = try await Program.run([input, "out.keras", "--leftover", form], in: folder)
        #expect(outcome.code == 64 && outcome.errors.contains("--leftover \(form)"), "\(outcome)")
        #expect(try folder.names() == [input])
    }

    @Test("--bias-as-scale and another form exclude each other, and an unknown form is told with those there are")
    func usage() async throws {
        let folder = try TinyNet.folder()
        let both = try await Program.run(
            ["net.h5", "out.h5", "--bias-as-scale", "--leftover", "depthwise"], in: folder)
        #expect(both.code == 64 && both.errors.contains("excludes"), "\(both)")
        let unknown = try await Program.run(["net.h5", "out.h5", "--leftover", "conv"], in: folder)
        #expect(unknown.code == 64 && unknown.errors.contains("depthwise"), "\(unknown)")
    }
}
