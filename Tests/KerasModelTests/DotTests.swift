import Testing

@testable import KerasModel

@Suite("Inner products of two values (Dot)")
struct DotTests {
    private typealias F = FoldFixture

    @Test("run, and nothing passes them: a normalisation behind stays, those before fold into their layers")
    func folds() throws {
        let config = F.functional(
            [
                F.input("x", "4, 3"), F.layer("Dense", "d", #""units": 3"#, reads: ["x"]),
                F.layer("BatchNormalization", "bn", reads: ["d"]),
                F.layer("Dot", "dot", #""axes": [2, 2], "normalize": false"#, reads: ["bn", "x"]),
                F.layer("BatchNormalization", "behind", reads: ["dot"]),
            ], inputs: ["x"], outputs: ["behind"])
        let layers: [WeightFixture.Layer] = [
            ("d", F.dense("d", 3, 3)), ("bn", F.norm("bn", 3)), ("behind", F.norm("behind", 4)),
        ]
        let outcome = try F.fold(config, layers)
        #expect(outcome.normalizations == ["behind"])
        #expect(outcome.report.verification?.isWithin == true)
        #expect(try OpenedModel(config: config, layers).reasons == [.stopped(layer: "dot", type: "Dot")])
    }

    @Test("with normalised factors are left alone")
    func normalized() throws {
        let config = F.functional(
            [
                F.input("x", "4, 3"), F.layer("Dense", "d", #""units": 3"#, reads: ["x"]),
                F.layer("Dot", "dot", #""axes": 2, "normalize": true"#, reads: ["d", "x"]),
            ], inputs: ["x"], outputs: ["dot"])
        let model = try OpenedModel(config: config, [("d", F.dense("d", 3, 3))])
        #expect(
            model.pair.network.layers.contains {
                if case .opaque(let opaque) = $0.operation { opaque.type == "Dot" } else { false }
            })
    }
}
