import CaffeModel
import Foundation
import HDF5
import NetGraph
import Testing

/// The weights held against the net.
@Suite("Weights and net")
struct WeightCheckTests {
    private let text = Text.input + Text.convolution("conv", from: "data") + Text.inPlace("BatchNorm", "bn", on: "conv")
    private let blobs = TestNet.convolution("conv").merging(TestNet.batchNorm("bn")) { first, _ in first }

    /// The error for weights with a change.
    private func message(
        groups: [String] = [], _ change: (inout [String: TestNet.Blob]) -> Void
    ) throws -> String {
        var blobs = blobs
        change(&blobs)
        let net = try TestNet(text, blobs: blobs, groups: groups)
        return failure { try net.conversion() }
    }

    @Test("weights that fit are taken")
    func fitting() throws {
        #expect(try message { _ in } == "")
    }

    @Test("a layer without a group")
    func missingGroup() throws {
        let message = try message { $0 = $0.filter { !$0.key.hasPrefix("bn") } }
        #expect(message.contains("net.h5") && message.contains("'/data/bn'") && message.contains("'bn' (BatchNorm)"))
    }

    @Test("a layer whose group is empty, which Caffe aborts on")
    func emptyGroup() throws {
        let message = try message(groups: ["bn"]) { $0 = $0.filter { !$0.key.hasPrefix("bn") } }
        #expect(message.contains("'/data/bn' holds 0 blobs") && message.contains("mean"), "\(message)")
    }

    @Test("a missing bias")
    func missingBias() throws {
        let message = try message { $0["conv/1"] = nil }
        #expect(message.contains("'/data/conv' holds 1 blob") && message.contains("bias is missing"), "\(message)")
    }

    @Test("a gap in the blobs names the blob that is missing, also where their number is right")
    func gap() throws {
        let message = try message { $0["conv/0"] = nil }
        #expect(message.contains("blob 0 is missing, the weight"), "\(message)")
        let net = try TestNet(
            text.replacing("kernel_size: 1", with: "kernel_size: 1 bias_term: false"),
            blobs: blobs.filter { $0.key != "conv/0" })
        let right = failure { try net.conversion() }
        #expect(right.contains("holds 1 blob, among them '/data/conv/1', blob 0 is missing, the weight;"), "\(right)")
    }

    @Test("a surplus blob, which Caffe aborts on")
    func surplus() throws {
        let message = try message { $0["conv/2"] = TestNet.Blob(shape: [2], values: [0, 0]) }
        #expect(message.contains("'/data/conv/2'") && message.contains("2 (weight, bias)"), "\(message)")
    }

    @Test("blobs for a layer that has none")
    func surplusForReLU() throws {
        let net = try TestNet(
            text + Text.inPlace("ReLU", "relu", on: "conv"),
            blobs: blobs.merging(["relu/0": TestNet.Blob(shape: [2], values: [0, 0])]) { first, _ in first })
        let message = failure { try net.conversion() }
        #expect(message.contains("'/data/relu/0'") && message.contains("needs none"), "\(message)")
    }

    @Test(
        "a blob of another shape, with both shapes",
        arguments: [
            ("conv/0", [2, 3, 1, 1], "2x2x1x1"), ("conv/0", [2, 2], "2x2x1x1"), ("conv/1", [3], "2"),
            ("conv/1", [1, 1, 1, 2], "2"), ("bn/0", [3], "2"), ("bn/2", [2], "1"),
        ])
    func shape(blob: String, shape: [Int], expected: String) throws {
        let values = [Double](repeating: 1, count: shape.reduce(1, *))
        let message = try message { $0[blob] = TestNet.Blob(shape: shape, values: values) }
        let found = shape.map(String.init).joined(separator: "x")
        #expect(
            message.contains("'/data/\(blob)' has shape \(found)") && message.contains("needs \(expected);"),
            "\(message)")
    }

    @Test("a blob whose name is no number")
    func strangeName() throws {
        let message = try message { $0["conv/weight"] = TestNet.Blob(shape: [1], values: [0]) }
        #expect(message.contains("'/data/conv/weight'"), "\(message)")
    }

    @Test("groups of layers that the net does not have are left alone")
    func foreignGroup() throws {
        #expect(
            try message { $0["train_only/0"] = TestNet.Blob(shape: [9], values: [Double](repeating: 0, count: 9)) }
                == "")
    }

    @Test("blobs are found inside groups that a name with '/' nests")
    func nestedNames() throws {
        let net = try TestNet(
            Text.input + Text.convolution("conv", from: "data") + Text.inPlace("BatchNorm", "conv/bn", on: "conv"),
            blobs: TestNet.convolution("conv").merging(TestNet.batchNorm("conv/bn")) { first, _ in first })
        let network = try net.network()
        #expect(network.layers[2].operation.parameters.map { network[$0].shape } == [[2], [2], [1]])
    }

    /// An inner product with two inputs and outputs.
    private static let product = """
        layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 } } }
        layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 2 } }

        """

    @Test("half precision and big-endian numbers are read as they are", arguments: ["half.h5", "big-endian.h5"])
    func formats(name: String) throws {
        let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        let written = try TestNet(Self.product, weights: fixtures.appendingPathComponent(name)).deployWeights()
        #expect(written["ip/0"]?.values == [1.5, -2, 3, 0.25])
        #expect(written["ip/1"]?.values == [0.5, -8])
        #expect(written["ip/0"]?.elementType == .float32)
    }

    @Test("double precision stays, and loses nothing")
    func doublePrecision() throws {
        let values = [0.1, 1e-300, -1e300, 1 + 0x1p-52]
        let written = try TestNet(
            Self.product,
            blobs: [
                "ip/0": TestNet.Blob(shape: [2, 2], values: values, elementType: .float64),
                "ip/1": TestNet.Blob(shape: [2], values: [1, 2]),
            ]
        ).deployWeights()
        #expect(written["ip/0"]?.elementType == .float64)
        #expect(written["ip/0"]?.values == values)
        #expect(written["ip/1"]?.elementType == .float32)
    }

    @Test("double precision stays where a BatchNorm is folded, and its new bias has it too")
    func doublePrecisionFolded() throws {
        var blobs = blobs
        blobs["conv/1"] = nil
        blobs["conv/0"]?.elementType = .float64
        let written = try TestNet(
            text.replacing("kernel_size: 1", with: "kernel_size: 1 bias_term: false"), blobs: blobs
        ).deployWeights()
        let scale = 1 / (4 + Double(Float(1e-5))).squareRoot()
        #expect(written["conv/0"]?.elementType == .float64 && written["conv/1"]?.elementType == .float64)
        #expect(written["conv/0"]?.values[0] == scale)
        #expect(written["conv/1"]?.values[0] == -scale)
    }

    @Test(
        "a field that is not finite never becomes a weight that is not finite",
        arguments: [
            Text.inPlace("BatchNorm", "bn", on: "conv", extra: " batch_norm_param { eps: nan }"),
            Text.inPlace("Power", "power", on: "conv", extra: " power_param { scale: inf }")
                + Text.inPlace("BatchNorm", "bn", on: "conv"),
        ])
    func notFiniteField(layers: String) throws {
        let net = try TestNet(Text.input + Text.convolution("conv", from: "data") + layers, blobs: blobs)
        // An error is as good.
        let written = (try? net.deployWeights()) ?? [:]
        #expect(written.values.allSatisfy { $0.values.allSatisfy(\.isFinite) }, "\(written)")
    }
}
