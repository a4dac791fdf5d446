import CaffeModel
import NetGraph
import Testing

/// Split, Flatten, Reshape and the like hand on the memory of what they read.
@Suite("Layers in place on shared memory")
struct SharedMemoryTests {
    private static let flatten = "layer { name: \"flat\" type: \"Flatten\" bottom: \"conv\" top: \"flat\" }\n"

    @Test("a layer in place on memory that another layer reads later is refused, with both names")
    func laterReader() {
        let message = failure {
            try TestNet(
                Text.input + Text.convolution("conv", from: "data") + Self.flatten
                    + Text.inPlace("ReLU", "relu", on: "flat") + Text.convolution("next", from: "conv")
            ).network()
        }
        #expect(message.contains("net.prototxt:4:1: layer 'relu'"), "\(message)")
        #expect(message.contains("'next' (line 5)") && message.contains("memory"), "\(message)")
    }

    @Test("an output of the net in that memory counts as read at the end")
    func output() {
        let message = failure {
            try TestNet(
                Text.input + Text.convolution("conv", from: "data")
                    + "layer { name: \"split\" type: \"Split\" bottom: \"conv\" top: \"a\" top: \"b\" }\n"
                    + Text.inPlace("ReLU", "relu", on: "a")
            ).network()
        }
        #expect(message.contains("'relu'") && message.contains("'b'"), "\(message)")
    }

    @Test("who read that memory before does no harm")
    func earlierReader() {
        let message = failure {
            try TestNet(
                Text.input + Text.convolution("conv", from: "data") + Text.convolution("next", from: "conv")
                    + Self.flatten + Text.inPlace("ReLU", "relu", on: "flat")
            ).network()
        }
        #expect(message.isEmpty, "\(message)")
    }

    /// A layer that copied went, and what it wrote now lies in the memory of `conv`.
    @Test("what stays in place after a fold writes over no memory that is read later")
    func afterFold() throws {
        let network = try TestNet(
            Text.input + Text.convolution("conv", from: "data")
                + "layer { name: \"drop\" type: \"Dropout\" bottom: \"conv\" top: \"drop\" }\n"
                + "layer { name: \"flat\" type: \"Flatten\" bottom: \"drop\" top: \"flat\" }\n"
                + Text.inPlace("ReLU", "relu", on: "flat") + Text.convolution("next", from: "conv"),
            blobs: TestNet.convolution("conv").merging(TestNet.convolution("next")) { first, _ in first }
        ).folded().network.network
        let relu = try #require(network.layers.first { $0.name == "relu" })
        #expect(network[relu.outputs[0]].name == "flat")
        #expect(network[relu.inputs[0]].name != "flat")
    }
}

/// Caffe takes for outputs what no layer reads.
@Suite("Outputs after a fold")
struct FoldedOutputTests {
    @Test("an output that equals what a layer reads stays a value of its own")
    func sharedAffine() throws {
        let shared = #" param { name: "b" }"#
        let network = try TestNet(
            Text.input + Text.convolution("conv", from: "data")
                + "layer { name: \"out\" type: \"Bias\" bottom: \"conv\" top: \"out\"\(shared) }\n"
                + "layer { name: \"shift\" type: \"Bias\" bottom: \"conv\" top: \"shift\"\(shared) }\n"
                + Text.inPlace("ReLU", "relu", on: "shift"),
            blobs: TestNet.convolution("conv").merging(["out/0": TestNet.Blob(shape: [2], values: [1, 2])]) {
                first, _ in first
            }
        ).folded().network.network
        let read = ValueSet(readBy: network.layers, of: network)
        #expect(network.outputs.map { network[$0].name } == ["out", "shift"])
        #expect(!network.outputs.contains(where: read.contains))
    }
}
