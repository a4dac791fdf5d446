import Foundation
import Testing

/// Equal ranges of channels across layers.
@Suite("Equalization")
struct EqualizationTests {
    @Test("leaves what each net of the zoo computes, under names that tell no lie", arguments: Fixture.all)
    func zoo(fixture: Fixture) async throws {
        let outcome = try await Program.run(
            fixture.arguments + ["--equalize", "--verify", "--report", "-"], in: try TemporaryFolder())
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains(#""equalization""#))
    }

    @Test("leaves what a model of Keras computes")
    func keras() async throws {
        let folder = try TemporaryFolder.withKerasModels("small.keras")
        let outcome = try await Program.run(
            ["small.keras", "out.keras", "--equalize", "--verify"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let again = try await Program.run(["verify", "small.keras", "out.keras"], in: folder)
        #expect(again.code == 0, "\(again)")
    }

    @Test("is told by inspect, and drawn")
    func inspection() async throws {
        let folder = try TemporaryFolder()
        let fixture = Fixture.resnet
        let outcome = try await Program.run(
            ["inspect", fixture.weights, "--prototxt", fixture.prototxt, "--equalize", "--equalization-plot", "r.svg"],
            in: folder)
        #expect(outcome.code == 0 && outcome.output.contains("worst ratio"), "\(outcome)")
        #expect(try folder.text("r.svg").contains("largest / median range"))
    }

    @Test("is refused where nothing may change, where there are no weights, and where its plot has nothing to show")
    func usage() async throws {
        let folder = try TinyNet.folder()
        let merged = try await Program.run(["net.h5", "out.h5", "--equalize", "--merge-only"], in: folder)
        #expect(merged.code == 64 && merged.errors.contains("--merge-only excludes --equalize"), "\(merged)")
        let bare = try await Program.run(["inspect", "--prototxt", "net.prototxt", "--equalize"], in: folder)
        #expect(bare.code == 64 && bare.errors.contains("--equalize is about the ranges of weights"), "\(bare)")
        let plot = try await Program.run(["net.h5", "out.h5", "--equalization-plot", "r.svg"], in: folder)
        #expect(plot.code == 64 && plot.errors.contains("which is not given"), "\(plot)")
    }
}
