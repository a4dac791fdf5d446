import CaffeModel
import Frontend
import Testing

/// Layers that the weights file lacks, and what the prototxt fills them with.
@Suite("Fillers of layers that the weights lack")
struct FillerTests {
    private let blobs = TestNet.convolution("conv")

    private func net(_ layer: String) throws -> TestNet {
        try TestNet(Text.input + Text.convolution("conv", from: "data") + layer, blobs: blobs)
    }

    @Test(
        "constants are known, those that Caffe takes without a filler included",
        arguments: [
            (#"scale_param { filler { type: "constant" value: 3 } }"#, 3.0, 0.0), ("", 1, 0),
            ("scale_param { bias_term: true bias_filler { value: 2 } }", 1, 2),
            ("scale_param { filler { value: 4 } bias_term: true }", 4, 0),
        ])
    func scale(fields: String, factor: Double, term: Double) throws {
        let net = try net(Text.inPlace("Scale", "scale", on: "conv", extra: " " + fields))
        #expect(try net.conversion().original.remarks.map(\.kind) == [.constantFiller])
        let written = try net.deployWeights()
        #expect(written["conv/0"]?.values == [1, 2, 3, 4].map { $0 * factor })
        #expect(written["conv/1"]?.values == [0.5, -0.5].map { $0 * factor + term })
    }

    @Test("a filler without fields is a constant 0, not the 1 that a Scale has without a filler")
    func emptyFiller() throws {
        let net = try net(Text.inPlace("Scale", "scale", on: "conv", extra: " scale_param { filler { } }"))
        #expect(try net.deployWeights()["conv/0"]?.values == [0, 0, 0, 0])
    }

    @Test("a Bias and the slopes of a PReLU have constants as well")
    func biasAndSlopes() throws {
        let net = try net(
            Text.inPlace("Bias", "bias", on: "conv", extra: " bias_param { filler { value: 5 } }")
                + Text.inPlace("PReLU", "prelu", on: "conv"))
        let written = try net.deployWeights()
        #expect(written["conv/1"]?.values == [5.5, 4.5])
        #expect(written["prelu/0"]?.values == [0.25, 0.25])
    }

    @Test("a convolution that an explicit constant fills is known")
    func fixedConvolution() throws {
        let net = try net(
            Text.convolution("sum", from: "conv").replacing(
                "kernel_size: 1", with: #"kernel_size: 1 weight_filler { type: "constant" value: 1 }"#))
        #expect(try net.deployWeights()["sum/0"]?.values == [1, 1, 1, 1])
    }

    @Test(
        "any other linear layer is an error with the true reason",
        arguments: [
            ("", "weights of 0"), (#"weight_filler { type: "xavier" }"#, "random numbers ('xavier')"),
            (#"weight_filler { type: "bilinear" }"#, "its filler 'bilinear'"),
            (#"weight_filler { type: "constant" value: 1 } bias_filler { type: "uniform" }"#, "('uniform')"),
        ])
    func convolution(filler: String, reason: String) throws {
        let net = try net(
            Text.convolution("next", from: "conv").replacing("kernel_size: 1", with: "kernel_size: 1 \(filler)"))
        let message = failure { try net.conversion() }
        #expect(message.contains("'next' (Convolution)") && message.contains(reason), "\(message)")
        #expect(message.contains("random") == (reason.contains("random") || reason.contains("uniform")))
    }

    @Test("a layer whose group is there without its blobs stays an error: Caffe aborts on it")
    func emptyGroup() throws {
        let net = try TestNet(
            Text.input + Text.convolution("conv", from: "data") + Text.inPlace("Scale", "scale", on: "conv"),
            blobs: blobs, groups: ["scale"])
        #expect(failure { try net.conversion() }.contains("'/data/scale' holds 0 blobs"))
    }

    @Test("BatchNorms that the weights lack altogether look folded already")
    func foldedWeights() throws {
        let message = failure { try net(Text.inPlace("BatchNorm", "bn", on: "conv")).conversion() }
        #expect(message.contains("look folded already") && message.contains("never trained"), "\(message)")
        #expect(!message.contains("random"))
    }

    @Test("a layer of another kind that the weights lack is an error, not one of an unknown kind")
    func embedding() throws {
        let net = try net(
            #"layer { name: "lstm" type: "LSTM" bottom: "conv" bottom: "data" top: "lstm" recurrent_param { num_output: 2 } }"#
                + "\n")
        #expect(failure { try net.conversion() }.contains("'lstm' (LSTM)"))
    }
}
