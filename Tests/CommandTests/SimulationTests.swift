import Foundation
import Testing

/// Weights as int8 would have them.
@Suite("Simulated weights")
struct SimulationTests {
    @Test("int8 weights are simulated without a verdict", arguments: ["int8-per-tensor", "int8-per-channel"])
    func simulation(scheme: String) async throws {
        let folder = try TemporaryFolder()
        let fixture = Fixture.lenet
        let folded = try await Program.run(fixture.arguments, in: folder)
        try #require(folded.code == 0, "\(folded.errors)")
        let arguments = ["verify", fixture.weights, "out.h5", "--prototxt", fixture.prototxt, "--simulate", scheme]
        let outcome = try await Program.run(arguments, in: folder)
        #expect(outcome.code == 0 && outcome.output.contains("simulated: \(scheme) gives the same class"), "\(outcome)")
        #expect(!outcome.output.contains("within"))
        let judged = try await Program.run(arguments + ["--tolerance", "1e-3"], in: folder)
        #expect(judged.code == 64 && judged.errors.contains("--simulate"), "\(judged)")
    }

    @Test("an output that is missing is told, and no difference in its place")
    func missingOutput() async throws {
        let folder = try TemporaryFolder()
        let fixture = Fixture.lenet
        let folded = try await Program.run(fixture.arguments, in: folder)
        try #require(folded.code == 0, "\(folded.errors)")
        // The loss of the training net became an output that the net without it lacks.
        try folder.write(
            folder.text("out.prototxt").replacing(/layer \{[^{}]*type: "Softmax"[^{}]*\}/, with: ""), to: "out.prototxt"
        )
        let outcome = try await Program.run(
            ["verify", fixture.weights, "out.h5", "--prototxt", fixture.prototxt, "--simulate", "int8-per-tensor"],
            in: folder)
        #expect(outcome.code == 2 && outcome.output.contains("lacks the outputs"), "\(outcome)")
        #expect(!outcome.output.contains("beyond the tolerance"), "\(outcome)")
    }
}
