import Foundation
import Testing

/// How far folding goes, and the drawing of the plan.
@Suite("Whole-graph folding")
struct PlanningOptionTests {
    /// Affine layers left.
    private func left(_ fixture: Fixture, _ options: [String]) async throws -> [String] {
        let outcome = try await Program.run(
            fixture.arguments + ["--report", "-", "--verify"] + options, in: try TemporaryFolder())
        try #require(outcome.code == 0, "\(outcome.errors)")
        let report = try Report(outcome.output)
        return report.scales.map(\.layer.name) + report.kept.map(\.layer.name)
    }

    @Test("goes as far as it is allowed to, and what is written agrees with the original")
    func reach() async throws {
        let fixture = Fixture.preactivation
        #expect(try await left(fixture, []) == ["scale_data"])
        let backward = try await left(fixture, ["--no-forward"])
        #expect(backward == ["scale_data", "scale2", "bn3", "scale_aux", "scale_flat", "bn_ip"])
        #expect(try await left(fixture, ["--only-adjacent"]) == backward)
        #expect(try await left(.deconvolution, ["--no-forward"]) == [])
        #expect(try await left(.deconvolution, ["--only-adjacent"]) == ["sum1_scale", "dec3_scale", "maxout_scale"])
        // The closer limit holds where both are given.
        #expect(try await left(.deconvolution, ["--only-adjacent", "--no-forward"]).count == 3)
    }

