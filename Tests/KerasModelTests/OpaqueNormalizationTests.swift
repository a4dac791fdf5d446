import Testing

@testable import KerasModel

@Suite("Normalisations that are left alone")
struct OpaqueNormalizationTests {
    private typealias F = FoldFixture

    @Test("tell why, and count as before")
    func reason() throws {
        // Two tensors: no version of Keras means anything by that.
        let config = F.functional(
            [
                F.input("x", "3"), F.layer("Dense", "d", #""units": 3"#, reads: ["x"]),
                F.layer("BatchNormalization", "bn", reads: ["d", "x"]),
            ], inputs: ["x"], outputs: ["bn"])
        let layers: [WeightFixture.Layer] = [("d", F.dense("d", 3, 3)), ("bn", F.norm("bn", 3))]
        let outcome = try F.fold(config, layers)
        #expect(outcome.report.kept.map(\.layer.name) == ["bn"])
        #expect(outcome.report.kept.map(\.reason.name) == ["not-modelled"])
        #expect(outcome.normalizations == ["bn"])
    }

    @Test("What is left of one in a nested model, and lies outside of it, is told as the written model calls it")
    func newName() throws {
        let inner = F.fields(
            [
                F.input("y", "6"), F.layer("BatchNormalization", "bn", reads: ["y"]),
                F.layer("Activation", "b", #""activation": "tanh""#, reads: ["bn"]),
            ], inputs: ["y"], outputs: ["b"])
        let config = F.functional(
            [
                F.input("x", "3"), F.layer("Dense", "d", #""units": 3"#, reads: ["x"]),
                F.layer("Activation", "a", #""activation": "tanh""#, reads: ["x"]),
                F.layer("Concatenate", "c", #""axis": -1"#, reads: ["d", "a"]),
                F.layer("Functional", "nest", inner, reads: ["c"]),
            ], inputs: ["x"], outputs: ["nest:1"])
        let outcome = try F.fold(
            config, [("d", F.dense("d", 3, 3)), try F.nested("nest", of: config, ["bn": F.norm("bn", 6)])])
        let named = outcome.report.kept.map(\.layer.name) + outcome.report.scales.map(\.layer.name)
        #expect(outcome.normalizations.count == 1)
        #expect(named == outcome.normalizations)
    }
}
