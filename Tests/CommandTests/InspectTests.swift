import Foundation
import Testing

/// The plan and the health of the statistics, without writing.
@Suite("inspect")
struct InspectTests {
    @Test("tells the plan and writes nothing")
    func plan() async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(["inspect", "net.h5"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("conv") && outcome.output.contains("<- bn, scale"), "\(outcome.output)")
        #expect(!outcome.output.contains("wrote"))
        #expect(try folder.names() == ["net.h5", "net.prototxt"])
    }

    @Test(
        "plans adjacent folds from the prototxt alone as it does with weights, but for reasons that lie in numbers",
        arguments: Fixture.all)
    func adjacentWithoutWeights(fixture: Fixture) async throws {
        let folder = try TemporaryFolder()
        let options = ["--prototxt", fixture.prototxt, "--json", "--only-adjacent"] + fixture.shapeArguments
        let without = try await Program.run(["inspect"] + options, in: folder)
        let with = try await Program.run(["inspect", fixture.weights] + options, in: folder)
        #expect(without.code == 0 && with.code == 0, "\(without.errors) \(with.errors)")
        let plan = try Report(without.output)
        let planWithWeights = try Report(with.output)
        #expect(plan.folds == planWithWeights.folds)
        #expect(plan.scales == planWithWeights.scales)
        #expect(plan.kept == planWithWeights.kept)
        #expect(plan.types == planWithWeights.types)
    }

    @Test("what the prototxt alone promises to fold away, folds away with weights", arguments: Fixture.all)
    func withoutWeights(fixture: Fixture) async throws {
        let folder = try TemporaryFolder()
        let options = ["--prototxt", fixture.prototxt, "--json"] + fixture.shapeArguments
        let without = try await Program.run(["inspect"] + options, in: folder)
        let with = try await Program.run(["inspect", fixture.weights] + options, in: folder)
        #expect(without.code == 0 && with.code == 0, "\(without.errors) \(with.errors)")
        let plan = try Report(without.output)
        let left = Set(plan.scales.flatMap(\.from) + plan.kept.map(\.layer))
        let folded = Set(plan.folds.flatMap(\.from)).subtracting(left)
        let planWithWeights = try Report(with.output)
        #expect(folded.isDisjoint(with: planWithWeights.scales.flatMap(\.from) + planWithWeights.kept.map(\.layer)))
    }

    @Test("needs no input shapes", arguments: Fixture.all)
    func withoutShapes(fixture: Fixture) async throws {
        let outcome = try await Program.run(
            ["inspect", fixture.weights, "--prototxt", fixture.prototxt], in: try TemporaryFolder())
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    @Test("--json has the fields of the report, and no output")
    func json() async throws {
        let folder = try TinyNet.folder()
        let inspected = try await Program.run(["inspect", "net.h5", "--json"], in: folder)
        let folded = try await Program.run(["net.h5", "out.h5", "--report", "-"], in: folder)
        let fields = try keys(inspected.output)
        #expect(fields.union(["output"]) == (try keys(folded.output)))
        #expect(!fields.contains("output"))
    }

    @Test("the plan is the one that fold carries out", arguments: Fixture.all)
    func samePlan(fixture: Fixture) async throws {
        let folder = try TemporaryFolder()
        let inspected = try await Program.run(
            ["inspect", fixture.weights, "--prototxt", fixture.prototxt, "--json"] + fixture.shapeArguments,
            in: folder)
        let folded = try await Program.run(fixture.arguments + ["--report", "-"], in: folder)
        let plan = try Report(inspected.output)
        let outcome = try Report(folded.output)
        #expect(plan.folds == outcome.folds)
        #expect(plan.scales == outcome.scales)
        #expect(plan.findings == outcome.findings)
        #expect(plan.types == outcome.types)
    }

    private func keys(_ json: String) throws -> Set<String> {
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        return Set(try #require(object).keys)
    }
}
