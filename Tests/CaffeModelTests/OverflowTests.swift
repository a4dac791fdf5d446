import Testing

/// Folds whose numbers would leave the range of their format.
@Suite("Overflow")
struct OverflowTests {
    private let text =
        Text.input + Text.convolution("conv", from: "data") + Text.inPlace("BatchNorm", "bn", on: "conv")
        + Text.inPlace("Scale", "scale", on: "conv")

    /// A convolution and the amplification of its first channel by a factor, with mean 0 and variance 1.
    private func blobs(weight: Double, bias: Double, gamma: Double) -> [String: TestNet.Blob] {
        [
            "conv/0": TestNet.Blob(shape: [2, 2, 1, 1], values: [weight, 1, 1, 1]),
            "conv/1": TestNet.Blob(shape: [2], values: [bias, 0]),
            "bn/0": TestNet.Blob(shape: [2], values: [0, 0]), "bn/1": TestNet.Blob(shape: [2], values: [1, 1]),
            "bn/2": TestNet.Blob(shape: [1], values: [1]), "scale/0": TestNet.Blob(shape: [2], values: [gamma, 1]),
        ]
    }

    @Test("a bias that would become infinite keeps its Scale, and the convolution its numbers")
    func bias() throws {
        let net = try TestNet(text, blobs: blobs(weight: 1, bias: 1e30, gamma: 1e30))
        let (network, plan, _) = try net.folded()
        #expect(network.network.layers.map(\.type) == ["Input", "Convolution", "Scale"])
        #expect(plan.leftovers.map(\.reason.name) == ["overflow"])
        #expect(try net.deployWeights()["conv/1"]?.values == [Double(Float(1e30)), 0])
    }

    @Test("large numbers that fit are folded")
    func largeButFinite() throws {
        let net = try TestNet(text, blobs: blobs(weight: 1e10, bias: 0, gamma: 1e20))
        #expect(try net.folded().plan.folds.count == 1)
        #expect(try net.deployWeights()["conv/0"]?.values.allSatisfy(\.isFinite) == true)
    }

    @Test("subnormal results stay")
    func subnormal() throws {
        let written = try TestNet(text, blobs: blobs(weight: 1e-20, bias: 0, gamma: 1e-22)).deployWeights()
        #expect(try #require(written["conv/0"]).values[0] > 0)
    }
}
