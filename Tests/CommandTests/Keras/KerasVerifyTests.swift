import BNFoldKit
import Foundation
import HDF5
import Testing

/// `verify` and `fold --verify` on models of Keras.
@Suite("Verifying models of Keras")
struct KerasVerifyTests {
    private func report(of outcome: Program.Outcome) throws -> VerifyReport {
        try JSONDecoder().decode(VerifyReport.self, from: Data(outcome.output.utf8))
    }

    /// `small.keras` and its fold, `out.keras`.
    private func foldedSmall() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder.withKerasModels("small.keras", "small.npz")
        let fold = try await Program.run(["small.keras", "out.keras", "--quiet"], in: folder)
        try #require(fold.code == 0, "\(fold.errors)")
        return folder
    }

    @Test("every container agrees with its fold on samples that Keras was given", arguments: KerasFixture.containers)
    func containers(name: String) async throws {
        let folder = try TemporaryFolder()
        let ending =
            name.hasSuffix(".keras") ? "out.keras" : name.hasSuffix(".weights.h5") ? "out.weights.h5" : "out.h5"
        let outcome = try await Program.run(
            [
                KerasFixture.path(name), ending, "--verify", "--report", "-", "--input", KerasFixture.samples(of: name),
            ], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let report = try JSONDecoder().decode(FoldReport.self, from: Data(outcome.output.utf8))
        let verification = try #require(report.verification)
        #expect(verification.isWithin && verification.folds.allSatisfy { $0.coverage == "network" })
        #expect(verification.folds.count == 2 && verification.samples.count == 3)
        // A Dense with softmax is one layer.
        #expect(report.layers.before == 8 && report.layers.after == 6)
    }

    @Test("samples are given in Keras's order of axes: as .npy, as .npz by name or by order, from HDF5")
    func samples() async throws {
        let folder = try await foldedSmall()
        let numbers: [Double] = (0..<120).map { (index: Int) -> Double in Double(index % 17) / 8 - 1 }
        try folder.writeArray(numbers, shape: [2, 6, 5, 2], to: "x.npy")
        let file = try HDF5File(creatingPath: folder.path("x.h5"))
        try file.createDataset("/image", shape: [2, 6, 5, 2], elementType: .float64).write(numbers)
        try file.close()
        var values: [[VerifyReport.ComparedValue]] = []
        for input in ["x.npy", "image=x.npy", "x.h5"] {
            let outcome = try await Program.run(
                ["verify", "small.keras", "out.keras", "--report", "-", "--input", input], in: folder)
            #expect(outcome.code == 0, "\(outcome.errors)")
            let report = try report(of: outcome)
            #expect(report.samples.count == 2)
            #expect(report.values.allSatisfy { $0.obstacle == nil })
            values.append(report.values)
        }
        #expect(values[0] == values[1] && values[0] == values[2])
        let numbered = try await Program.run(
            ["verify", "small.keras", "out.keras", "--input", "small.npz"], in: folder)
        #expect(numbered.code == 0 && numbered.output.contains("3 of small.npz"), "\(numbered)")
    }

    @Test("samples with the channels first are refused with the order that the network takes")
    func wrongOrder() async throws {
        let folder = try await foldedSmall()
        try folder.writeArray([Double](repeating: 1, count: 120), shape: [2, 2, 6, 5], to: "x.npy")
        let outcome = try await Program.run(["verify", "small.keras", "out.keras", "--input", "x.npy"], in: folder)
        #expect(outcome.code == 65)
        #expect(
            outcome.errors.contains(
                "has samples of shape 2x6x5, but the input 'image' takes 6x5x2; reshape the array to (samples, height, width, channels)"
            ), "\(outcome.errors)")
    }

    @Test("several inputs take arrays by their order, and one that is missing is told")
    func twoInputs() async throws {
        let folder = try TemporaryFolder.withKerasModels("two_inputs.keras", "two_inputs.npz", "small.npz")
        let outcome = try await Program.run(
            ["two_inputs.keras", "out.keras", "--verify", "--input", "two_inputs.npz"], in: folder)
        #expect(outcome.code == 0 && outcome.output.contains("within"), "\(outcome)")
        let one = try await Program.run(
            ["two_inputs.keras", "other.keras", "--verify", "--input", "small.npz"], in: folder)
        #expect(one.code == 64 && one.errors.contains("the network's inputs are 'left', 'right'"), "\(one)")
    }

    @Test("what a last softmax reads is told beside the output, in text, report and plot")
    func scores() async throws {
        let folder = try await foldedSmall()
        let outcome = try await Program.run(
            ["verify", "small.keras", "out.keras", "--plot", "plot.svg"], in: folder)
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("what the last function of 'scores' reads"), "\(outcome.output)")
        #expect(try folder.text("plot.svg").contains("what the last function of scores reads"))
        let told = try report(
            of: try await Program.run(["verify", "small.keras", "out.keras", "--report", "-"], in: folder))
        #expect(told.values.filter { $0.beforeOutput == "scores" }.map(\.name) == ["scores (linear)"])
    }

    @Test("weights in half precision have a tolerance that fits, unless the user gives one")
    func half() async throws {
        let folder = try TemporaryFolder.withKerasModels("half.keras")
        let outcome = try await Program.run(["half.keras", "out.keras", "--verify"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(
            outcome.output.contains("tolerance 0.001 since weights are stored in half precision: 1 tried"),
            "\(outcome.output)")
        let told = try report(
            of: try await Program.run(["verify", "half.keras", "out.keras", "--report", "-"], in: folder))
        #expect(told.tolerance == 1e-3 && told.toleranceReason == "since weights are stored in half precision")
        let fold = try #require(told.folds.first)
        #expect(fold.bound != nil && (fold.ratio ?? 2) < 1)
        let strict = try await Program.run(
            ["verify", "half.keras", "out.keras", "--tolerance", "1e-5"], in: folder)
        #expect(strict.code == 2 && strict.output.contains("tolerance 1.0e-5\n"), "\(strict.output)")
    }

    @Test("one model in files of two generations of Keras agrees with itself")
    func generations() async throws {
        let folder = try TemporaryFolder.withKerasModels("small.keras", "keras2.h5")
        let outcome = try await Program.run(["verify", "small.keras", "keras2.h5"], in: folder)
        #expect(outcome.code == 0 && outcome.output.contains("within"), "\(outcome)")
    }
}
