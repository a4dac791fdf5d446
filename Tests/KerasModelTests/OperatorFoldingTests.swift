import Testing

@testable import KerasModel

@Suite("Operators of Keras 2 that affines pass")
struct OperatorFoldingTests {
    private typealias F = FoldFixture

    /// A convolution, an operator with a function of TensorFlow, and a normalisation behind it.
    private func left(
        behind function: String, _ arguments: String, channels: Int = 3, className: String = "TFOpLambda",
        axis: Int = -1, gamma: Int = 1
    ) throws -> [String] {
        let config = F.functional(
            [
                F.input("x", "4, 6, 2"), F.layer("Conv2D", "a", F.convFields(3), reads: ["x"]),
                #"{"class_name": "\#(className)", "name": "op", "config": {"name": "op", "function": "\#(function)"}, "inbound_nodes": [["a", 0, 0, {\#(arguments)}]]}"#,
                F.layer("BatchNormalization", "bn", #""axis": [\#(axis)]"#, reads: ["op"]),
            ], inputs: ["x"], outputs: ["bn"])
        return try F.fold(config, [("a", F.conv("a", 2, 3)), ("bn", F.norm("bn", channels, gamma: gamma))])
            .normalizations
    }

    @Test("Means over pixels, with and without their axes")
    func means() throws {
        #expect(try left(behind: "math.reduce_mean", #""axis": [1, 2], "keepdims": true"#) == [])
        #expect(try left(behind: "math.reduce_mean", #""axis": [1, 2]"#) == [])
        // Over the channels they are mixed.
        #expect(try left(behind: "math.reduce_mean", #""axis": 3, "keepdims": true"#, channels: 1) == ["bn"])
    }

    @Test("Maxima let no negative factor pass")
    func maxima() throws {
        #expect(try left(behind: "math.reduce_max", #""axis": 1"#) == [])
        #expect(try left(behind: "math.reduce_max", #""axis": 1"#, gamma: -1) == ["bn"])
    }

    @Test("Reshapes and transpositions that keep the channel's axis, or move it")
    func rearrangements() throws {
        #expect(try left(behind: "reshape", #""shape": [-1, 24, 3]"#) == [])
        #expect(try left(behind: "compat.v1.transpose", #""perm": [0, 2, 1, 3]"#) == [])
        #expect(try left(behind: "compat.v1.transpose", #""perm": [0, 3, 1, 2]"#, axis: 1) == [])
        #expect(try left(behind: "expand_dims", #""axis": 1"#) == [])
        // Images that run into one another are nothing that a layer says.
        #expect(try left(behind: "reshape", #""shape": [-1, 3]"#) == ["bn"])
    }

    @Test("Slices along pixels and along channels")
    func slices() throws {
        let all = #"{"start": null, "stop": null, "step": null}"#
        let rows = #""slice_spec": [\#(all), {"start": 1, "stop": 3, "step": null}]"#
        let one = #""slice_spec": [\#(all), 0]"#
        let every = #""slice_spec": [{"class_name": "__ellipsis__"}, {"start": null, "stop": null, "step": 2}]"#
        let name = "__operators__.getitem"
        #expect(try left(behind: name, rows, className: "SlicingOpLambda") == [])
        #expect(try left(behind: name, one, className: "SlicingOpLambda") == [])
        // The channel between the two that are taken has no factor, which is as good as any.
        #expect(try left(behind: name, every, channels: 2, className: "SlicingOpLambda") == [])
    }

    @Test("Padding with zeros keeps a shift back, clipping keeps all back")
    func paddingAndClipping() throws {
        let pads = #""paddings": [[0, 0], [1, 1], [0, 2], [0, 0]], "mode": "#
        #expect(try left(behind: "compat.v1.pad", pads + #""CONSTANT""#) == ["bn"])
        #expect(try left(behind: "compat.v1.pad", pads + #""REFLECT""#) == [])
        #expect(try left(behind: "clip_by_value", #""clip_value_min": -1.0, "clip_value_max": 1.0"#) == ["bn"])
    }

    @Test("A function of which nothing is known stops all, and the model stays as it is")
    func unknown() throws {
        #expect(try left(behind: "math.cumsum", #""axis": 1"#) == ["bn"])
    }
}
