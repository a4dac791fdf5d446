import CaffeModel
import Testing

/// Parameters that layers share by name, through folding and in both files.
@Suite("Shared parameters")
struct SharingTests {
    private let convolutionNames = #" param { name: "w" lr_mult: 1 } param { name: "b" lr_mult: 2 }"#
    private let statisticsNames = #" param { name: "m" } param { name: "v" } param { name: "n" }"#

    /// Two towers on one input: their convolutions share, their BatchNorms may.
    private func towers(sharingStatistics: Bool) -> String {
        let extra = sharingStatistics ? statisticsNames : ""
        return Text.input
            + Text.convolution("a", from: "data", extra: convolutionNames)
            + Text.inPlace("BatchNorm", "bn_a", on: "a", extra: extra)
            + Text.convolution("b", from: "data", extra: convolutionNames)
            + Text.inPlace("BatchNorm", "bn_b", on: "b", extra: extra)
    }

    private func blobs(_ parts: [String: TestNet.Blob]...) -> [String: TestNet.Blob] {
        parts.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
    }

    @Test("equal folds keep sharing, are folded once and written once")
    func equalFolds() throws {
        let net = try TestNet(
            towers(sharingStatistics: true), blobs: blobs(TestNet.convolution("a"), TestNet.batchNorm("bn_a")),
            groups: ["b", "bn_b"])
        let names = #" param { name: "w" } param { name: "b" }"#
        #expect(
            try net.deployText()
                == Text.input + Text.convolution("a", from: "data", extra: names)
                + Text.convolution("b", from: "data", extra: names))
        let written = try net.deployWeights()
        #expect(written.keys.sorted() == ["a/0", "a/1"])
        let factor = 1 / (4 + Double(Float(1e-5))).squareRoot()
        #expect(written["a/0"]?.values[1] == Double(Float(2 * factor)))
    }

    @Test("different folds end the sharing: both layers get their own blobs and no names")
    func differentFolds() throws {
        var other = TestNet.batchNorm("bn_b")
        other["bn_b/0"]?.values = [0, 1]
        other["bn_b/1"]?.values = [18, 2]
        let net = try TestNet(
            towers(sharingStatistics: false),
            blobs: blobs(TestNet.convolution("a"), TestNet.batchNorm("bn_a"), other), groups: ["b"])
        #expect(
            try net.deployText() == Text.input + Text.convolution("a", from: "data")
                + Text.convolution("b", from: "data"))
        let written = try net.deployWeights()
        #expect(written.keys.sorted() == ["a/0", "a/1", "b/0", "b/1"])
        let epsilon = Double(Float(1e-5))
        #expect(written["a/0"]?.values[0] == Double(Float(1 / (4 + epsilon).squareRoot())))
        #expect(written["b/0"]?.values[0] == Double(Float(1 / (9 + epsilon).squareRoot())))
    }

    @Test("a sharer that nothing is folded into keeps the numbers as they were")
    func foldOnOneSide() throws {
        let text =
            Text.input + Text.convolution("a", from: "data", extra: convolutionNames)
            + Text.inPlace("BatchNorm", "bn_a", on: "a") + Text.convolution("b", from: "data", extra: convolutionNames)
        let written = try TestNet(
            text, blobs: blobs(TestNet.convolution("a"), TestNet.batchNorm("bn_a")), groups: ["b"]
        ).deployWeights()
        #expect(written["b/0"]?.values == [1, 2, 3, 4] && written["b/1"]?.values == [0.5, -0.5])
        #expect(written["a/0"]?.values != [1, 2, 3, 4])
    }

    @Test("what nobody folds keeps its names, and the sharer's group stays empty")
    func untouched() throws {
        let names = #" param { name: "w" } param { name: "b" }"#
        let text =
            Text.input + Text.convolution("a", from: "data", extra: names)
            + Text.convolution("b", from: "a", extra: names)
        let net = try TestNet(text, blobs: TestNet.convolution("a"), groups: ["b"])
        #expect(try net.deployText() == text)
        #expect(try net.deployWeights().keys.sorted() == ["a/0", "a/1"])
    }

    @Test("a sharer may be missing from the weights, the owner's blobs may not")
    func missing() throws {
        let text =
            Text.input + Text.convolution("a", from: "data", extra: convolutionNames)
            + Text.convolution("b", from: "a", extra: convolutionNames)
        #expect(failure { try TestNet(text, blobs: TestNet.convolution("a"), groups: ["b"]).conversion() } == "")
        let message = failure { try TestNet(text, blobs: [:], groups: ["a", "b"]).conversion() }
        #expect(message.contains("'a'"), "\(message)")
    }

    @Test("training keeps the names of what stays shared and loses those of what does not")
    func keptTraining() throws {
        var other = TestNet.batchNorm("bn_b")
        other["bn_b/1"]?.values = [18, 2]
        let net = try TestNet(
            towers(sharingStatistics: false),
            blobs: blobs(TestNet.convolution("a"), TestNet.batchNorm("bn_a"), other), groups: ["b"])
        net.options.keepsTraining = true
        let text = try net.deployText()
        #expect(!text.contains("name: \"w\"") && !text.contains("name: \"b\" lr"), "\(text)")
        #expect(text.contains("lr_mult: 1") && text.contains("lr_mult: 2"))
    }
}
