import CaffeModel
import Foundation
import Frontend
import Testing

/// Layers of the weights that the net has in no phase.
@Suite("Surplus weights")
struct SurplusWeightsTests {
    private let text = Text.input + Text.convolution("conv", from: "data") + Text.inPlace("BatchNorm", "bn", on: "conv")
    private let blobs = TestNet.convolution("conv").merging(TestNet.batchNorm("bn")) { first, _ in first }

    private func net(
        _ text: String? = nil, and extra: [String: TestNet.Blob], blobs: [String: TestNet.Blob]? = nil
    ) throws -> TestNet {
        try TestNet(text ?? self.text, blobs: (blobs ?? self.blobs).merging(extra) { first, _ in first })
    }

    private func vector(_ count: Int, _ value: Double = 1) -> TestNet.Blob {
        TestNet.Blob(shape: [count], values: [Double](repeating: value, count: count))
    }

    /// Blobs of a layer, each a vector of the given length.
    private func vectors(_ name: String, _ counts: Int...) -> [String: TestNet.Blob] {
        Dictionary(uniqueKeysWithValues: counts.enumerated().map { ("\(name)/\($0)", vector($1)) })
    }

    private static let names = [
        "bn1": [8, 8, 1], "batch_normalization_1": [4, 4, 1], "conv2/bn": [8, 8, 1], "x": [8, 8, 1, 8, 8],
        "y": [8, 8, 1, 8], "conv/scale": [8], "one": [1, 1, 1], "four": [8, 8, 8, 8], "scale9": [8, 8],
    ]

    @Test("a net without normalisations is merged, whatever those of the weights are called", arguments: names.keys)
    func refused(name: String) throws {
        var extra: [String: TestNet.Blob] = [:]
        for (index, count) in (Self.names[name] ?? []).enumerated() { extra["\(name)/\(index)"] = vector(count) }
        let net = try net(
            Text.input + Text.convolution("conv", from: "data"), and: extra, blobs: TestNet.convolution("conv"))
        let message = failure { try net.conversion() }
        #expect(message.contains("'\(name)' (") && message.contains("looks merged already: "), "\(message)")
    }

    @Test(
        "a net that was merged in part is told by the names of what it lacks",
        arguments: ["conv_bn", "bn_conv", "conv/bn", "batch_normalization_1"])
    func mergedInPart(name: String) throws {
        let message = failure { try net(and: vectors(name, 2, 2, 1)).conversion() }
        #expect(message.contains("'\(name)' (BatchNorm)") && message.contains("merged already, in part"), "\(message)")
    }

    @Test("a normalisation of a layer that the net has is refused beside whatever else it lacks")
    func besideHead() throws {
        let extra = vectors("conv_bn", 2, 2, 1).merging(head) { first, _ in first }
        let message = failure { try net(and: extra).conversion() }
        #expect(message.contains("'conv_bn' (BatchNorm)") && !message.contains("fc"), "\(message)")
    }

    /// A linear layer that the net lacks.
    private var head: [String: TestNet.Blob] {
        ["fc/0": TestNet.Blob(shape: [4, 2], values: [Double](repeating: 1, count: 8)), "fc/1": vector(4)]
    }

    @Test(
        "where a part with weights was cut away, its normalisations go with it", arguments: ["l6b", "conv1_bn", "bn7"])
    func cutAway(name: String) throws {
        let net = try net(and: vectors(name, 2, 2, 1).merging(head) { first, _ in first })
        let conversion = try net.conversion()
        #expect(conversion.original.remarks.map(\.kind) == [.surplusLayers])
        #expect(Set(conversion.surplus.map(\.name)) == [name, "fc"])
    }

    @Test("two vectors are a Scale where a normalisation has their length, one of them as well")
    func besideNormalization() throws {
        let extra = vectors("a", 8, 8, 1).merging(vectors("b", 8)) { first, _ in first }
            .merging(vectors("c", 8, 8)) { first, _ in first }.merging(vectors("d", 5, 5)) { first, _ in first }
        let net = try net(
            Text.input + Text.convolution("conv", from: "data"), and: extra, blobs: TestNet.convolution("conv"))
        let message = failure { try net.conversion() }
        #expect(message.contains("'a' (BatchNorm), 'b' (Scale), 'c' (Scale); without"), "\(message)")
    }

