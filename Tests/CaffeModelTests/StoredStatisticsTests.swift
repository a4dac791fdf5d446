import CaffeModel
import Testing

/// `use_global_stats: false` is what training needs. A net that is deployed from its training prototxt uses the stored statistics.
@Suite("Deployment: statistics of BatchNorms")
struct StoredStatisticsTests {
    private static let data = #"layer { name: "d" type: "Data" top: "data" }"# + "\n"
    private static let labelled = #"layer { name: "d" type: "Data" top: "data" top: "label" }"# + "\n"
    private static let loss =
        #"layer { name: "loss" type: "EuclideanLoss" bottom: "conv" bottom: "label" top: "loss" }"# + "\n"

    private static func batchNorm(_ fields: String = "use_global_stats: false", extra: String = "") -> String {
        Text.inPlace("BatchNorm", "bn", on: "conv", extra: "\(extra) batch_norm_param { \(fields) }")
    }

    private func net(_ text: String) throws -> TestNet {
        let blobs = TestNet.convolution("conv").merging(TestNet.batchNorm("bn")) { first, _ in first }
        let net = try TestNet(text, blobs: blobs)
        net.options.inputShapes = ["data": [1, 2, 4, 4]]
        return net
    }

    @Test(
        "a net with training parts in any phase or stage folds",
        arguments: [
            data + Text.convolution("conv", from: "data") + batchNorm(),
            labelled + Text.convolution("conv", from: "data") + batchNorm() + loss,
            Text.input + #"layer { name: "l" type: "Input" top: "label" }"# + "\n"
                + Text.convolution("conv", from: "data") + batchNorm() + loss,
            Text.input + #"layer { name: "l" type: "Input" top: "label" }"# + "\n"
                + Text.convolution("conv", from: "data") + batchNorm()
                + loss.replacing("EuclideanLoss", with: "Accuracy"),
            Text.input + Text.convolution("conv", from: "data") + batchNorm()
                + loss.replacing("top: \"loss\" }", with: "top: \"loss\" include { phase: TRAIN } }"),
            Text.input + Text.convolution("conv", from: "data") + batchNorm()
                + loss.replacing("top: \"loss\" }", with: "top: \"loss\" include { stage: \"train\" } }"),
            Text.input + data.replacing("top: \"data\" }", with: "top: \"data\" include { phase: TRAIN } }")
                + Text.convolution("conv", from: "data") + batchNorm(),
            #"layer { name: "d" type: "DummyData" top: "data" dummy_data_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }"#
                + "\n" + Text.convolution("conv", from: "data") + batchNorm(),
        ])
    func training(text: String) throws {
        let net = try net(text)
        #expect(try !net.deployText().contains("BatchNorm"))
        #expect(try net.conversion().switchedNormalizations.count == 1)
    }

    @Test(
        "in a net that is made for deployment the field stands for what somebody wants",
        arguments: ["", Text.inPlace("Dropout", "drop", on: "conv"), Text.inPlace("Softmax", "prob", on: "conv")])
    func deploy(tail: String) throws {
        let net = try net(Text.input + Text.convolution("conv", from: "data") + Self.batchNorm() + tail)
        #expect(try net.deployText().contains("use_global_stats: false"))
        #expect(try net.conversion().switchedNormalizations == [])
        #expect(try net.conversion().usesBatchStatistics)
    }

    @Test("it stays where the user wants it")
    func kept() throws {
        let net = try net(Self.data + Text.convolution("conv", from: "data") + Self.batchNorm())
        net.options.keepsBatchStatistics = true
        #expect(try net.deployText().contains("use_global_stats: false"))
        #expect(try net.conversion().switchedNormalizations == [])
    }

    @Test("it stays in a net that is folded only")
    func keptTraining() throws {
        let text = Self.data + Text.convolution("conv", from: "data") + Self.batchNorm()
        let net = try net(text)
        net.options.keepsTraining = true
        #expect(try net.deployText() == text)
    }

    @Test("a BatchNorm that stays for another reason says what it is deployed with")
    func otherReason() throws {
        let fields = "use_global_stats: false renorm: true"
        let net = try net(Self.data + Text.convolution("conv", from: "data") + Self.batchNorm(fields))
        #expect(try net.deployText().contains("batch_norm_param { use_global_stats: true renorm: true }"))
    }

    @Test("a layer's own phase TRAIN is no habit of training prototxts, and stays")
    func ownPhase() throws {
        let text =
            Self.data + Text.convolution("conv", from: "data")
            + Text.inPlace("BatchNorm", "bn", on: "conv", extra: " phase: TRAIN")
        #expect(try net(text).deployText().contains("phase: TRAIN"))
    }

    @Test("without the field nothing is told")
    func silent() throws {
        let net = try net(Self.data + Text.convolution("conv", from: "data") + Self.batchNorm("eps: 1e-5"))
        #expect(try net.conversion().switchedNormalizations == [])
        #expect(try !net.deployText().contains("BatchNorm"))
    }
}
