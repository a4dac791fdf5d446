import Foundation
import Testing

/// A net of the `fixtures` folder with weights beside it.
struct CaseNet: Sendable, CustomTestStringConvertible {
    var folder: String
    var name: String

    var testDescription: String { "\(folder)/\(name)" }
    var weights: String { Fixture.root.appendingPathComponent("\(folder)/\(name).h5").path }
    var prototxt: String { Fixture.root.appendingPathComponent("\(folder)/\(name).prototxt").path }

    /// All nets of one folder.
    static func all(in folder: String) -> [CaseNet] {
        let files =
            (try? FileManager.default.contentsOfDirectory(atPath: Fixture.root.appendingPathComponent(folder).path))
            ?? []
        return files.filter { $0.hasSuffix(".prototxt") }.sorted().map {
            CaseNet(folder: folder, name: String($0.dropLast(9)))
        }
    }
}

@Suite("Nets that Caffe loads, and nets that it refuses")
struct CaseFolderTests {
    @Test("both folders hold nets")
    func folders() {
        #expect(CaseNet.all(in: "valid-nets").count == 10)
        #expect(CaseNet.all(in: "two-writers").count == 6)
    }

    @Test(
        "a net with several outputs folds, whatever becomes of their order", arguments: CaseNet.all(in: "valid-nets"),
        ["h5", "caffemodel"])
    func folds(net: CaseNet, container: String) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run([net.weights, "out.\(container)", "--prototxt", net.prototxt], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    @Test(
        "a blob with two writers is refused before anything is planned", arguments: CaseNet.all(in: "two-writers"),
        [["fold"], ["fold", "--keep-training"], ["inspect"]])
    func refuses(net: CaseNet, command: [String]) async throws {
        let folder = try TemporaryFolder()
        let output = command[0] == "fold" ? ["out.h5"] : []
        let outcome = try await Program.run(
            command + [net.weights] + output + ["--prototxt", net.prototxt], in: folder)
        #expect(outcome.code == 65)
        #expect(outcome.errors.contains("has two writers"), "\(outcome.errors)")
        #expect(try folder.names().isEmpty)
    }

    @Test("verify refuses an original with two writers of a blob", arguments: CaseNet.all(in: "two-writers"))
    func verifyRefuses(net: CaseNet) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(
            [
                "verify", net.weights, net.weights, "--prototxt", net.prototxt, "--folded-prototxt", net.prototxt,
            ], in: folder)
        #expect(outcome.code == 65)
        #expect(outcome.errors.contains("has two writers"), "\(outcome.errors)")
    }
}
