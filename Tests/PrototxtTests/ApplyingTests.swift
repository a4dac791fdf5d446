import Prototxt
import Testing

@Suite struct ApplyingTests {
    private func apply(_ edits: [(Range<Int>, String)], to text: String = "a: 1 b: 2 c: 3") throws -> String {
        let edits = edits.map { SourceEdit(range: $0.0, replacement: Array($0.1.utf8)) }
        return String(decoding: try parse(text).applying(edits), as: UTF8.self)
    }

    @Test("no edits change no byte")
    func noEdits() throws {
        #expect(try apply([]) == "a: 1 b: 2 c: 3")
    }

    @Test("edits may come in any order")
    func order() throws {
        #expect(try apply([(13..<14, "9"), (3..<4, "7"), (5..<5, "x: 0 ")]) == "a: 7 x: 0 b: 2 c: 9")
    }

    @Test("deletions that overlap, adjoin or repeat merge")
    func mergingDeletions() throws {
        #expect(try apply([(0..<5, ""), (3..<8, ""), (8..<10, ""), (8..<10, ""), (1..<2, "")]) == "c: 3")
    }

    @Test("insertions at one place keep their order")
    func insertionOrder() throws {
        #expect(try apply([(5..<5, "x:1 "), (5..<5, "y:2 ")]) == "a: 1 x:1 y:2 b: 2 c: 3")
    }

    @Test("an insertion at either end of a deletion or replacement stays")
    func insertionAtBoundary() throws {
        #expect(try apply([(5..<10, ""), (5..<5, "x:1 "), (10..<10, "y:2 ")]) == "a: 1 x:1 y:2 c: 3")
        #expect(try apply([(8..<9, "8"), (8..<8, "1"), (9..<9, "9")]) == "a: 1 b: 189 c: 3")
        #expect(try apply([(0..<5, ""), (5..<10, ""), (5..<5, "x:1 ")]) == "x:1 c: 3")
    }

    @Test(
        "an insertion inside, or an overlap with a replacement, is a conflict",
        arguments: [
            [(5..<10, ""), (7..<7, "x")], [(5..<10, "b"), (7..<7, "x")], [(5..<10, "b"), (7..<12, "")],
            [(5..<10, ""), (7..<12, "x")],
            [(5..<10, "b"), (5..<10, "b")], [(0..<6, ""), (4..<10, ""), (7..<7, "x")],
        ])
    func conflicts(edits: [(Range<Int>, String)]) {
        #expect(throws: SourceEditConflict.self) { try apply(edits) }
    }

    @Test("an edit outside the text is an error", arguments: [-1..<2, 10..<15, 15..<15, -1 ..< -1])
    func outOfBounds(range: Range<Int>) {
        let edit = SourceEdit(range: range, replacement: [0x20])
        #expect(throws: SourceEditConflict.outOfBounds(edit, byteCount: 14)) {
            try parse("a: 1 b: 2 c: 3").applying([edit])
        }
    }

    @Test("a conflict says which edits and why")
    func conflictDescription() {
        let conflict = SourceEditConflict.overlap(
            SourceEdit(range: 1..<4, replacement: []), SourceEdit(range: 2..<2, replacement: [0x20]))
        #expect("\(conflict)" == "the edit of bytes 2..<2 overlaps that of bytes 1..<4; only deletions may overlap")
    }

    @Test("a deletion that does not close its gap takes its bytes and no others")
    func literalDeletion() throws {
        #expect(try apply([(5..<9, "")]) == "a: 1  c: 3")
    }
}