    @Test("with --merge-only each BatchNorm and its Scale are one Scale, and every other tensor keeps its bytes")
    func mergeOnly() async throws {
        let folder = try TemporaryFolder()
        let fixture = Fixture.branches
        let outcome = try await Program.run(
            fixture.arguments + ["--report", "-", "--verify", "--merge-only"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let report = try Report(outcome.output)
        #expect(report.counts(of: "BatchNorm")[1] == 0 && report.folds.isEmpty)
        #expect(report.scales.allSatisfy { $0.reason.name == "only-merged" })
        let difference = try await Program.run(["diff", fixture.weights, "out.h5"], in: folder)
        #expect(!difference.output.contains("conv"), "\(difference.output)")
    }

    @Test(
        "--merge-only together with a limit of what is folded is a usage error",
        arguments: ["--no-forward", "--only-adjacent"])
    func mergeOnlyExclusion(option: String) async throws {
        let outcome = try await Program.run(
            Fixture.branches.arguments + ["--merge-only", option], in: try TemporaryFolder())
        #expect(outcome.code == 64 && outcome.errors.contains("--merge-only excludes \(option)"), "\(outcome)")
    }

    @Test("a shift that stays is a Scale with factors of 1 where no Bias is wanted, and folding again changes nothing")
    func biasAsScale() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(
            Fixture.branches.arguments + ["--report", "-", "--verify", "--bias-as-scale"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let report = try Report(outcome.output)
        #expect(report.counts(of: "Bias")[1] == 0 && report.counts(of: "Scale")[1] == 4)
        // A Scale where a Scale was is no more work, so nothing moves for its sake.
        #expect(report.scales.map(\.layer.name) == ["scale1", "scale4a", "bn4b"] && report.regauged.isEmpty)
        let again = try await Program.run(["out.h5", "again.h5", "--bias-as-scale", "--quiet"], in: folder)
        #expect(again.code == 0, "\(again.errors)")
        #expect(try folder.text("again.prototxt") == folder.text("out.prototxt"))

        let input = try await Program.run(
            Fixture.preactivation.arguments + ["--report", "-", "--verify", "--bias-as-scale", "--force"], in: folder)
        #expect(input.code == 0, "\(input.errors)")
        #expect(try Report(input.output).scales.map(\.type) == ["Scale"])
    }

    @Test("a fold tells its way, and the blobs that hold other numbers than before")
    func ways() async throws {
        let fixture = Fixture.deconvolution
        let outcome = try await Program.run(fixture.arguments + ["--report", "-"], in: try TemporaryFolder())
        let report = try Report(outcome.output)
        let fold = try #require(report.folds.first { $0.into.name == "dec3" })
        #expect(fold.takes.map(\.direction) == ["backward"])
        #expect(fold.takes.flatMap(\.through).map(\.name) == ["dec3_crop"])
        #expect(report.regauged.contains { $0.from == "dec3" && $0.to == "dec3_dec3_scale" })
    }

    @Test("parameters that are no longer shared are told with the layers that shared them")
    func unshared() async throws {
        let outcome = try await Program.run(Fixture.siamese.arguments + ["--report", "-"], in: try TemporaryFolder())
        let report = try Report(outcome.output)
        #expect(report.unshared.map(\.name) == ["conv2_w"])
        #expect(report.unshared.map(\.groups) == [[["conv2"], ["conv2_p"]]])
    }

    // MARK: The drawing

    private func draw(_ fixture: Fixture) async throws -> String {
        let arguments = ["inspect", fixture.weights, "--prototxt", fixture.prototxt, "--dot", "-"]
        let outcome = try await Program.run(arguments + fixture.shapeArguments, in: try TemporaryFolder())
        #expect(outcome.code == 0, "\(outcome.errors)")
        return outcome.output
    }

    @Test("the drawing shows what folds into what, and what stays with its reason")
    func drawing() async throws {
        let text = try await draw(.branches)
        #expect(text.hasPrefix("digraph \"digits-branches\" {\n") && text.hasSuffix("}\n"))
        #expect(text.contains("label=\"folds back\""))
        #expect(text.contains("label=\"folds forward\\nthrough relu1\""))
        #expect(text.contains("scale1\\nScale -> Bias\\nback: "))
        #expect(text.contains("forward: no shift passes 'relu1' (ReLU)"))
    }

    @Test("every arrow of a drawing joins two layers that it shows", arguments: Fixture.all)
    func arrows(fixture: Fixture) async throws {
        let text = try await draw(fixture)
        let nodes = Set(text.matches(of: /(?m)^  (\w+) \[label/).map { String($0.1) })
        let arrows = text.matches(of: /(?m)^  (\w+) -> (\w+) \[/)
        #expect(!arrows.isEmpty)
        for arrow in arrows {
            #expect(nodes.contains(String(arrow.1)) && nodes.contains(String(arrow.2)), "\(arrow.0)")
        }
    }

    @Test("names with quotes, backslashes and ends of lines stay within their labels")
    func names() async throws {
        let folder = try TinyNet.folder { net in
            net.prototxt = net.prototxt.replacing("name: \"tiny\"", with: #"name: "a \"b\\ \n""#)
        }
        let outcome = try await Program.run(["inspect", "net.h5", "--dot", "-"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.hasPrefix(#"digraph "a \"b\\ \\u{a}" {"# + "\n"), "\(outcome.output)")
    }

    @Test("a file gets the drawing beside the report, and is not overwritten without --force")
    func file() async throws {
        let folder = try TinyNet.folder()
        let first = try await Program.run(["inspect", "net.h5", "--dot", "plan.dot"], in: folder)
        #expect(first.code == 0 && first.output.contains("<- bn, scale"), "\(first)")
        #expect(try folder.text("plan.dot").contains("folds back"))
        try folder.write("mine", to: "plan.dot")
        let second = try await Program.run(["inspect", "net.h5", "--dot", "plan.dot"], in: folder)
        #expect(second.code == 73 && second.errors.contains("--force"), "\(second)")
        #expect(try folder.text("plan.dot") == "mine")
        let third = try await Program.run(["inspect", "net.h5", "--dot", "plan.dot", "--force"], in: folder)
        #expect(third.code == 0)
        #expect(try folder.text("plan.dot").hasPrefix("digraph"))
        #expect(try folder.names() == ["net.h5", "net.prototxt", "plan.dot"])
    }

    @Test(
        "a drawing in the place of an input, or together with JSON on one stream, is a usage error",
        arguments: [
            ["--dot", "net.h5", "--force"], ["--dot", "-", "--json"], ["--force"], ["--force", "--dot", "-"],
        ])
    func usage(options: [String]) async throws {
        let folder = try TinyNet.folder()
        let before = try folder.data("net.h5")
        let outcome = try await Program.run(["inspect", "net.h5"] + options, in: folder)
        #expect(outcome.code == 64, "\(outcome)")
        #expect(try folder.data("net.h5") == before)
    }
}
