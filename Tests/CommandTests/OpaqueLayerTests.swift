import BNFoldKit
import Foundation
import Testing

/// A layer that cannot run, in the middle of a net: verification goes as far as it can and tells how far that is.
@Suite("Verification around a layer that cannot run")
struct OpaqueLayerTests {
    /// conv1, a layer of an unknown type, conv2, each with a BatchNorm; a third BatchNorm behind a Pooling, and an InnerProduct without one.
    private static let prototxt = """
        name: "opaque"
        layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 2 dim: 8 dim: 8 } } }
        layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" convolution_param { num_output: 3 kernel_size: 3 } }
        layer { name: "bn1" type: "BatchNorm" bottom: "conv1" top: "conv1" }
        layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
        layer { name: "mystery" type: "Mystery" bottom: "conv1" top: "mystery" }
        layer { name: "conv2" type: "Convolution" bottom: "mystery" top: "conv2" convolution_param { num_output: 4 kernel_size: 3 } }
        layer { name: "bn2" type: "BatchNorm" bottom: "conv2" top: "conv2" }
        layer { name: "scale2" type: "Scale" bottom: "conv2" top: "conv2" scale_param { bias_term: true } }
        layer { name: "relu2" type: "ReLU" bottom: "conv2" top: "conv2" }
        layer { name: "pool3" type: "Pooling" bottom: "conv2" top: "pool3" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
        layer { name: "bn3" type: "BatchNorm" bottom: "pool3" top: "bn3" }
        layer { name: "relu3" type: "ReLU" bottom: "bn3" top: "bn3" }
        layer { name: "fc" type: "InnerProduct" bottom: "bn3" top: "fc" inner_product_param { num_output: 5 } }

        """

