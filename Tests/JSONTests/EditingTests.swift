import JSON
import Testing

/// Edits of a text, by the places that its tree tells.
@Suite("Editing JSON")
struct EditingTests {
    static let text = #"{"a" : 1.50, "b":[ 1,2 ,3],  "c":{"d":"\u00e9"}}"#

    @Test("a text without edits keeps its bytes")
    func unchanged() throws {
        let document = try JSONDocument(parsing: Array(Self.text.utf8))
        #expect(try document.applying([]) == Array(Self.text.utf8))
    }

    @Test("a value is replaced in its place, and nothing else changes")
    func replacing() throws {
        let document = try JSONDocument(parsing: Array(Self.text.utf8))
        let range = try #require(document.root["c"]?["d"]).range
        let edited = try document.applying([JSONEdit(replacing: range, with: .boolean(true))])
        #expect(String(decoding: edited, as: UTF8.self) == #"{"a" : 1.50, "b":[ 1,2 ,3],  "c":{"d":true}}"#)
    }

    @Test(
        "entries go with their commas",
        arguments: [
            ([0], "[ 2 ,3]"), ([1], "[ 1 ,3]"), ([2], "[ 1,2]"), ([0, 1], "[ 3]"), ([1, 2], "[ 1]"), ([0, 2], "[ 2]"),
            ([0, 1, 2], "[ ]"),
        ])
    func removing(places: [Int], expected: String) throws {
        let document = try JSONDocument(parsing: Array(Self.text.utf8))
        let list = try #require(document.root["b"])
        let edited = try document.applying(document.removals(ofElements: Set(places), from: list))
        #expect(String(decoding: edited, as: UTF8.self).contains("\"b\":\(expected)"))
        #expect((try JSONDocument(parsing: edited)).root["b"]?.elements?.count == 3 - places.count)
    }

    @Test("members go from an object likewise")
    func members() throws {
        let document = try JSONDocument(parsing: Array(Self.text.utf8))
        let edited = try document.applying(document.removals(ofMembers: [0, 1], from: document.root))
        #expect(String(decoding: edited, as: UTF8.self) == #"{"c":{"d":"\u00e9"}}"#)
    }

    @Test("edits that overlap are a conflict")
    func conflict() throws {
        let document = try JSONDocument(parsing: Array(Self.text.utf8))
        #expect(throws: JSONEditConflict(range: 2..<6)) {
            try document.applying([JSONEdit(removing: 1..<5), JSONEdit(removing: 2..<6)])
        }
        #expect(throws: JSONEditConflict.self) { try document.applying([JSONEdit(removing: 1..<500)]) }
    }

    @Test("a place is told by line and column")
    func position() throws {
        let document = try JSONDocument(parsing: Array("{\n  \"a\": 1}".utf8))
        let place = document.position(at: try #require(document.root["a"]).range.lowerBound)
        #expect(place.line == 2 && place.column == 8)
    }
}
