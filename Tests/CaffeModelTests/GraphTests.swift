import CaffeModel
import NetGraph
import Testing

/// From layers that name blobs to a graph of values.
@Suite("Graph")
struct GraphTests {
    @Test("an in-place layer reads the value before it and writes a new one")
    func inPlace() throws {
        let network = try TestNet(
            Text.input + Text.convolution("conv", from: "data") + Text.inPlace("ReLU", "relu", on: "conv")
                + Text.convolution("next", from: "conv")
        ).network()
        let (convolution, relu, next) = (network.layers[1], network.layers[2], network.layers[3])
        #expect(relu.inputs == convolution.outputs)
        #expect(relu.outputs != relu.inputs)
        #expect(next.inputs == relu.outputs)
        #expect(network[relu.outputs[0]].name == "conv")
    }

    @Test("a blob with two readers is one value")
    func secondReader() throws {
        let network = try TestNet(
            Text.input + Text.convolution("a", from: "data") + Text.convolution("b", from: "data")
        ).network()
        #expect(network.layers[1].inputs == network.layers[2].inputs)
    }

    @Test("what nobody reads is an output")
    func outputs() throws {
        let network = try TestNet(
            Text.input + Text.convolution("a", from: "data") + Text.convolution("b", from: "a")
                + Text.convolution("c", from: "a")
        ).network()
        #expect(network.outputs.map { network[$0].name } == ["b", "c"])
    }

    @Test("shapes of weights follow from the bottom")
    func shapes() throws {
        let network = try TestNet(Text.input + Text.convolution("conv", from: "data")).network()
        #expect(network.layers[1].operation.parameters.map { network[$0].shape } == [[2, 2, 1, 1], [2]])
        #expect(network[network.layers[1].outputs[0]].shape == TensorShape([1, 2, 4, 4]))
    }

    @Test("parameters of one name are one parameter")
    func sharing() throws {
        let shared = #" param { name: "w" } param { name: "b" }"#
        let network = try TestNet(
            Text.input + Text.convolution("a", from: "data", extra: shared)
                + Text.convolution("b", from: "data", extra: shared)
        ).network()
        #expect(network.layers[1].operation.parameters == network.layers[2].operation.parameters)
        #expect(network.parameters.count == 2)
    }

    @Test("one shared parameter leaves the other its layer's own")
    func partlyShared() throws {
        let shared = #" param { name: "w" }"#
        let network = try TestNet(
            Text.input + Text.convolution("a", from: "data", extra: shared)
                + Text.convolution("b", from: "data", extra: shared)
        ).network()
        let (first, second) = (network.layers[1].operation.parameters, network.layers[2].operation.parameters)
        #expect(first[0] == second[0] && first[1] != second[1])
    }

    @Test("sharers of different shapes are an error that names both")
    func sharingOfOtherShape() throws {
        let text =
            Text.input + Text.convolution("a", from: "data", extra: #" param { name: "w" }"#)
            + #"layer { name: "b" type: "Convolution" bottom: "data" top: "b" param { name: "w" } "#
            + "convolution_param { num_output: 3 kernel_size: 1 } }\n"
        let message = failure { try TestNet(text).network() }
        #expect(message.contains("'w'") && message.contains("2x2x1x1") && message.contains("3x2x1x1"), "\(message)")
    }

    @Test("an unknown bottom is an error with line, layer and blob")
    func undefinedBottom() throws {
        let message = failure { try TestNet(Text.input + Text.convolution("conv", from: "date")).network() }
        #expect(message.contains("net.prototxt:2:1:") && message.contains("'conv'") && message.contains("'date'"))
    }

    @Test("a bottom that is written only later is unknown")
    func laterBottom() throws {
        let message = failure {
            try TestNet(Text.input + Text.convolution("a", from: "b") + Text.convolution("b", from: "data")).network()
        }
        #expect(message.contains("'a'") && message.contains("'b'"))
    }

    @Test("two layers that write one blob are an error that names both")
    func duplicateTop() throws {
        let message = failure {
            try TestNet(
                Text.input + Text.convolution("a", from: "data", to: "x") + Text.convolution("b", from: "data", to: "x")
            ).network()
        }
        #expect(
            message.contains("net.prototxt:3:1:") && message.contains("'x'") && message.contains("'a'"), "\(message)")
    }

