import Foundation
import Testing

/// Forms of real nets that used to be refused or misread, folded and verified with random numbers.
@Suite("Forms of real nets")
struct RealNetCasesTests {
    /// A net of `fixtures/nets` as `net.prototxt`, with numbers for its parameters as `net.h5`.
    private func folder(_ name: String, _ shapes: [String: [[Int]]] = [:]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.copy(Fixture.root.appendingPathComponent("nets/\(name).prototxt"), to: "net.prototxt")
        var weights = WeightFile()
        var state: UInt64 = 7
        for (layer, blobs) in shapes.sorted(by: { $0.key < $1.key }) {
            for (index, shape) in blobs.enumerated() {
                let numbers = (0..<shape.reduce(1, *)).map { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return Double(state >> 40) / 0x1p24
                }
                // Variances and factors stay above 0, everything else has both signs.
                let isPositive = blobs.count == 3 || layer.hasPrefix("scale") && index == 0
                weights.add(layer, index, shape, numbers.map { isPositive ? $0 + 0.25 : $0 - 0.5 })
            }
        }
        try weights.write(to: folder.path("net.h5"))
        return folder
    }

    private func batchNorm(_ channels: Int) -> [[Int]] { [[channels], [channels], [1]] }

    @Test("pooling over three axes folds, and verifies")
    func pooling3D() async throws {
        let folder = try folder(
            "pooling-3d",
            [
                "conv3d_1": [[8, 3, 3, 3, 3]], "bn_a": batchNorm(8), "conv3d_2": [[12, 8, 3, 3, 3], [12]],
                "bn_g": batchNorm(12), "scale_g": [[12], [12]], "fc": [[5, 12], [5]],
            ])
        let outcome = try await Program.run(["net.h5", "out.h5", "--verify", "--report", "report.json"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let text = try folder.text("out.prototxt")
        #expect(!text.contains("BatchNorm") && !text.contains("Scale"))
        #expect(text.contains("kernel_size: [1, 2, 2]"))
    }

    @Test("padding of each side and a limited ReLU fold, and verify")
    func asymmetricPadding() async throws {
        let folder = try folder(
            "asymmetric-padding",
            [
                "conv1": [[8, 3, 3, 3]], "bn1": batchNorm(8), "scale1": [[8], [8]], "dw2": [[8, 1, 3, 3]],
                "bn2": batchNorm(8), "scale2": [[8], [8]],
            ])
        let outcome = try await Program.run(["net.h5", "out.h5", "--verify"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let text = try folder.text("out.prototxt")
        #expect(!text.contains("BatchNorm") && !text.contains("type: \"Scale\""))
        #expect(text.contains("pad_type: 1") && text.contains("relu6: true") && text.contains("pad_l: 0 pad_r: 1"))
    }

    @Test("a Python layer that feeds the net becomes an Input")
    func pythonData() async throws {
        let folder = try folder("python-data")
        let outcome = try await Program.run(
            ["inspect", "--prototxt", "net.prototxt", "--assume-global-stats", "--json"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try Report(outcome.output).folds.map { $0.from.map(\.name) } == [["bn1", "scale1"]])
    }

    @Test("an input without a shape beside an Input layer is dropped")
    func inputWithoutShape() async throws {
        let folder = try folder("input-without-dims", ["conv1": [[8, 3, 3, 3], [8]], "bn1": batchNorm(8)])
        let outcome = try await Program.run(["net.h5", "out.h5", "--verify"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let text = try folder.text("out.prototxt")
        #expect(!text.contains("input: ") && text.contains("\"Input\""))
    }
}