    @Test("other layers are left out with a warning, and listed")
    func otherLayers() throws {
        let extra: [String: TestNet.Blob] = [
            "loss1/fc/0": TestNet.Blob(shape: [4, 2], values: [Double](repeating: 1, count: 8)),
            "loss1/fc/1": vector(4),
            "prelu9/0": vector(8), "tall/0": TestNet.Blob(shape: [3, 1], values: [1, 2, 3]), "tall/1": vector(3),
        ]
        let net = try net(and: extra)
        let conversion = try net.conversion()
        #expect(conversion.surplus.map(\.name) == ["loss1/fc", "prelu9", "tall"])
        #expect(conversion.surplus.map(\.type) == [nil, nil, nil])
        #expect(conversion.original.remarks.map(\.kind) == [.surplusLayers])
        #expect(conversion.original.remarks.first?.layers == ["loss1/fc", "prelu9", "tall"])
        #expect(try net.deployWeights().keys.sorted() == ["conv/0", "conv/1"])
    }

    @Test("layers of other phases and stages, empty groups and /diff are no surplus")
    func otherPhases() throws {
        let training =
            #"layer { name: "aux_bn" type: "BatchNorm" bottom: "conv" top: "aux" include { phase: TRAIN } }"# + "\n"
        let net = try TestNet(
            text + training, blobs: blobs.merging(vectors("aux_bn", 2, 2, 1)) { first, _ in first },
            groups: ["data_split", "loss"])
        let conversion = try net.conversion()
        #expect(conversion.surplus.isEmpty && conversion.original.remarks.isEmpty)
    }

    @Test("a group that holds no blobs in Caffe's sense is no error, as in Caffe")
    func strangeGroup() throws {
        let net = try net(and: ["optimizer/weight": vector(3)])
        #expect(try net.conversion().surplus.map(\.name) == ["optimizer"])
    }

    @Test("normalisations are left out where the user says so")
    func ignored() throws {
        let net = try net(and: vectors("bn1", 8, 8, 1))
        net.options.ignoresSurplus = true
        #expect(try net.conversion().original.remarks.map(\.kind) == [.surplusLayers])
        #expect(try net.deployWeights().keys.sorted() == ["conv/0", "conv/1"])
    }

    @Test("where both are lacking, the error names the surplus and the missing blob")
    func both() throws {
        var blobs = blobs.merging(vectors("conv_scale", 2, 2)) { first, _ in first }
        blobs["conv/1"] = nil
        let net = try TestNet(text, blobs: blobs)
        let message = failure { try net.conversion() }
        #expect(message.contains("'conv_scale' (Scale)") && message.contains("the bias is missing"), "\(message)")
    }

    @Test("layers of a V1 .caffemodel are told by number where it is known, else by their blobs")
    func oldFormat() throws {
        let net = try TestNet(Text.input + Text.convolution("conv", from: "data"), weights: try OldModel.write())
        let message = failure { try net.conversion() }
        #expect(message.contains("'bn' (BN)") && !message.contains("fc"), "\(message)")
        net.options.ignoresSurplus = true
        #expect(try net.conversion().surplus.map(\.type) == ["BN", "InnerProduct"])
    }
}

/// A `.caffemodel` of the V1 format: a convolution, a BN of SegNet, an InnerProduct.
private enum OldModel {
    static func write() throws -> URL {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(
            "bnfold-tests-" + UUID().uuidString + ".caffemodel")
        let layers =
            layer("conv", type: 4, [[2, 2, 1, 1], [1, 1, 1, 2]])
            + layer("bn", type: 47, [[1, 2, 1, 1], [1, 2, 1, 1]])
            + layer("fc", type: 14, [[1, 1, 3, 2], [1, 1, 1, 3]])
        try Data(layers).write(to: file)
        return file
    }

    /// `layers { name type blobs { num channels height width data } }`
    private static func layer(_ name: String, type: UInt8, _ shapes: [[UInt8]]) -> [UInt8] {
        var content = field(4, Array(name.utf8)) + [5 << 3, type]
        for shape in shapes {
            var blob: [UInt8] = []
            for (index, length) in shape.enumerated() { blob += [UInt8(index + 1) << 3, length] }
            let count = shape.reduce(1) { $0 * Int($1) }
            blob += field(5, (0..<count).flatMap { _ in [0, 0, 0x80, 0x3F] as [UInt8] })
            content += field(6, blob)
        }
        return field(2, content)
    }

    private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        [number << 3 | 2, UInt8(bytes.count)] + bytes
    }
}
