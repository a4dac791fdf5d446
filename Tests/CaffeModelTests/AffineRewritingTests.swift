import CaffeModel
import Testing

/// What nothing takes becomes one Scale, in the place of one of its layers.
@Suite("Affine layers that become a Scale")
struct AffineRewritingTests {
    private let blobs = TestNet.batchNorm("bn").merging([
        "scale/0": TestNet.Blob(shape: [2], values: [3, 5]), "scale/1": TestNet.Blob(shape: [2], values: [7, 9]),
    ]) { first, _ in first }

    private func scale(_ parameters: String) -> String {
        Text.input + Text.inPlace("BatchNorm", "bn", on: "data")
            + Text.inPlace("Scale", "scale", on: "data", extra: parameters)
    }

    private let expected =
        Text.input + Text.inPlace("Scale", "scale", on: "data", extra: " scale_param { bias_term: true }")

    @Test("BatchNorm and Scale become the Scale")
    func batchNormAndScale() throws {
        #expect(try TestNet(scale(" scale_param { bias_term: true }"), blobs: blobs).deployText() == expected)
    }

    @Test("its numbers are those of the chain, rounded once")
    func numbers() throws {
        let written = try TestNet(scale(" scale_param { bias_term: true }"), blobs: blobs).deployWeights()
        let epsilon = Double(Float(1e-5))
        let factors = [3 / (4 + epsilon).squareRoot(), 5 / (0.25 + epsilon).squareRoot()]
        #expect(written.keys.sorted() == ["scale/0", "scale/1"])
        #expect(written["scale/0"]?.values == factors.map { Double(Float($0)) })
        #expect(written["scale/1"]?.values == [Double(Float(7 - factors[0])), Double(Float(9 + factors[1]))])
    }

    @Test(
        "a Scale without bias gets one, whatever its parameters look like",
        arguments: [
            "", " scale_param { }", " scale_param { bias_term: false }", " scale_param { filler { value: 1 } }",
        ])
    func withoutBias(parameters: String) throws {
        var blobs = blobs
        blobs["scale/1"] = nil
        let net = try TestNet(scale(parameters), blobs: blobs)
        let text = try net.deployText()
        #expect(text.replacing("  ", with: " ") == expected, "\(text)")
        #expect(try net.deployWeights().keys.sorted() == ["scale/0", "scale/1"])
    }

    @Test("one number for all channels becomes one for each, and num_axes goes")
    func scalar() throws {
        var blobs = blobs
        blobs["scale/0"] = TestNet.Blob(shape: [], values: [3])
        blobs["scale/1"] = TestNet.Blob(shape: [], values: [7])
        let net = try TestNet(scale(" scale_param { num_axes: 0 bias_term: true }"), blobs: blobs)
        let text = try net.deployText()
        #expect(!text.contains("num_axes") && text.contains("bias_term: true"), "\(text)")
        #expect(try net.deployWeights().mapValues(\.shape) == ["scale/0": [2], "scale/1": [2]])
    }

    @Test("an axis counted from the end stays right")
    func negativeAxis() throws {
        let net = try TestNet(scale(" scale_param { axis: -3 bias_term: true }"), blobs: blobs)
        let text = try net.deployText()
        #expect(!text.contains("BatchNorm"))
        // The written net must mean the channel: reading it back gives the same parameters.
        let written = try net.deployWeights()
        #expect(written.mapValues(\.shape) == ["scale/0": [2], "scale/1": [2]])
        #expect(try TestNet(text, blobs: written).deployText() == text)
    }

    @Test("a Scale along another axis is no part of the chain, and stays")
    func otherAxis() throws {
        let text =
            Text.input + Text.inPlace("BatchNorm", "bn", on: "data")
            + Text.inPlace("Scale", "scale", on: "data", extra: " scale_param { axis: 3 }")
        var blobs = TestNet.batchNorm("bn")
        blobs["scale/0"] = TestNet.Blob(shape: [4], values: [1, 2, 3, 4])
        let net = try TestNet(text, blobs: blobs)
        #expect(try net.deployText().contains("scale_param { axis: 3 }"))
        #expect(try net.deployWeights()["scale/0"]?.values == [1, 2, 3, 4])
    }

    @Test("a BatchNorm alone becomes a Scale under its own name")
    func batchNormAlone() throws {
        let net = try TestNet(
            Text.input + Text.inPlace("BatchNorm", "bn", on: "data", extra: " batch_norm_param { eps: 0.25 }"),
            blobs: TestNet.batchNorm("bn"))
        #expect(
            try net.deployText()
                == Text.input + Text.inPlace("Scale", "bn", on: "data", extra: " scale_param { bias_term: true }"))
        #expect(try net.deployWeights().keys.sorted() == ["bn/0", "bn/1"])
    }

    @Test("a BatchNorm with three param entries loses them")
    func paramEntries() throws {
        let text =
            Text.input
            + Text.inPlace(
                "BatchNorm", "bn", on: "data", extra: " param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 }")
        let net = try TestNet(text)
        #expect(!(try net.deployText().contains("lr_mult")))
        // Caffe allows a Scale two entries.
        net.options.keepsTraining = true
        #expect(try net.deployText().matches(of: /param \{ lr_mult/).count <= 2)
    }

    @Test("a Scale alone and a Bias alone stay as they are")
    func alone() throws {
        let text =
            Text.input + Text.inPlace("Scale", "scale", on: "data")
            + Text.inPlace("TanH", "tanh", on: "data") + Text.inPlace("Bias", "bias", on: "data")
        let blobs = [
            "scale/0": TestNet.Blob(shape: [2], values: [1, 2]), "bias/0": TestNet.Blob(shape: [2], values: [3, 4]),
        ]
        let net = try TestNet(text, blobs: blobs)
        #expect(try net.deployText() == text)
        #expect(try net.deployWeights().mapValues(\.values) == blobs.mapValues(\.values))
    }

    @Test("Bias and BatchNorm become one Scale")
    func biasAndBatchNorm() throws {
        let net = try TestNet(
            Text.input + Text.inPlace("Bias", "bias", on: "data") + Text.inPlace("BatchNorm", "bn", on: "data"),
            blobs: TestNet.batchNorm("bn").merging(["bias/0": TestNet.Blob(shape: [2], values: [1, -1])]) { first, _ in
                first
            })
        let text = try net.deployText()
        #expect(text.matches(of: /type: "Scale"/).count == 1 && !text.contains("Bias") && !text.contains("BatchNorm"))
        // The bias takes away the mean, so no term is left.
        #expect(try net.deployWeights().keys.allSatisfy { !$0.hasSuffix("/1") })
    }

    @Test("a BatchNorm that normalises by the batch stays, with its text and its blobs")
    func batchStatistics() throws {
        let text =
            Text.input
            + Text.inPlace("BatchNorm", "bn", on: "data", extra: " batch_norm_param { use_global_stats: false }")
        let net = try TestNet(text, blobs: TestNet.batchNorm("bn"))
        #expect(try net.deployText() == text)
        #expect(try net.deployWeights().count == 3)
    }

    @Test("a Scale with two bottoms stays", arguments: ["", " scale_param { axis: 0 }"])
    func twoBottoms(parameters: String) throws {
        let text =
            Text.input + Text.convolution("a", from: "data") + Text.convolution("b", from: "data")
            + "layer { name: \"s\" type: \"Scale\" bottom: \"a\" bottom: \"b\" top: \"s\"\(parameters) }\n"
        #expect(try TestNet(text).deployText() == text)
    }
}
