import Foundation
import NetGraph
import Testing

/// How many nets a run makes, and the first one's seed: BNFOLD_RANDOM_NETS and BNFOLD_RANDOM_SEED set them.
private let netCount = ProcessInfo.processInfo.environment["BNFOLD_RANDOM_NETS"].flatMap { Int($0) } ?? 3000
private let firstSeed = ProcessInfo.processInfo.environment["BNFOLD_RANDOM_SEED"].flatMap { UInt64($0) } ?? 1

@Suite("Random nets", .serialized)
struct RandomGraphTests {
    @Test(
        "A folded net computes what the net did, to 1e-9 in double precision, and blobs keep their numbers with their names"
    )
    func sameNumbers() throws {
        var foldCount = 0
        for seed in firstSeed..<firstSeed + UInt64(netCount) {
            let net = RandomNet(seed: seed)
            let verdict = FoldVerdict(net)
            foldCount += verdict.foldCount
            guard verdict.complaint != nil else { continue }
            let small = net.shrunk { FoldVerdict($0).complaint != nil }
            Issue.record("seed \(seed): \(FoldVerdict(small).complaint ?? "")\n\(FoldVerdict.description(of: small))")
            return
        }
        // A generator that makes nothing to fold would prove nothing.
        #expect(foldCount > netCount / 3)
    }
}
