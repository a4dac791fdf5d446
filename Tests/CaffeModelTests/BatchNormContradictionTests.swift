import CaffeModel
import Frontend
import NetGraph
import Testing

/// What a BatchNorm's fields, its blobs and the Scale behind it say together, and where they contradict each other.
@Suite("BatchNorm: prototxt and blobs together")
struct BatchNormContradictionTests {
    private let plain = TestNet.batchNorm("bn")
    private let gamma = [
        "bn/3": TestNet.Blob(shape: [2], values: [2, 3]), "bn/4": TestNet.Blob(shape: [2], values: [0.5, -1]),
    ]
    private let scale = [
        "scale/0": TestNet.Blob(shape: [2], values: [2, 3]), "scale/1": TestNet.Blob(shape: [2], values: [0.5, -1]),
    ]

    private func net(_ fields: String, scale: Bool = false, _ blobs: [String: TestNet.Blob]...) throws -> TestNet {
        var text =
            Text.input + Text.convolution("conv", from: "data")
            + Text.inPlace("BatchNorm", "bn", on: "conv", extra: " batch_norm_param { \(fields) }")
        if scale { text += Text.inPlace("Scale", "scale", on: "conv", extra: " scale_param { bias_term: true }") }
        let all = blobs.reduce(into: TestNet.convolution("conv")) { $0.merge($1) { first, _ in first } }
        return try TestNet(text, blobs: all)
    }

    @Test(
        "a field that says gamma and beta, and three blobs: they are missing",
        arguments: ["scale_bias: true", "scale_filler { value: 1 }", "bias_filler { }", "use_weight_bias: true"])
    func missing(field: String) throws {
        let message = failure { try net(field, plain).conversion() }
        #expect(message.contains("'\(field.prefix { $0 != " " && $0 != ":" })"), "\(message)")
        #expect(message.contains("gamma and beta are missing") && message.contains("holds 3 blobs") == false)
        #expect(message.contains("the weights hold 3 blobs"))
    }

    @Test("with a Scale behind, the advice is to take the field out, and it works")
    func advice() throws {
        let message = failure { try net("scale_bias: true", scale: true, plain, scale).conversion() }
        #expect(
            message.contains("Scale 'scale' behind it") && message.contains("take 'scale_bias: true'"), "\(message)")
        #expect(try net("", scale: true, plain, scale).folded().plan.folds.count == 1)
    }

    @Test("a Scale that only the weights have is named")
    func surplusScale() throws {
        let message = failure { try net("scale_bias: true", plain, scale).conversion() }
        #expect(message.contains("gamma and beta are missing") && message.contains("'scale' (Scale)"), "\(message)")
    }

    @Test("beta alone can be missing")
    func missingBeta() throws {
        let message = failure { try net("scale_bias: true", plain, gamma.filter { $0.key == "bn/3" }).conversion() }
        #expect(message.contains("beta is missing"), "\(message)")
    }

    @Test(
        "a field that says there is none, and five blobs: the weights hold them",
        arguments: ["scale_bias: false", "use_weight_bias: false"])
    func denied(field: String) throws {
        let message = failure { try net(field, plain, gamma).conversion() }
        #expect(message.contains("'\(field)'") && message.contains("blobs 3 and 4"), "\(message)")
        #expect(try net("", plain, gamma).conversion().original.remarks.map(\.kind) == [.untoldGamma])
    }

    @Test("Intel's three blobs with a Scale behind are BVLC's")
    func intelWithScale() throws {
        let net = try net("use_weight_bias: true", scale: true, plain, scale)
        #expect(try net.folded().plan.folds.count == 1)
        #expect(try net.conversion().original.remarks.isEmpty)
    }

    @Test("a third blob of 0 that nothing explains: either dialect that the error names works")
    func zero() throws {
        let zero = plain.merging(["bn/2": TestNet.Blob(shape: [1], values: [0])]) { $1 }
        let net = try net("", zero, gamma)
        let message = failure { try net.conversion() }
        #expect(message.contains("--batch-norm-dialect nvcaffe") && message.contains("--allow-untrained"), "\(message)")
        net.options.batchNormDialect = .nvcaffe
        #expect(try net.folded().plan.folds.count == 1)
        net.options.batchNormDialect = .intel
        #expect(try net.conversion().network.layers.count == 3)
    }

    @Test("a named dialect decides between NVCaffe and Intel against the prototxt")
    func named() throws {
        let net = try net("scale_bias: true", plain, gamma)
        let asTold = try net.deployWeights()["conv/0"]?.values
        net.options.batchNormDialect = .intel
        let named = try net.deployWeights()["conv/0"]?.values
        #expect(asTold != named)
        #expect(try self.net("", plain, gamma).deployWeights()["conv/0"]?.values == named)
    }

    @Test("NVCaffe raises eps, and does not look at use_global_stats in TEST")
    func nvcaffe() throws {
        let net = try net("scale_bias: true eps: 1e-9 use_global_stats: false", plain, gamma)
        let conversion = try net.conversion()
        guard case .batchNorm(let batchNorm) = conversion.original.network.layers[2].operation else {
            Issue.record("no BatchNorm")
            return
        }
        #expect(batchNorm.epsilon == Double(Float(1e-5)) && batchNorm.usesGlobalStatistics)
        #expect(conversion.original.remarks.map(\.kind) == [.unreadFactor, .raisedEpsilon])
    }

    @Test("BVLC's eps stays as it is")
    func epsilonOfBVLC() throws {
        guard case .batchNorm(let batchNorm) = try net("eps: 1e-9", plain).network().layers[2].operation else {
            Issue.record("no BatchNorm")
            return
        }
        #expect(batchNorm.epsilon == Double(Float(1e-9)))
    }

    @Test("a sharer without blobs of its own reads them as the layer that has them")
    func sharedGamma() throws {
        let names = (0..<5).map { " param { name: \"p\($0)\" }" }.joined()
        let text =
            Text.input + Text.convolution("a", from: "data") + Text.inPlace("BatchNorm", "bn", on: "a", extra: names)
            + Text.convolution("b", from: "data") + Text.inPlace("BatchNorm", "bn_b", on: "b", extra: names)
        let blobs = [plain, gamma, TestNet.convolution("a"), TestNet.convolution("b")]
            .reduce(into: [String: TestNet.Blob]()) { $0.merge($1) { first, _ in first } }
        let written = try TestNet(text, blobs: blobs, groups: ["bn_b"]).deployWeights()
        #expect(written["a/0"]?.values == written["b/0"]?.values && written["a/1"]?.values == written["b/1"]?.values)
    }
}
