import CaffeModel
import Folding
import Frontend
import NetGraph
import Testing

/// Batch normalisations of forks, told apart by the number and the shapes of their blobs.
@Suite("Dialects of BatchNorm")
struct BatchNormDialectTests {
    private let mean = [1.0, -1]
    private let variance = [4.0, 0.25]
    private let gamma = [2.0, 3]
    private let beta = [0.5, -1]

    /// A convolution and a normalisation of some type with some blobs.
    private func net(
        type: String = "BatchNorm", fields: String = "", shape: [Int] = [2], _ blobs: [[Double]]
    ) throws -> TestNet {
        let text =
            Text.input + Text.convolution("conv", from: "data")
            + Text.inPlace(type, "bn", on: "conv", extra: " " + fields)
        var all = TestNet.convolution("conv")
        for (index, values) in blobs.enumerated() {
            let own = shape.map { $0 == 2 ? values.count : $0 }
            all["bn/\(index)"] = TestNet.Blob(shape: own, values: values)
        }
        return try TestNet(text, blobs: all)
    }

    /// Whether the convolution took `scale (x - center) + offset`, up to the one rounding to Float.
    private func expect(
        _ net: TestNet, scale: [Double], center: [Double], offset: [Double],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (folded, plan, _) = try net.folded()
        #expect(plan.folds.count == 1 && plan.refusals.isEmpty, sourceLocation: sourceLocation)
        #expect(folded.network.layers.count == 2, sourceLocation: sourceLocation)
        let weights = try net.deployWeights()
        let weight = [[1.0, 2], [3, 4]]
        let bias = [0.5, -0.5]
        for channel in 0..<2 {
            for input in 0..<2 {
                #expect(
                    weights["conv/0"]?.values[2 * channel + input]
                        == Double(Float(weight[channel][input] * scale[channel])),
                    sourceLocation: sourceLocation)
            }
            let folded = offset[channel].addingProduct(bias[channel] - center[channel], scale[channel])
            #expect(weights["conv/1"]?.values[channel] == Double(Float(folded)), sourceLocation: sourceLocation)
        }
    }

    private func scale(gamma: [Double], factor: Double = 1) -> [Double] {
        zip(gamma, variance).map { $0 / ($1 / factor + Double(Float(1e-5))).squareRoot() }
    }

    @Test(
        "Intel: gamma and beta follow the factor, which divides",
        arguments: ["", "batch_norm_param { use_weight_bias: true bias_filler { value: 0 } }"])
    func intel(fields: String) throws {
        let net = try net(fields: fields, [mean.map { 2 * $0 }, variance, [2], gamma, beta])
        try expect(net, scale: scale(gamma: gamma, factor: 2), center: mean, offset: beta)
    }

    @Test(
        "NVCaffe: the third blob is never read, whichever field tells that it is NVCaffe's",
        arguments: ["scale_bias: true", "scale_filler { value: 1 }", "bias_filler { value: 0 }"], [0, 2.0])
    func nvcaffe(field: String, third: Double) throws {
        let net = try net(fields: "batch_norm_param { \(field) }", [mean, variance, [third], gamma, beta])
        try expect(net, scale: scale(gamma: gamma), center: mean, offset: beta)
        #expect(try net.conversion().original.remarks.map(\.kind) == (third == 0 ? [] : [.unreadFactor]))
    }

    @Test("Intel without a bias: four blobs")
    func intelWithoutBias() throws {
        let net = try net(fields: "batch_norm_param { bias_term: false }", [mean, variance, [1], gamma])
        try expect(net, scale: scale(gamma: gamma), center: mean, offset: [0, 0])
    }

    @Test("Xilinx: gamma, beta, mean, variance with four axes, and a blob without use")
    func xilinx() throws {
        let net = try net(shape: [1, 2, 1, 1], [gamma, beta, mean, variance, [7]])
        try expect(net, scale: scale(gamma: gamma), center: mean, offset: beta)
    }

    @Test("SegNet and ENet: factor and term of the finished normalisation", arguments: [[2], [1, 2, 1, 1]])
    func inference(shape: [Int]) throws {
        let net = try net(type: "BN", fields: "bn_param { bn_mode: INFERENCE }", shape: shape, [gamma, beta])
        try expect(net, scale: gamma, center: [0, 0], offset: beta)
    }

    @Test("SegNet before its statistics were computed is refused")
    func learn() throws {
        let plan = try net(type: "BN", fields: "bn_param { bn_mode: LEARN }", [gamma, beta]).folded().plan
        #expect(plan.refusals.map(\.reason) == [.noStatistics])
    }

    @Test("four blobs of a BN do not tell variance from inverse deviation, and the error says what does")
    func unclear() throws {
        let net = try net(type: "BN", [gamma, beta, mean, variance])
        let message = failure { try net.conversion() }
        for part in ["layer 'bn' (BN)", "4 blobs", "--batch-norm-dialect", "bn-variance", "bn-inverse-deviation"] {
            #expect(message.contains(part), "\(message)")
        }
    }

    @Test("a BN with a variance")
    func variance4() throws {
        let net = try net(type: "BN", fields: "bn_param { frozen: true }", [gamma, beta, mean, variance])
        net.options.batchNormDialect = .bnVariance
        try expect(net, scale: scale(gamma: gamma), center: mean, offset: beta)
    }

    @Test("a BN with an inverse deviation")
    func inverseDeviation() throws {
        let net = try net(type: "BN", [gamma, beta, mean, [0.5, 2]])
        net.options.batchNormDialect = .bnInverseDeviation
        try expect(net, scale: [gamma[0] * 0.5, gamma[1] * 2], center: mean, offset: beta)
    }

    @Test("five blobs of one number each tell nothing")
    func oneChannel() throws {
        let net = try net([[1], [1], [1], [1], [1]])
        let message = failure { try net.conversion() }
        #expect(message.contains("nvcaffe") && message.contains("xilinx"), "\(message)")
    }

    @Test("a number of blobs that no dialect has is an error")
    func sixBlobs() throws {
        let net = try net([mean, variance, [1], gamma, beta, beta])
        #expect(failure { try net.conversion() }.contains("6 blobs"))
    }

    @Test("a field that is not known is a refusal with its name")
    func unknownField() throws {
        let plan = try net(fields: "batch_norm_param { renorm: true }", [mean, variance, [1]]).folded()
            .plan
        #expect(plan.refusals.map(\.reason) == [.unknownFields(["renorm"])])
    }

    @Test("a BN that nothing takes becomes a Scale")
    func becomesScale() throws {
        let text =
            Text.input
            + "layer { name: \"bn\" type: \"BN\" bottom: \"data\" top: \"bn\" bn_param { bn_mode: INFERENCE } }\n"
        let net = try TestNet(
            text,
            blobs: [
                "bn/0": .init(shape: [1, 2, 1, 1], values: gamma), "bn/1": .init(shape: [1, 2, 1, 1], values: beta),
            ])
        let deployed = try net.deployText()
        #expect(
            deployed.contains("type: \"Scale\"") && deployed.contains("bias_term: true")
                && !deployed.contains("bn_param"))
        let weights = try net.deployWeights()
        #expect(weights["bn/0"]?.shape == [2] && weights["bn/0"]?.values == gamma)
        #expect(weights["bn/1"]?.values == beta)
    }
}
