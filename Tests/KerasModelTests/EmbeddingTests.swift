import Testing

@testable import KerasModel

@Suite("Normalisations behind an Embedding")
struct EmbeddingTests {
    private typealias F = FoldFixture

    /// A table of five rows of three numbers, from -7 on.
    private let table: WeightFixture.Layer = (
        "e", [.init(name: "e/embeddings:0", shape: [5, 3], first: -7)]
    )

    private func embedding(_ name: String = "e", reads calls: [String]..., more: String = "") -> String {
        let lists = calls.map { "[" + $0.map { "[\"\($0)\", 0, 0, {}]" }.joined(separator: ", ") + "]" }
        return
            #"{"class_name": "Embedding", "name": "\#(name)", "config": {"name": "\#(name)", "input_dim": 5, "output_dim": 3\#(more)}, "inbound_nodes": [\#(lists.joined(separator: ", "))]}"#
    }

    @Test("The table takes factors and shifts into each of its rows")
    func rows() throws {
        let config = F.functional(
            [
                F.input("x", "4"), embedding(reads: ["x"]), F.layer("BatchNormalization", "bn", reads: ["e"]),
                F.layer("Activation", "a", #""activation": "tanh""#, reads: ["bn"]),
            ], inputs: ["x"], outputs: ["a"])
        let layers = [table, ("bn", F.norm("bn", 3, gamma: -1))]
        let outcome = try F.fold(config, layers)
        #expect(outcome.normalizations == [])
        #expect(outcome.report.verification?.isWithin == true)
        let numbers = try OpenedModel(config: config, layers).numbers(of: "e")
        // Gamma -1, 0, 1; beta 2, 3, 4; mean 1, 2, 3; variance 3, 4, 5.
        let expected = (0..<15).map { index -> Double in
            let channel = index % 3
            let deviation = (Double(3 + channel) + Double(Float(1e-3))).squareRoot()
            return Double(channel - 1) / deviation * (Double(index - 7) - Double(1 + channel)) + Double(2 + channel)
        }
        #expect(numbers.count == 1)
        #expect(zip(numbers.first ?? [], expected).allSatisfy { abs($0 - $1) <= abs($1) * 0x1p-23 })
        #expect(numbers.first?.count == expected.count)
    }

    @Test("A table that another layer reads unscaled stays as it is, and tells it")
    func otherReader() throws {
        let config = F.functional(
            [
                F.input("x", "4"), embedding(reads: ["x"]), F.layer("BatchNormalization", "bn", reads: ["e"]),
                F.layer("LSTM", "l", #""units": 2"#, reads: ["e"]), F.layer("LSTM", "m", #""units": 2"#, reads: ["bn"]),
            ], inputs: ["x"], outputs: ["l", "m"])
        func lstm(_ name: String) -> WeightFixture.Layer {
            (
                name,
                [
                    .init(name: "\(name)/kernel:0", shape: [3, 8]),
                    .init(name: "\(name)/recurrent_kernel:0", shape: [2, 8]), .init(name: "\(name)/bias:0", shape: [8]),
                ]
            )
        }
        let layers = [table, ("bn", F.norm("bn", 3)), lstm("l"), lstm("m")]
        #expect(try F.fold(config, layers).normalizations == ["bn"])
        #expect(
            try OpenedModel(config: config, layers).reasons == [.otherReaders(producer: "e", readers: ["l"])])
    }

    @Test("A table that is called twice takes what both calls have, and nothing else")
    func calls() throws {
        func left(isSecondNormalized: Bool) throws -> [String] {
            let second = F.layer("BatchNormalization", "other", reads: ["e:1"])
            let config = F.functional(
                [
                    F.input("x", "4"), F.input("y", "2"), embedding(reads: ["x"], ["y"]),
                    F.layer("BatchNormalization", "bn", reads: ["e"]),
                ] + (isSecondNormalized ? [second] : []) + [
                    F.layer("Flatten", "f", reads: ["bn"]),
                    F.layer("Flatten", "g", reads: [isSecondNormalized ? "other" : "e:1"]),
                ], inputs: ["x", "y"], outputs: ["f", "g"])
            let other: [WeightFixture.Layer] = isSecondNormalized ? [("other", F.norm("other", 3))] : []
            return try F.fold(config, [table, ("bn", F.norm("bn", 3))] + other).normalizations
        }
        #expect(try left(isSecondNormalized: true) == [])
        #expect(try left(isSecondNormalized: false) == ["bn"])
    }

    @Test("Nothing is moved into what chooses the rows")
    func indices() throws {
        let config = F.functional(
            [
                F.input("x", "4"), F.layer("BatchNormalization", "bn", reads: ["x"]), embedding(reads: ["bn"]),
                F.layer("Flatten", "f", reads: ["e"]),
            ], inputs: ["x"], outputs: ["f"])
        let model = try OpenedModel(config: config, [("bn", F.norm("bn", 4)), table])
        #expect(model.taken == [])
    }

    @Test("An Embedding inside of TimeDistributed does what it does without")
    func throughTime() throws {
        let inner = #"{"class_name": "Embedding", "config": {"name": "e", "input_dim": 5, "output_dim": 3}}"#
        let config = F.functional(
            [
                F.input("x", "4, 2"), F.layer("TimeDistributed", "t", #""layer": \#(inner)"#, reads: ["x"]),
                F.layer("BatchNormalization", "bn", reads: ["t"]),
                F.layer("Activation", "a", #""activation": "tanh""#, reads: ["bn"]),
            ], inputs: ["x"], outputs: ["a"])
        let layers: [WeightFixture.Layer] = [
            ("t", [.init(name: "t/embeddings:0", shape: [5, 3], first: -7)]), ("bn", F.norm("bn", 3)),
        ]
        let outcome = try F.fold(config, layers)
        #expect(outcome.normalizations == [])
        #expect(outcome.report.verification?.isWithin == true)
    }
}
