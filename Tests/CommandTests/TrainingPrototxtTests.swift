import BNFoldKit
import Foundation
import Testing

/// The prototxt that a net was trained with, of the form that Caffe's documentation shows, folds as a newcomer expects.
@Suite("A training prototxt with use_global_stats: false")
struct TrainingPrototxtTests {
    private static let folder = Fixture.root.appendingPathComponent("cases/training-prototxt")
    private static let prototxt = folder.appendingPathComponent("train.prototxt").path
    private static let weights = folder.appendingPathComponent("weights.caffemodel.h5").path
    private static let network = ["--prototxt", prototxt, "--input-shape", "data=1,1,16,16"]

    private static let sentence =
        "1 BatchNorm says use_global_stats: false, as training needs; deployed with its stored statistics"

    private func run(_ arguments: [String], in folder: TemporaryFolder) async throws -> Program.Outcome {
        let outcome = try await Program.run(arguments, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        return outcome
    }

    @Test("folds to a net without BatchNorm and Scale, and tells in one line why")
    func folds() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await run(
            [Self.weights, "out.h5", "--report", "report.json", "--verify"] + Self.network, in: folder)
        #expect(outcome.output.components(separatedBy: Self.sentence).count == 2, "\(outcome.output)")
        #expect(!outcome.output.contains("still depend"))
        let report = try Report(try folder.text("report.json"))
        #expect(report.batchStatistics.switched == ["layer1-bn"] && report.batchStatistics.remaining == [])
        #expect(
            try folder.text("out.prototxt") == """
                name: 'digits as the documentation trains them'
                layer { name: 'digits' type: 'Input' top: 'data' input_param { shape { dim: 1 dim: 1 dim: 16 dim: 16 } } }
                layer { name: 'layer1' type: 'Convolution' bottom: 'data' top: 'layer1-bn'
                  convolution_param { num_output: 8 kernel_size: 3 stride: 2 bias_term: true } }
                layer { name: 'relu1' type: 'ReLU' bottom: 'layer1-bn' top: 'layer1-bn' }
                layer { name: 'score' type: 'InnerProduct' bottom: 'layer1-bn' top: 'score' inner_product_param { num_output: 10 } }
                layer { name: 'prob' type: 'Softmax' bottom: 'score' top: 'prob' }

                """)
        _ = try await run(["verify", Self.weights, "out.h5", "--prototxt", Self.prototxt], in: folder)
    }

    @Test("inspect and batch follow the same rule")
    func others() async throws {
        let folder = try TemporaryFolder()
        let inspected = try await run(["inspect", Self.weights] + Self.network, in: folder)
        #expect(inspected.output.contains(Self.sentence))
        let planned = try await run(["inspect"] + Self.network + ["--json"], in: folder)
        #expect(try Report(planned.output).batchStatistics.switched == ["layer1-bn"])
        try folder.makeFolder("snapshots")
        try folder.copy(URL(fileURLWithPath: Self.weights), to: "snapshots/a.caffemodel.h5")
        _ = try await run(["batch", "snapshots", "--output-dir", "out", "--quiet"] + Self.network, in: folder)
        #expect(try !folder.text("out/a.prototxt").contains("BatchNorm"))
    }

    @Test("--keep-batch-statistics leaves BatchNorm and Scale as they are, and the last lines say what that means")
    func keepsBatchStatistics() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await run(
            [Self.weights, "out.h5", "--report", "report.json", "--keep-batch-statistics", "--verify"] + Self.network,
            in: folder)
        let last = outcome.output.split(separator: "\n").suffix(2)
        #expect(last.first?.contains("1 BatchNorm still depends on the batch") == true, "\(outcome.output)")
        #expect(last.last?.contains("without --keep-batch-statistics") == true, "\(outcome.output)")
        let report = try Report(try folder.text("report.json"))
        #expect(report.kept.map(\.reason.name) == ["batch-statistics", "batch-norm-stays"])
        #expect(report.scales.isEmpty && report.folds.isEmpty)
        #expect(report.batchStatistics.switched == [] && report.batchStatistics.remaining == ["layer1-bn"])
        let text = try folder.text("out.prototxt")
        #expect(text.contains("use_global_stats: false") && text.contains("type: 'Scale'"))
        #expect(text.contains("    moving_average_fraction: .9\n  } }\n"), "\(text)")
        // The original runs as the folded net says.
        _ = try await run(["verify", Self.weights, "out.h5", "--prototxt", Self.prototxt], in: folder)
    }

    @Test("--keep-training leaves the text as it is, and says what that means")
    func keepsTraining() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await run(
            [Self.weights, "out.h5", "--keep-training", "--verify"] + Self.network, in: folder)
        #expect(outcome.output.contains("without --keep-training"), "\(outcome.output)")
        #expect(try folder.text("out.prototxt") == String(contentsOfFile: Self.prototxt, encoding: .utf8))
    }

    @Test("a deploy net that says false is left alone, and the last lines say what to do")
    func deployNet() async throws {
        let folder = try TinyNet.folder {
            $0.prototxt = $0.prototxt.replacing(
                "type: \"BatchNorm\"", with: "type: \"BatchNorm\" batch_norm_param { use_global_stats: false }")
        }
        let outcome = try await run(["net.h5", "out.h5"], in: folder)
        #expect(try folder.text("out.prototxt") == folder.text("net.prototxt"))
        let last = outcome.output.split(separator: "\n").suffix(2)
        #expect(last.first?.contains("1 BatchNorm still depends on the batch") == true, "\(outcome.output)")
        #expect(last.last?.contains("--assume-global-stats") == true, "\(outcome.output)")
        let inspected = try await run(["inspect", "net.h5"], in: folder)
        #expect(inspected.output.contains("1 BatchNorm still depends on the batch"))
    }

    @Test("both options at once contradict each other")
    func contradiction() async throws {
        let outcome = try await Program.run(
            [Self.weights, "out.h5", "--keep-batch-statistics", "--assume-global-stats"] + Self.network,
            in: try TemporaryFolder())
        #expect(outcome.code == 64)
    }

    @Test("a pair that was folded when the Softmax was called like its loss agrees as well")
    func olderPair() async throws {
        let folder = try TemporaryFolder()
        _ = try await run([Self.weights, "out.h5"] + Self.network, in: folder)
        try folder.write(try folder.text("out.prototxt").replacing("'prob'", with: "'loss'"), to: "out.prototxt")
        _ = try await run(
            ["verify", Self.weights, "out.h5", "--prototxt", Self.prototxt, "--report", "report.json"], in: folder)
        let report = try JSONDecoder().decode(VerifyReport.self, from: folder.data("report.json"))
        #expect(report.missingOutputs == [] && report.folds.map(\.changed) == [["layer1"]])
    }

    @Test("what the data layer did to the data is told")
    func preprocessing() async throws {
        let folder = try TinyNet.folder {
            $0.prototxt = $0.prototxt.replacing(
                "type: \"Input\" top: \"data\" input_param { shape { dim: 1 dim: 2 dim: 3 dim: 3 } }",
                with: "type: \"Data\" top: \"data\" transform_param { mean_value: 104 mean_value: 117 scale: 0.5 }")
        }
        let outcome = try await run(
            ["net.h5", "out.h5", "--input-shape", "data=1,2,3,3", "--report", "report.json"], in: folder)
        #expect(outcome.output.contains("data  mean_value 104, 117; scale 0.5"), "\(outcome.output)")
        let told = try #require(try Report(try folder.text("report.json")).preprocessing.first)
        #expect(told.layer.name == "data" && told.layer.type == "Data" && told.blob == "data")
        #expect(told.steps.map(\.field) == ["transform_param.mean_value", "transform_param.scale"])
        #expect(told.steps.map(\.value) == ["104, 117", "0.5"])
    }
}
