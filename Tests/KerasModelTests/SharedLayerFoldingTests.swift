import Testing

@testable import KerasModel

@Suite("Layers and models that are called several times")
struct SharedLayerFoldingTests {
    private typealias F = FoldFixture

    @Test("A normalisation that is called twice goes where both of its calls fold")
    func sharedNormalizationFolds() throws {
        let config = F.functional(
            [
                F.input("x", "4, 4, 2"), F.layer("Conv2D", "a", F.convFields(3), reads: ["x"]),
                F.layer("Conv2D", "b", F.convFields(3), reads: ["x"]),
                F.layer("BatchNormalization", "bn", reads: ["a"], ["b"]),
            ], inputs: ["x"], outputs: ["bn:0", "bn:1"])
        let outcome = try F.fold(config, [("a", F.conv("a", 2, 3)), ("b", F.conv("b", 2, 3)), ("bn", F.norm("bn", 3))])
        #expect(outcome.normalizations == [])
    }

    @Test("A normalisation that is called twice stays, as it is, where one of its calls does not fold")
    func sharedNormalizationStays() throws {
        let config = F.functional(
            [
                F.input("x", "4, 4, 2"), F.layer("Conv2D", "a", F.convFields(3), reads: ["x"]),
                F.layer("Conv2D", "b", F.convFields(3, #""activation": "tanh""#), reads: ["x"]),
                F.layer("BatchNormalization", "bn", reads: ["a"], ["b"]),
            ], inputs: ["x"], outputs: ["bn:0", "bn:1"])
        let outcome = try F.fold(config, [("a", F.conv("a", 2, 3)), ("b", F.conv("b", 2, 3)), ("bn", F.norm("bn", 3))])
        #expect(outcome.normalizations == ["bn"])
        #expect(outcome.report.kept.map(\.reason.name) == ["several-calls", "several-calls"])
    }

    /// A model that is called with a convolution and with its like: inside, a normalisation before a convolution.
    private func calledTwice(second activation: String) throws -> FoldFixture.Outcome {
        let inner = F.fields(
            [
                F.input("i", "4, 4, 3"), F.layer("BatchNormalization", "bn", reads: ["i"]),
                F.layer("Conv2D", "c", F.convFields(2), reads: ["bn"]),
            ], inputs: ["i"], outputs: ["c"])
        let config = F.functional(
            [
                F.input("x", "4, 4, 2"),
                F.layer("Conv2D", "a", F.convFields(3, #""activation": "relu""#), reads: ["x"]),
                F.layer("Conv2D", "b", F.convFields(3, #""activation": "\#(activation)""#), reads: ["x"]),
                F.layer("Functional", "enc", inner, reads: ["a"], ["b"]),
                F.layer("Subtract", "out", reads: ["enc:1", "enc:2"]),
            ], inputs: ["x"], outputs: ["out"])
        let enc = try F.nested("enc", of: config, ["c": F.conv("c", 3, 2), "bn": F.norm("bn", 3)])
        return try F.fold(config, [("a", F.conv("a", 2, 3)), ("b", F.conv("b", 2, 3)), enc])
    }

    @Test("In a model that is called twice a normalisation goes the same way in both calls, where there is one")
    func goesOneWay() throws {
        // Without the activation the second call could hand it back to the convolution before the model.
        #expect(try calledTwice(second: "linear").normalizations == [])
        #expect(try calledTwice(second: "tanh").normalizations == [])
    }
}
