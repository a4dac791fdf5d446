import CaffeModel
import NetGraph
import Testing

/// What real nets hold that a newcomer would not expect.
@Suite("Real nets")
struct RealNetTests {
    private let reader = Text.convolution("conv", from: "data")

    // MARK: Where data comes from

    @Test("a Python layer without bottoms is a data layer, whatever its phase", arguments: ["TRAIN", "TEST"])
    func pythonData(phase: String) throws {
        let text =
            #"layer { name: "feed" type: "Python" top: "data" top: "label" include { phase: \#(phase) } }"#
            + reader + #"layer { name: "loss" type: "SoftmaxWithLoss" bottom: "conv" bottom: "label" }"#
        let network = try TestNet(text).conversion().network
        #expect(network.layers.map(\.type) == ["Input", "Convolution", "Softmax"])
        #expect(network.layers[0].outputs.map { network[$0].name } == ["data"])
    }

    @Test("an input without a shape is dropped where a layer writes it")
    func inputBesideLayer() throws {
        let network = try TestNet(#"input: "data""# + "\n" + Text.input + reader).network()
        #expect(network.layers.map(\.name) == ["data", "conv"])
        #expect(network[network.layers[0].outputs[0]].shape == TensorShape([1, 2, 4, 4]))
    }

    @Test("an input without a shape stays where no layer writes it, though one works in place on it")
    func inputAlone() throws {
        let text = #"input: "data""# + "\n" + Text.inPlace("ReLU", "relu", on: "data") + reader
        let network = try TestNet(text).network()
        #expect(network.layers.map(\.type) == ["Input", "ReLU", "Convolution"])
    }

    @Test("an input with a shape beside a layer that writes it as well is an error, as in Caffe")
    func inputTwice() {
        let text = #"input: "data" input_shape { dim: 1 dim: 2 dim: 4 dim: 4 }"# + "\n" + Text.input + reader
        #expect(failure { try TestNet(text).network() }.contains("each blob may have one producer"))
    }

    // MARK: Bottoms that nobody writes

    @Test("a bottom that only TRAIN writes is told with the layer that writes it, and what to do")
    func trainOnly() {
        let text =
            Text.input + Text.convolution("early", from: "data", extra: " include { phase: TRAIN }")
            + Text.convolution("late", from: "early")
        let message = failure { try TestNet(text).network() }
        #expect(message.contains("layer 'late' (Convolution): its bottom 'early'"), "\(message)")
        #expect(message.contains("layer 'early' (Convolution) in line 2"))
        #expect(message.contains("only in the phase TRAIN"))
        #expect(message.contains("add a layer for TEST"))
    }

    @Test("a bottom that TEST excludes is told as well")
    func excluded() {
        let text =
            Text.input + Text.convolution("early", from: "data", extra: " exclude { phase: TEST }")
            + Text.convolution("late", from: "early")
        #expect(failure { try TestNet(text).network() }.contains("only in the phase TRAIN"))
    }

    @Test("a bottom that a stage writes is told with the option that names it")
    func stage() {
        let text =
            Text.input + Text.convolution("early", from: "data", extra: #" include { stage: "deploy" }"#)
            + Text.convolution("late", from: "early")
        #expect(failure { try TestNet(text).network() }.contains("--stage deploy"))
    }

    @Test("a bottom that a layer behind writes is told with that layer")
    func order() {
        let text = Text.input + Text.convolution("late", from: "early") + Text.convolution("early", from: "data")
        let message = failure { try TestNet(text).network() }
        #expect(message.contains("layer 'early' (Convolution) in line 3 writes it only behind"), "\(message)")
    }

    @Test("a bottom that nobody writes says just that")
    func nobody() {
        let message = failure { try TestNet(Text.input + Text.convolution("late", from: "early")).network() }
        #expect(message.contains("its bottom 'early' is the top of no layer before it; if it is the net's data"))
    }

    // MARK: Geometry

    /// Two branches from a value of 4x4 pixels, one of which shrinks it, joined.
    private func joined(_ extra: String = "", behind: String = "") -> String {
        Text.input + behind
            + #"layer { name: "a" type: "Convolution" bottom: "data" top: "a" convolution_param { num_output: 2 kernel_size: 3 } \#(extra) }"#
            + Text.convolution("b", from: "data")
            + #"layer { name: "join" type: "Concat" bottom: "a" bottom: "b" top: "join" }"# + "\n"
            + Text.convolution("next", from: "join")
    }

    @Test("sizes that contradict each other are an error where all geometry is certain")
    func certain() {
        #expect(failure { try TestNet(joined()).network() }.contains("differ beside axis 1"))
    }

    @Test(
        "behind what a fork runs they are not known, and the channels stay",
        arguments: ["device { type: GPU }", "quantization_param { scale_in: 1 }"])
    func uncertain(extra: String) throws {
        let network = try TestNet(joined(extra)).network()
        #expect(network[network.layers[3].outputs[0]].shape == TensorShape([1, 4, nil, nil]))
        #expect(network[network.layers[4].outputs[0]].shape == TensorShape([1, 2, nil, nil]))
    }

    @Test("what comes from a data layer of a fork is no more certain")
    func uncertainData() throws {
        let data =
            #"layer { name: "data" type: "AnnotatedData" top: "data" transform_param { crop_size: 4 } }"# + "\n"
        let network = try TestNet(joined().replacing(Text.input, with: data)).network()
        #expect(network[network.layers[3].outputs[0]].shape?.length(ofAxis: 1) == 4)
    }

    @Test("what a net says beside its layers tells of a fork as well")
    func uncertainNet() throws {
        let network = try TestNet("default_forward_type: FLOAT\n" + joined()).network()
        #expect(network[network.layers[3].outputs[0]].shape == TensorShape([1, 4, nil, nil]))
    }

    @Test("a layer with other numbers of bottoms and tops is left alone where a fork runs it, else an error")
    func arity() throws {
        let text =
            Text.input
            + #"layer { name: "bn" type: "BN" bottom: "data" top: "bn" top: "mean" top: "variance" }"# + "\n"
            + Text.convolution("next", from: "bn")
        guard case .opaque(let opaque) = try TestNet(text).network().layers[1].operation else {
            Issue.record("the layer is not opaque")
            return
        }
        #expect(opaque.cause == "it has 1 bottoms and 3 tops")
        let certain = text.replacing(#""BN""#, with: #""BatchNorm""#)
        #expect(failure { try TestNet(certain).network() }.contains("1 bottoms and 3 tops"))
    }

    @Test("a fork's layer with fields of another kind is left alone", arguments: ["Upsample", "AnnotatedData"])
    func otherKinds(type: String) throws {
        let text =
            type == "Upsample"
            ? Text.input
                + #"layer { name: "x" type: "Upsample" bottom: "data" top: "x" upsample_param { scale: 2.5 } }"#
            : #"layer { name: "x" type: "AnnotatedData" top: "x" transform_param { crop_size: 8 crop_size: 9 } }"#
        let network = try TestNet(text).network()
        #expect(network[try #require(network.layers.last?.outputs.first)].shape?.length(ofAxis: 2) == nil)
    }

    @Test("sense that no input could make is an error whatever runs the net")
    func nonsense() {
        let text =
            Text.input
            + #"layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" device { type: GPU } pooling_param { kernel_size: 2 pad: 2 } }"#
        #expect(failure { try TestNet(text).network() }.contains("make no sense"))
    }

    // MARK: V1

    @Test("a V1 BN is a BN, and a V1 type in quotes is what it says", arguments: ["BN", "BATCHNORM"])
    func v1(type: String) throws {
        let text = """
            input: "data" input_dim: 1 input_dim: 2 input_dim: 4 input_dim: 4
            layers { name: "conv" type: "CONVOLUTION" bottom: "data" top: "conv" convolution_param { num_output: 2 kernel_size: 1 } }
            layers { name: "bn" type: \(type) bottom: "conv" top: "bn" }
            """
        let network = try TestNet(text).network()
        #expect(network.layers.map(\.type) == ["Input", "Convolution", "BatchNorm"])
    }
}
