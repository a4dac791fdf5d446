import Foundation
import Testing

/// What holds for every net that is folded.
@Suite("Standing properties")
struct FixturePropertyTests {
    /// Folds a net into `out.h5` and `out.prototxt` of a new folder.
    private func folded(_ fixture: Fixture, _ options: [String] = []) async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(fixture.arguments + options, in: folder)
        try #require(outcome.code == 0, "\(outcome.errors)")
        return folder
    }

    @Test("two runs give the same bytes", arguments: Fixture.all)
    func reproducible(fixture: Fixture) async throws {
        let first = try await folded(fixture, ["--report", "report.json"])
        let second = try await folded(fixture, ["--report", "report.json"])
        #expect(try first.names() == second.names())
        for name in try first.names() {
            let same = try first.data(name) == second.data(name)
            #expect(same, "\(name)")
        }
    }

    @Test("folding a folded pair changes nothing", arguments: Fixture.all)
    func idempotent(fixture: Fixture) async throws {
        let folder = try await folded(fixture)
        let outcome = try await Program.run(["out.h5", "again.h5", "--report", "report.json"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try folder.text("again.prototxt") == folder.text("out.prototxt"))
        #expect(try WeightFile(reading: folder.path("again.h5")) == WeightFile(reading: folder.path("out.h5")))
        let report = try Report(folder.text("report.json"))
        #expect(report.folds == [] && report.scales == [] && report.deployment == [] && report.renamed == [])
        #expect(report.layers.before == report.layers.after)
    }

    @Test("the TEST net without data, loss and accuracy gets the weights of the whole net", arguments: Fixture.all)
    func testNet(fixture: Fixture) async throws {
        let folder = try await folded(fixture)
        let outcome = try await Program.run(
            [fixture.weights, "test.h5", "--prototxt", fixture.testNet], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try WeightFile(reading: folder.path("test.h5")) == WeightFile(reading: folder.path("out.h5")))
    }

    @Test(
        "the weights hold groups of the prototxt's layers only, none of them empty but for sharers",
        arguments: Fixture.all)
    func groups(fixture: Fixture) async throws {
        let folder = try await folded(fixture)
        let weights = try WeightFile(reading: folder.path("out.h5"))
        let text = try folder.text("out.prototxt")
        let names = Set(text.matches(of: /name:\s*["']([^"']*)["']/).map { String($0.1) })
        for group in weights.groups where group != "/data" {
            #expect(names.contains(String(group.dropFirst("/data/".count))), "\(group)")
            let isSharer = fixture.name == "digits-siamese" && group.hasSuffix("_p")
            #expect(isSharer || weights.blobs.keys.contains { $0.hasPrefix(group + "/") }, "\(group)")
        }
        #expect(weights.blobs.values.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    }

    /// What a new line of a deploy prototxt may say: an input and its shape, a bias that a fold added, another type, the
    /// fields of a Scale or Bias, the name of a shared parameter, what a line keeps without its filler, the end of a message.
    private static let newLines = [
        #"bias_term: ?true"#, #"input_param:? ?\{"#, #"shape:? ?\{( ?dim: ?\d+[,;]?)+ ?\}"#,
        #"type: ?["'](Input|Scale|Bias|Softmax)["']"#, #"scale_param:? ?[\{<]"#, #"param: \{ name: "\w+" \}"#,
        #"(inner_product|convolution)_param \{ num_output: \d+ \}"#, #"[\}>]"#,
    ].joined(separator: "|")

    @Test("a line of the deploy prototxt is one of the input, but for a few kinds", arguments: Fixture.all)
    func linesAreOld(fixture: Fixture) async throws {
        let folder = try await folded(fixture, ["--report", "report.json"])
        let report = try Report(folder.text("report.json"))
        // A name that the report tells: of a blob that holds other numbers than before, of a layer that is new, or of a loss that became a
        // function.
        let told =
            report.regauged.map(\.to) + report.scales.filter(\.isInserted).map(\.layer.name)
            + report.deployment.compactMap(\.names).flatMap { [$0.layer, $0.blob] }
        let input = try String(contentsOfFile: fixture.prototxt, encoding: .utf8)
        let tops = Set(input.matches(of: /top: ?["'](.*?)["']/).map { String($0.1) })
        let old = Set(input.split(whereSeparator: \.isNewline))
        for line in try folder.text("out.prototxt").split(whereSeparator: \.isNewline)
        where !old.contains(line) {
            var text = line.trimmingCharacters(in: .whitespacesAndNewlines)
            if let last = text.last, ",;".contains(last) { text.removeLast() }
            let isRenamed = fixture.name == "digits-mobilenet" && text.hasPrefix("name: '") && !text.contains("/")
            // The chain's last blob survives: a top of the input under another layer.
            let name = text.firstMatch(of: /^(?:top|bottom|name): ?["'](.*)["']$/)?.1
            let isOtherBlob = name.map { told.contains(String($0)) || tops.contains(String($0)) } ?? false
            let isOfNewKind = try text.wholeMatch(of: Regex(Self.newLines)) != nil
            #expect(
                isRenamed || isOtherBlob || isOfNewKind,
                "new line: \(line)")
        }
    }

    @Test("comments stay, but for those in front of layers that were folded away", arguments: Fixture.all)
    func commentsStay(fixture: Fixture) async throws {
        let gone =
            switch fixture.name {
            case "digits-se": ["# stand-alone Scale: there is no BatchNorm before it", "# stand-alone Bias, then BN"]
            case "digits-preact": ["# auxiliary head: IP straight on a 4-d blob"]
            default: [String]()
            }
        let folder = try await folded(fixture)
        let output = try folder.text("out.prototxt")
        let input = try String(contentsOfFile: fixture.prototxt, encoding: .utf8)
        let comments = input.split(whereSeparator: \.isNewline).compactMap { line in
            line.firstIndex(of: "#").map { line[$0...].trimmingCharacters(in: .whitespaces) }
        }
        #expect(comments.filter { !output.contains($0) } == gone)
    }

    @Test("line endings, indentation and the ends of lines stay", arguments: Fixture.all)
    func formatting(fixture: Fixture) async throws {
        let folder = try await folded(fixture)
        let output = try folder.data("out.prototxt")
        let input = try Data(contentsOf: URL(fileURLWithPath: fixture.prototxt))
        let usesCarriageReturns = input.contains(0x0D)
        let lines = output.split(separator: 0x0A)
        #expect(lines.allSatisfy { ($0.last == 0x0D) == usesCarriageReturns })
        #expect(output.contains(0x09) == input.contains(0x09))
        #expect(!output.isEmpty && output.first != 0x0A)
    }

    @Test("nothing that only training needs is left", arguments: Fixture.all)
    func trainingFields(fixture: Fixture) async throws {
        let text = try await folded(fixture).text("out.prototxt")
        for word in [
            "lr_mult", "decay_mult", "filler", "include", "exclude", "phase", "Accuracy", "Loss\"", "HDF5Data", "label",
        ] {
            let code = text.split(whereSeparator: \.isNewline).filter { !$0.contains("#") && !$0.contains("name:") }
            #expect(!code.contains { $0.contains(word) && !$0.contains("top:") && !$0.contains("bottom:") }, "\(word)")
        }
    }
}
