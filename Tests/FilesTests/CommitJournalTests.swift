import Testing

@testable import Files

/// What is read back of a journal, and what is not.
@Suite("The journal of a commit")
struct CommitJournalTests {
    private static let digest = String(repeating: "0a", count: 32)
    private static let journal = CommitJournal(
        identifier: "00ff",
        entries: [
            .init(path: "out.h5", new: .init(size: 3, digest: digest), old: nil),
            .init(
                path: "../deploy/é.prototxt", new: .init(size: 4, digest: digest), old: .init(size: 0, digest: digest)),
        ])

    @Test("is read as it was written")
    func roundTrip() {
        #expect(CommitJournal(Self.journal.bytes, ofPlaceNamed: "out.h5") == Self.journal)
    }

    @Test("is none in the place of another file")
    func foreignPlace() {
        #expect(CommitJournal(Self.journal.bytes, ofPlaceNamed: "é.prototxt") == nil)
    }

    @Test("is none when any byte is changed or its end is missing")
    func damaged() {
        let bytes = Self.journal.bytes
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(CommitJournal(changed, ofPlaceNamed: "out.h5") == nil, "byte \(index)")
            #expect(CommitJournal(Array(bytes[..<index]), ofPlaceNamed: "out.h5") == nil, "length \(index)")
        }
    }

    @Test(
        "names files by plain relative paths and nothing else",
        arguments: ["/etc/passwd", "a/../b", "..", "../..", "", "a//b", "./b", "a/.", "a/"])
    func strangePaths(path: String) {
        var journal = Self.journal
        journal.entries[1].path = path
        #expect(CommitJournal(journal.bytes, ofPlaceNamed: "out.h5") == nil)
    }

    @Test("of a small file takes all of it, of a large one slices from the first byte to the last")
    func offsets() {
        #expect(FileFingerprint.offsets(in: 0) == [])
        #expect(FileFingerprint.offsets(in: 1) == [0])
        #expect(FileFingerprint.offsets(in: 1 << 17).count == 64)
        for size in [(1 << 20) + 1, 12_345_678, 1 << 40] {
            let offsets = FileFingerprint.offsets(in: size)
            #expect(offsets.count == 64 && offsets[0] == 0 && offsets[63] == size - (1 << 11))
            #expect(offsets == offsets.sorted())
        }
    }
}
