import CaffeModel
import Testing

/// Caffe's rules about who may write a blob: `InsertSplits` and `Net::AppendTop`.
@Suite("Writers of a blob")
struct BlobWriterTests {
    private func refusal(_ layers: String...) -> String {
        failure { try TestNet(Text.input + layers.joined()).network() }
    }

    @Test("a layer in place on a blob that another layer read before is refused, with both names")
    func readBefore() {
        let message = refusal(
            Text.convolution("a", from: "data"), Text.convolution("b", from: "a"), Text.inPlace("ReLU", "relu", on: "a")
        )
        #expect(message.contains("net.prototxt:4:1: layer 'relu' (ReLU)"), "\(message)")
        #expect(message.contains("'b'") && message.contains("line 3") && message.contains("two writers"), "\(message)")
    }

    @Test("a layer in place on a blob that it reads twice is refused")
    func readsTwice() {
        let message = refusal(
            #"layer { name: "sum" type: "Eltwise" bottom: "data" bottom: "data" top: "data" }"#)
        #expect(message.contains("'sum'") && message.contains("2 times"), "\(message)")
    }

    @Test("a layer in place on a blob with a loss_weight is refused, for the loss reads it")
    func lossWeight() {
        let message = refusal(
            Text.convolution("a", from: "data", extra: " loss_weight: 0.5"), Text.inPlace("ReLU", "relu", on: "a"))
        #expect(message.contains("'relu'") && message.contains("'a'") && message.contains("loss_weight"), "\(message)")
    }

    @Test("a loss_weight of 0 reads nothing")
    func lossWeightOfZero() {
        let message = refusal(
            Text.convolution("a", from: "data", extra: " loss_weight: 0"), Text.inPlace("ReLU", "relu", on: "a"))
        #expect(message.isEmpty, "\(message)")
    }

    @Test("a top is in place only on the bottom of the same number")
    func otherNumber() {
        let message = refusal(
            Text.convolution("a", from: "data"), Text.convolution("b", from: "data"),
            #"layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "b" }"#)
        #expect(message.contains("'sum'") && message.contains("'b'") && message.contains("same number"), "\(message)")
    }

    @Test("two tops of one name are refused, also where the first is in place")
    func twoTops() {
        let message = refusal(#"layer { name: "cut" type: "Slice" bottom: "data" top: "data" top: "data" }"#)
        #expect(message.contains("'cut'") && message.contains("two tops 'data'"), "\(message)")
    }

    @Test("a layer whose code needs two blobs is refused in place", arguments: ["Split", "Flatten", "Reshape"])
    func neverInPlace(type: String) {
        let message = refusal(Text.inPlace(type, "x", on: "data"))
        #expect(message.contains("'x' (\(type))") && message.contains("cannot work in place"), "\(message)")
    }

    @Test("layers in place one after the other are one chain, and its last value may have many readers")
    func chain() {
        let message = refusal(
            Text.convolution("a", from: "data"), Text.inPlace("ReLU", "r", on: "a"),
            Text.inPlace("Dropout", "d", on: "a"),
            Text.convolution("b", from: "a"), Text.convolution("c", from: "a"))
        #expect(message.isEmpty, "\(message)")
    }

    @Test("a reader of another phase does not count")
    func otherPhase() {
        let message = refusal(
            Text.convolution("a", from: "data"),
            Text.convolution("b", from: "a", extra: " include { phase: TRAIN }"), Text.inPlace("ReLU", "relu", on: "a"))
        #expect(message.isEmpty, "\(message)")
    }

    @Test("a metric that deployment drops counts, for Caffe reads the net as it is written")
    func metric() {
        let message = refusal(
            #"layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 1 } } }"# + "\n",
            Text.convolution("a", from: "data"),
            #"layer { name: "accuracy" type: "Accuracy" bottom: "a" bottom: "label" top: "accuracy" }"# + "\n",
            Text.inPlace("ReLU", "relu", on: "a"))
        #expect(message.contains("'relu'") && message.contains("'accuracy'"), "\(message)")
    }
}
