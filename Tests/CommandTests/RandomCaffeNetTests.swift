import BNFoldKit
import Foundation
import Testing

/// The whole way from files to files, on nets that nobody thought of. The checks of CI do the same on more of them, with another engine.
@Suite("Random Caffe nets")
struct RandomCaffeNetTests {
    /// What may be asked of a fold, by the seed of the net.
    private static func request(_ seed: UInt64, in folder: TemporaryFolder) -> FoldRequest {
        var request = FoldRequest(
            input: folder.path("net.h5"), output: folder.path(seed % 3 == 0 ? "out.caffemodel" : "out.h5"))
        request.verification = VerifyOptions()
        request.verification?.samples = 1
        request.caffe.keepsTraining = seed % 4 == 1
        request.writesBiasAsScale = seed % 5 == 2
        if seed % 6 == 3 { request.reach = .backward }
        if seed % 6 == 5 { request.reach = .adjacent }
        if seed % 12 == 2 { request.reach = .none }
        return request
    }

    @Test("each folds, and computes what it did", arguments: UInt64(0)..<150)
    func folds(seed: UInt64) throws {
        let net = RandomCaffeNet(seed: seed)
        let folder = try TemporaryFolder()
        try folder.write(net.prototxt, to: "net.prototxt")
        try net.weights.write(to: folder.path("net.h5"))
        do {
            let report = try fold(Self.request(seed, in: folder))
            #expect(report.verification?.isWithin == true, "\(net.prototxt)")
        } catch {
            Issue.record("\(error.message)\n\(net.prototxt)")
        }
    }
}
