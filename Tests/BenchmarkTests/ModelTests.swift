import BNFoldKit
import Testing

@testable import bnfold_bench

/// The models that bnfold-bench makes.
@Suite("Models of the benchmarks")
struct ModelTests {
    /// Weights of the usual implementations, which count what training changes: no statistics of a BatchNorm.
    @Test(
        "a net has as many trained weights as the one that is published",
        arguments: [
            (TrainNet.vgg16(), 138_357_544 + 2 * 4_224), (TrainNet.resNet50(), 25_557_032),
            (TrainNet.mobileNetV2(), 3_504_872),
        ])
    func parameterCount(net: TrainNet, expected: Int) {
        let statistics = net.layers.filter { $0.text.contains("\"BatchNorm\"") }.flatMap(\.blobs)
        #expect(net.parameterCount - statistics.reduce(0) { $0 + $1.count } == expected)
    }

    @Test(
        "bnfold folds every BatchNorm and Scale of a net",
        arguments: [
            TrainNet.vgg16(), .resNet50(), .mobileNetV2(), .chain(layers: 40), .wide(),
        ])
    func folds(net: TrainNet) throws {
        let workspace = try Workspace(in: nil)
        defer { workspace.removeAll() }
        let prototxt = workspace.path("net.prototxt")
        try TextFile.write(net.prototxt, to: prototxt)
        let report = try inspect(InspectRequest(input: nil, prototxt: prototxt)).report
        #expect(report.folds.count == net.folds.count && report.scales.isEmpty && report.kept.isEmpty)
        #expect(
            Set(report.folds.map(\.into.name)) == Set(net.folds.map(\.convolution)))
    }

    @Test("the weights that are made fit the net, and their statistics are sound")
    func weights() throws {
        let workspace = try Workspace(in: nil)
        defer { workspace.removeAll() }
        let model = try ModelFiles(making: .chain(layers: 8), in: workspace)
        let report = try inspect(InspectRequest(input: model.weights, prototxt: model.prototxt)).report
        #expect(report.folds.count == 2 && report.findings.isEmpty, "\(report.findings)")
    }

    @Test("a net is made twice with the same bytes")
    func sameBytes() throws {
        let workspace = try Workspace(in: nil)
        defer { workspace.removeAll() }
        let first = try ModelFiles(making: .chain(layers: 8), in: workspace)
        let bytes = TextFile.read(first.weights)
        workspace.remove([first.weights])
        let second = try ModelFiles(making: .chain(layers: 8), in: workspace)
        #expect(TextFile.read(second.weights) == bytes && bytes != nil)
    }

    @Test("gammas are of both signs and away from zero, variances positive")
    func distributions() {
        var random = PseudoRandom(seed: 1)
        let numbers = UnsafeMutableBufferPointer<Float>.allocate(capacity: 1000)
        numbers.initialize(repeating: 0)
        defer { numbers.deallocate() }
        random.fill(numbers, with: .gammas)
        #expect(numbers.contains { $0 < 0 } && numbers.contains { $0 > 0 } && numbers.allSatisfy { abs($0) >= 0.5 })
        random.fill(numbers, with: .variances)
        #expect(numbers.allSatisfy { $0 > 0 })
    }
}

extension TrainNet: CustomTestStringConvertible {
    /// In place of all layers with their texts.
    public var testDescription: String { name }
}
