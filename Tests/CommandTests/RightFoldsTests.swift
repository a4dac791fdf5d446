import Foundation
import Testing

/// Right folds that `verify` used to call wrong: values of one name that hold other numbers meanwhile, and values that are equal up to their sign.
@Suite("Right folds are within")
struct RightFoldsTests {
    private static let nets =
        CaseNet.all(in: "valid-nets").map { ($0.weights, $0.prototxt) }
        + [("min.h5", "min.prototxt"), ("net.caffemodel", "net.prototxt")].map { weights, prototxt in
            let folder = Fixture.root.appendingPathComponent("negated-concat")
            return (folder.appendingPathComponent(weights).path, folder.appendingPathComponent(prototxt).path)
        }

    @Test("in fold --verify, and in verify of what it wrote", arguments: nets, ["h5", "caffemodel"])
    func within(net: (weights: String, prototxt: String), container: String) async throws {
        let folder = try TemporaryFolder()
        let fold = try await Program.run(
            ["fold", net.weights, "out.\(container)", "--prototxt", net.prototxt, "--verify"], in: folder)
        #expect(fold.code == 0, "\(fold)")
        #expect(fold.output.contains("within: the networks agree"), "\(fold.output)")
        let verify = try await Program.run(
            ["verify", net.weights, "out.\(container)", "--prototxt", net.prototxt], in: folder)
        #expect(verify.code == 0, "\(verify)")
    }
}
