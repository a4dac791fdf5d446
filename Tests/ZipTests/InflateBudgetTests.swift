import Testing

@testable import Zip

@Suite("How much of an archive is inflated")
struct InflateBudgetTests {
    @Test("all members together become 32 times the archive's size and 64 MiB, and no more")
    func sum() throws {
        let budget = InflateBudget(archiveByteCount: 1 << 20, advice: .general)
        let origin = ZipOrigin(path: "a.npz", member: "x.npy")
        try budget.take(32 << 20, for: origin)
        try budget.take(64 << 20, for: origin)
        let error = #expect(throws: ZipError.self) { try budget.take(1, for: origin) }
        #expect(error?.kind == .malformed)
        #expect(error?.message.contains("of this archive at most 100663296 are") == true)
    }

    @Test("the largest archive overflows nothing")
    func overflow() throws {
        try InflateBudget(archiveByteCount: .max, advice: .general).take(.max, for: ZipOrigin(path: "a.npz"))
    }
}
