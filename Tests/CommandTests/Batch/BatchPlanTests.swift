import Testing

@testable import BNFoldKit

/// Batches that are turned away before they write anything.
@Suite("Plans of batches")
struct BatchPlanTests {
    @Test("an output folder without a name is a usage error, and not the root of the disk")
    func emptyOutputFolder() throws {
        #expect(try error(outputFolder: "").kind == .usage)
    }

    @Test("results without a name are a usage error")
    func emptyReport() throws {
        #expect(try error(report: "").kind == .usage)
    }

    @Test("a folder cannot be the results, nor pass for those of an earlier run")
    func resultsAreFolder() throws {
        let error = try error(report: "/tmp")
        #expect(error.kind == .cannotCreate && error.message.contains("/tmp: cannot be created: it is a folder"))
    }

    @Test("weights in the place of a manifest are told what a manifest is")
    func weightsAsManifest() throws {
        let error = try error(source: "net.h5")
        #expect(error.kind == .malformed && error.message.contains("a manifest has one JSON object a line"))
    }

    @Test("a file in the place of the output folder is told as one")
    func outputFolderIsFile() throws {
        let folder = try TinyNet.folder()
        let request = BatchRequest(source: folder.url.path, outputFolder: folder.path("net.h5"))
        let plan = try BatchPlan(request)
        let error = #expect(throws: BNFoldError.self) {
            try runBatch(plan, pool: InProcessPool(cancellation: request.cancellation)) { _ in }
        }
        #expect(error?.kind == .cannotCreate && error?.message.contains("net.h5") == true)
        #expect(try folder.names() == ["net.h5", "net.prototxt"])
    }

    private func error(
        source: String = ".", outputFolder: String = "/tmp/nowhere", report: String? = nil
    ) throws -> BNFoldError {
        let folder = try TinyNet.folder()
        var request = BatchRequest(source: folder.path(source), outputFolder: outputFolder)
        request.reportPath = report
        return try #require(#expect(throws: BNFoldError.self) { try BatchPlan(request) })
    }
}
