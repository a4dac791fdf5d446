import Foundation
import Testing

/// Layers of forks, written as those of BVLC Caffe.
@Suite("Standard types")
struct StandardTypeTests {
    private func folder(_ type: String, group: String = "") throws -> TemporaryFolder {
        try TinyNet.folder { net in
            net.prototxt = net.prototxt.replacing(
                #"type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 2"#,
                with: #"type: "\#(type)" bottom: "data" top: "conv" convolution_param { num_output: 2\#(group)"#)
            net.prototxt += #"layer { name: "relu" type: "ReLU6" bottom: "conv" top: "conv" }"# + "\n"
            net.weights = WeightFile()
            net.weights.add("conv", 0, [2, 1, 1, 1], [1, 2])
            net.weights.add("conv", 1, [2], [0.5, -0.5])
            net.weights.add("bn", 0, [2], [2, -2])
            net.weights.add("bn", 1, [2], [2, 8])
            net.weights.add("bn", 2, [1], [2])
            net.weights.add("scale", 0, [2], [1, 2])
            net.weights.add("scale", 1, [2], [0, 1])
        }
    }

    @Test(
        "a depthwise convolution becomes a Convolution that tells its groups, and ReLU6 a Clip",
        arguments: [("DepthwiseConvolution", ""), ("ConvolutionDepthwise", ""), ("DepthwiseConvolution", " group: 2")],
        ["h5", "caffemodel"])
    func written(fork: (type: String, group: String), container: String) async throws {
        let folder = try folder(fork.type, group: fork.group)
        let outcome = try await Program.run(
            ["net.h5", "out.\(container)", "--standard-types", "--verify"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let text = try folder.text("out.prototxt")
        #expect(
            text.contains(#"type: "Convolution""#) && text.components(separatedBy: "group: 2").count == 2, "\(text)")
        #expect(text.contains(#"type: "Clip""#) && text.contains("max: 6"), "\(text)")
        #expect(outcome.errors.contains("of type \(fork.type): written as Convolution"), "\(outcome.errors)")
    }

    @Test("without the option they keep their types, and what BVLC lacks is told with it")
    func kept() async throws {
        let folder = try folder("DepthwiseConvolution")
        let plain = try await Program.run(["net.h5", "out.h5"], in: folder)
        #expect(plain.code == 0)
        #expect(try folder.text("out.prototxt").contains(#"type: "DepthwiseConvolution""#))
        let shuffled = try TinyNet.folder { net in
            net.prototxt +=
                #"layer { name: "s" type: "ShuffleChannel" bottom: "conv" top: "s" shuffle_channel_param { group: 2 } }"#
                + "\n"
        }
        let told = try await Program.run(["net.h5", "out.h5", "--standard-types"], in: shuffled)
        #expect(told.code == 0 && told.errors.contains("of type ShuffleChannel: left as it is"), "\(told)")
    }

    @Test("they are an option for nets of Caffe alone")
    func foreign() async throws {
        let folder = try TemporaryFolder.withKerasModels("small.keras")
        let outcome = try await Program.run(["small.keras", "out.keras", "--standard-types"], in: folder)
        #expect(outcome.code == 64 && outcome.errors.contains("--standard-types"), "\(outcome)")
    }
}
