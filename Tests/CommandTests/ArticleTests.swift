import BNFoldKit
import Foundation
import Testing

/// The code of the article about folding from Swift.
@Suite("The article's code")
struct ArticleTests {
    // The article shows what stands between these two lines.
    // article begins
    func foldAndTell(_ weights: String, to output: String) throws -> [String] {
        var request = FoldRequest(input: weights, output: output)
        // Nothing is put in place unless both networks agree.
        request.verification = VerifyOptions()
        let report = try fold(request)

        var lines = report.folds.map { fold in
            "\(fold.from.map(\.name).joined(separator: " and ")) went into \(fold.into.name)"
        }
        lines += report.scales.map { leftover in
            "\(leftover.layer.name) stays as \(leftover.type): \(leftover.reason.sentence)"
        }
        lines += report.kept.map { kept in
            "\(kept.layer.name) stays as it is: \(kept.reason.sentence)"
        }
        if let verification = report.verification {
            let worst = verification.values.compactMap(\.largestRelative).max() ?? 0
            lines.append("the networks differ by \(worst) of the largest number")
        }
        return lines
    }
    // article ends

    @Test("folds a fixture and tells what became of its layers")
    func runs() throws {
        let folder = try TemporaryFolder()
        let fixture = Fixture.preactivation
        try FileManager.default.copyItem(atPath: fixture.weights, toPath: folder.path("weights.caffemodel.h5"))
        try FileManager.default.copyItem(atPath: fixture.testNet, toPath: folder.path("weights.prototxt"))
        let lines = try foldAndTell(folder.path("weights.caffemodel.h5"), to: folder.path("out.h5"))
        #expect(lines.contains { $0.contains(" went into ") })
        #expect(lines.contains { $0.contains(" stays as Bias: ") })
        #expect(lines.last?.hasPrefix("the networks differ by ") == true)
        #expect(FileManager.default.fileExists(atPath: folder.path("out.prototxt")))
    }

    @Test("is what the article shows, and compiles here")
    func isShown() throws {
        let source = try String(contentsOfFile: #filePath, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        let first = try #require(source.firstIndex { $0.hasSuffix("// article begins") })
        let last = try #require(source.firstIndex { $0.hasSuffix("// article ends") })
        let code = source[(first + 1)..<last].map { $0.hasPrefix("    ") ? $0.dropFirst(4) : $0 }
        let article = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../Sources/BNFoldKit/BNFoldKit.docc/FoldingANetwork.md")
        let text = try String(contentsOf: article, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        let fence = try #require(text.firstIndex { $0 == "```swift" })
        let shown = text[(fence + 1)...].prefix { $0 != "```" }
        #expect(Array(shown) == Array(code))
    }
}