    private static func weights() -> WeightFile {
        var state: UInt64 = 7
        func numbers(_ count: Int, from low: Double = -1) -> [Double] {
            (0..<count).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Double(Float(low + (1 - low) * Double(state >> 40) / Double(1 << 24)))
            }
        }
        var weights = WeightFile()
        func batchNorm(_ name: String, _ channels: Int) {
            weights.add(name, 0, [channels], numbers(channels))
            weights.add(name, 1, [channels], numbers(channels, from: 0.5))
            weights.add(name, 2, [1], [1])
        }
        weights.add("conv1", 0, [3, 2, 3, 3], numbers(54))
        weights.add("conv1", 1, [3], numbers(3))
        batchNorm("bn1", 3)
        weights.add("conv2", 0, [4, 3, 3, 3], numbers(108))
        weights.add("conv2", 1, [4], numbers(4))
        batchNorm("bn2", 4)
        weights.add("scale2", 0, [4], numbers(4))
        weights.add("scale2", 1, [4], numbers(4))
        batchNorm("bn3", 4)
        weights.add("fc", 0, [5, 16], numbers(80))
        weights.add("fc", 1, [5], numbers(5))
        return weights
    }

    /// Folds the net, spoils the fold, and verifies it.
    private func verify(
        _ options: [String] = [], prototxt: String = Self.prototxt, spoil: (inout WeightFile) throws -> Void = { _ in }
    ) async throws -> (code: Int32?, text: String, report: VerifyReport) {
        let folder = try TemporaryFolder()
        try folder.write(prototxt, to: "net.prototxt")
        try Self.weights().write(to: folder.path("net.h5"))
        let fold = try await Program.run(["net.h5", "out.h5", "--quiet", "--only-adjacent"], in: folder)
        try #require(fold.code == 0, "\(fold.errors)")
        var folded = try WeightFile(reading: folder.path("out.h5"))
        try spoil(&folded)
        try folder.remove("out.h5")
        try folded.write(to: folder.path("out.h5"))
        let outcome = try await Program.run(
            ["verify", "net.h5", "out.h5", "--report", "report.json"] + options, in: folder)
        try #require(outcome.code == 0 || outcome.code == 2, "\(outcome)")
        let report = try JSONDecoder().decode(VerifyReport.self, from: folder.data("report.json"))
        return (outcome.code, outcome.output, report)
    }

    @Test(
        "every blob before it is compared, every blob behind it is told with the reason",
        arguments: ["double", "single"])
    func blobs(precision: String) async throws {
        let (code, text, report) = try await verify(["--precision", precision])
        #expect(code == 0, "\(text)")
        #expect(report.blobs.filter { $0.obstacle == nil }.map(\.name) == ["data", "conv1", "conv1"])
        #expect(report.blobs.filter { $0.obstacle != nil }.map(\.name).contains("mystery"))
        #expect(report.obstacles == ["layer 'mystery' (Mystery) cannot run: its type is not modelled"])
        #expect(report.layersRun == 4 && report.layerCount == 13)
        #expect(text.contains("4 of 13 run") && text.contains("layer 'mystery' (Mystery) cannot run"), "\(text)")
    }

    @Test("every fold behind it is tried by itself, and the report tells which")
    func coverage() async throws {
        let (code, text, report) = try await verify()
        #expect(code == 0, "\(text)")
        #expect(report.folds.map(\.removed) == [["bn1"], ["bn2", "scale2"], ["bn3"]])
        #expect(report.folds.map(\.coverage) == ["network", "site", "site"], "\(report.folds.map(\.obstacle))")
        #expect(report.folds.allSatisfy { $0.bound != nil && $0.magnitude > 0 && !$0.isBeyond })
        #expect(text.contains("1 tried on the samples, 2 on noise of their own"), "\(text)")
    }

    @Test("a wrong fold behind it is found")
    func wrongBehind() async throws {
        let (code, text, report) = try await verify { try $0.multiply("conv2", 0) { $0 == 50 ? 1.001 : 1 } }
        #expect(code == 2)
        #expect(report.folds.filter(\.isBeyond).map(\.changed) == [["conv2"]])
        #expect(report.first?.changed == ["conv2"] && report.first?.removed == ["bn2", "scale2"])
        #expect(report.first?.blob == nil && report.folds.first(where: \.isBeyond)?.channel == 50 / 27)
        #expect(text.contains("on noise of its own") && text.contains("look at the fold of 'bn2', 'scale2' in 'conv2'"))
    }

    @Test("a wrong fold before it is found")
    func wrongBefore() async throws {
        let (code, text, report) = try await verify { try $0.multiply("conv1", 1) { $0 == 0 ? 1.01 : 1 } }
        #expect(code == 2, "\(text)")
        #expect(report.first?.changed == ["conv1"] && report.first?.blob == "conv1")
    }

    @Test("weights that changed behind it without a fold are found", arguments: [("fc", 0), ("bn3", 1)])
    func changedBehind(layer: String, index: Int) async throws {
        let (code, text, report) = try await verify { try $0.multiply(layer, index) { _ in 1.01 } }
        #expect(code == 2, "\(text)")
        #expect(report.first?.changed == [layer])
    }

    @Test("a net that begins with it: no blob but the input can be compared, and that is told")
    func atTheBeginning() async throws {
        let first = #"layer { name: "first" type: "Mystery" bottom: "data" top: "first" }"# + "\n"
        let prototxt = Self.prototxt.replacing(#"bottom: "data""#, with: #"bottom: "first""#)
            .replacing(#"layer { name: "conv1""#, with: first + #"layer { name: "conv1""#)
        let (code, text, report) = try await verify(prototxt: prototxt)
        #expect(code == 0, "\(text)")
        #expect(report.blobs.filter { $0.obstacle == nil }.map(\.name) == ["data"])
        #expect(report.folds.allSatisfy { $0.coverage == "site" })
        #expect(report.obstacles.count == 2)
    }

    @Test("a blob behind two such layers is told with the first")
    func outputs() async throws {
        let (_, text, report) = try await verify()
        let output = try #require(report.blobs.first { $0.isOutput })
        #expect(output.name == "fc" && output.obstacle?.contains("'mystery'") == true)
        #expect(text.contains("not compared: layer 'mystery' (Mystery) cannot run"), "\(text)")
    }

    @Test("--plot draws what could be compared")
    func plot() async throws {
        let folder = try TemporaryFolder()
        let (code, text, _) = try await verify(["--plot", folder.path("plot.svg")])
        #expect(code == 0, "\(text)")
        #expect(try folder.text("plot.svg").contains("conv1"))
    }
}