    @Test("two layers with weights and one name are an error")
    func duplicateName() throws {
        let message = failure {
            try TestNet(
                Text.input + Text.convolution("a", from: "data", to: "x") + Text.convolution("a", from: "data", to: "y")
            ).network()
        }
        #expect(message.contains("net.prototxt:3:1:") && message.contains("line 2"), "\(message)")
    }

    @Test("an unknown type is opaque, with whatever blobs the weights hold for it")
    func unknownType() throws {
        let net = try TestNet(
            Text.input + #"layer { name: "x" type: "Warp" bottom: "data" top: "x" }"#,
            blobs: ["x/0": TestNet.Blob(shape: [3], values: [1, 2, 3])])
        let network = try net.network()
        guard case .opaque(let opaque) = network.layers[1].operation else {
            Issue.record("is \(network.layers[1].operation)")
            return
        }
        #expect(opaque.type == "Warp")
        #expect(opaque.parameters.map { network[$0].shape } == [[3]])
    }

    @Test(
        "inputs that the net itself declares",
        arguments: [
            "input: 'data' input_shape { dim: 1 dim: 2 dim: 4 dim: 4 }\n",
            "input: 'data'\ninput_dim: 1\ninput_dim: 2\ninput_dim: 4\ninput_dim: 4\n",
            "input: 'data' input_dim: [1, 2, 4, 4]\n",
        ])
    func declaredInput(declaration: String) throws {
        let network = try TestNet(declaration + Text.convolution("conv", from: "data")).network()
        #expect(network.layers.map(\.type) == ["Input", "Convolution"])
        #expect(network[network.layers[0].outputs[0]].shape == TensorShape([1, 2, 4, 4]))
    }

    @Test(
        "a layer that Caffe would not build is an error that names it",
        arguments: [
            #"layer { name: "x" type: "Convolution" bottom: "data" top: "x" convolution_param { kernel_size: 1 } }"#,
            #"layer { name: "x" type: "Convolution" bottom: "data" top: "x" convolution_param { num_output: 2 } }"#,
            #"layer { name: "x" type: "Convolution" bottom: "data" top: "x" convolution_param { num_output: 3 kernel_size: 1 group: 2 } }"#,
            #"layer { name: "x" type: "Convolution" bottom: "data" top: "x" convolution_param { num_output: 2 kernel_size: 0 } }"#,
            #"layer { name: "x" type: "Convolution" bottom: "data" top: "x" convolution_param { num_output: -2 kernel_size: 1 } }"#,
            #"layer { name: "x" type: "Convolution" bottom: "data" top: "x" convolution_param { num_output: 99999999999 kernel_size: 1 } }"#,
            #"layer { name: "x" type: "InnerProduct" bottom: "data" top: "x" inner_product_param { num_output: 2 axis: 9 } }"#,
            #"layer { name: "x" type: "Convolution" top: "x" convolution_param { num_output: 2 kernel_size: 1 } }"#,
            #"layer { name: "x" type: "ReLU" bottom: "data" }"#,
            #"layer { name: "x" type: "Eltwise" bottom: "data" bottom: "data" top: "x" eltwise_param { coeff: 1 } }"#,
            #"layer { name: "x" type: "Scale" bottom: "data" top: "x" scale_param { axis: 2 num_axes: 3 } }"#,
        ])
    func malformedLayer(layer: String) throws {
        let message = failure { try TestNet(Text.input + layer).network() }
        #expect(message.contains("net.prototxt:2:"), "\(message)")
    }
}
