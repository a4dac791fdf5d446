import Testing

@testable import KerasModel

@Suite("Where a normalisation may be left")
struct LeftoverPlaceTests {
    private typealias F = FoldFixture

    @Test("None is left between a convolution and the activation inside of it")
    func insideOfLayer() throws {
        let relu = #""activation": "relu""#
        let config = F.functional(
            [
                F.input("x", "4, 4, 2"), F.layer("Conv2D", "a", F.convFields(3, relu), reads: ["x"]),
                F.layer("Conv2D", "b", F.convFields(3, relu), reads: ["x"]),
                F.layer("Add", "sum", reads: ["a", "b"]), F.layer("BatchNormalization", "bn", reads: ["sum"]),
            ], inputs: ["x"], outputs: ["bn"])
        let outcome = try F.fold(config, [("a", F.conv("a", 2, 3)), ("b", F.conv("b", 2, 3)), ("bn", F.norm("bn", 3))])
        #expect(outcome.normalizations == ["bn"])
    }

    @Test("A part of one that moves into a nested model becomes a layer there, with a name that all versions allow")
    func intoNestedModel() throws {
        // One of the two parts of the Concatenate takes its share, the other keeps it.
        let inner = F.fields(
            [
                F.input("i", "4, 4, 2"),
                F.layer("Conv2D", "c", F.convFields(2, #""activation": "tanh""#), reads: ["i"]),
                F.layer("Conv2D", "d", F.convFields(2), reads: ["i"]),
                F.layer("Conv2D", "e", F.convFields(2), reads: ["c"]),
                F.layer("BatchNormalization", "own", reads: ["d"]),
                F.layer("Concatenate", "cat", #""axis": -1"#, reads: ["c", "own"]),
            ], inputs: ["i"], outputs: ["cat", "e"])
        let config = F.functional(
            [
                F.input("x", "4, 4, 2"), F.layer("Functional", "enc", inner, reads: ["x"]),
                F.layer("BatchNormalization", "bn", reads: ["enc:1"]),
            ], inputs: ["x"], outputs: ["bn"])
        let leaves = [
            "c": F.conv("c", 2, 2), "d": F.conv("d", 2, 2), "e": F.conv("e", 2, 2), "own": F.norm("own", 2),
        ]
        let outcome = try F.fold(config, [F.nested("enc", of: config, leaves), ("bn", F.norm("bn", 4))])
        #expect(outcome.normalizations.count == 1)
        #expect(outcome.normalizations.allSatisfy { !$0.contains("/") })
    }

    @Test("A first layer that tells the input's shape and goes leaves an InputLayer before a nested model")
    func firstOfSequential() throws {
        let inner = #""layers": [{"class_name": "Conv2D", "config": {"name": "c", \#(F.convFields(2))}}]"#
        let config =
            #"{"class_name": "Sequential", "config": {"name": "net", "layers": [{"class_name": "BatchNormalization", "config": {"name": "bn", "batch_input_shape": [null, 4, 4, 3], "dtype": "float32"}}, {"class_name": "Sequential", "config": {"name": "inner", \#(inner)}}]}, "keras_version": "2.15.0"}"#
        let outcome = try F.fold(config, [("bn", F.norm("bn", 3)), ("inner", F.conv("c", 3, 2))])
        #expect(outcome.normalizations == [])
        #expect(outcome.model.layers.map(\.className) == ["InputLayer", "Sequential"])
    }

    @Test("A shift goes through the first half of a SeparableConv, which has no bias, into the second")
    func separable() throws {
        let config = F.functional(
            [
                F.input("x", "4, 4, 2"), F.layer("Activation", "relu", #""activation": "relu""#, reads: ["x"]),
                F.layer("BatchNormalization", "bn", reads: ["relu"]),
                F.layer("SeparableConv2D", "s", F.convFields(3, kernel: 2, #""depth_multiplier": 2"#), reads: ["bn"]),
            ], inputs: ["x"], outputs: ["s"])
        let weights: [WeightFixture.Tensor] = [
            .init(name: "s/depthwise_kernel:0", shape: [2, 2, 2, 2], first: -4),
            .init(name: "s/pointwise_kernel:0", shape: [1, 1, 4, 3], first: -5),
            .init(name: "s/bias:0", shape: [3], first: 1),
        ]
        #expect(try F.fold(config, [("bn", F.norm("bn", 2)), ("s", weights)]).normalizations == [])
    }

    @Test("A reader of a value and of its normalisation keeps the two apart")
    func oneReaderOfBoth() throws {
        let config = F.functional(
            [
                F.input("x", "4, 4, 2"), F.layer("Conv2D", "a", F.convFields(3), reads: ["x"]),
                F.layer("BatchNormalization", "bn", reads: ["a"]), F.layer("Add", "sum", reads: ["a", "bn"]),
            ], inputs: ["x"], outputs: ["sum"])
        #expect(try F.fold(config, [("a", F.conv("a", 2, 3)), ("bn", F.norm("bn", 3))]).normalizations == ["bn"])
    }
}
