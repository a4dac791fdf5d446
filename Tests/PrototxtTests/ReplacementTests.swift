import Prototxt
import Testing

@Suite struct ReplacementTests {
    private func replacing(_ text: String, withString string: String) throws -> String {
        let document = try parse(text)
        return try document.edited(
            document.replacement(of: try #require(document.field("a").value.scalar), withString: string))
    }

    private func replacing(_ text: String, withLiteral literal: String) throws -> String {
        let document = try parse(text)
        return try document.edited(
            document.replacement(of: try #require(document.field("a").value.scalar), withLiteral: literal))
    }

    @Test("a string keeps its quotes, and only what must be escaped is")
    func quotes() throws {
        #expect(
            try replacing("a: \"x\" # c\n", withString: "it's \"é\" \\ \n\r\t\u{1}2")
                == #"a: "it's \"é\" \\ \n\r\t\0012" # c"# + "\n")
        #expect(try replacing("a: 'x'", withString: "it's \"é\"") == #"a: 'it\'s "é"'"#)
    }

    @Test("what was written is what is read", arguments: ["", "a", "\0\u{7F}\u{1F}7", "\\n", "'\"", "é😀", "a\r\nb"])
    func roundTrip(text: String) throws {
        let edited = try parse(replacing("a: 'x'", withString: text))
        #expect(try edited.field("a").value.scalar?.stringValue == text)
    }

    @Test("several literals become one")
    func adjacentLiterals() throws {
        #expect(try replacing("a: 'x' # c\n 'y' b: 1", withString: "z") == "a: 'z' b: 1")
    }

    @Test("a value that is no string gets the quotes of the document")
    func newQuotes() throws {
        #expect(try replacing("m { s: 'x' } a: 1", withString: "z") == "m { s: 'x' } a: 'z'")
        #expect(try replacing("a: 1", withString: "z") == "a: \"z\"")
    }

    @Test("a literal replaces any value, and is kept apart from a name behind it")
    func literals() throws {
        #expect(try replacing("a: - 5;", withLiteral: "true") == "a: true;")
        #expect(try replacing("a: 'x'b: 1", withLiteral: "true") == "a: true b: 1")
    }

    @Test("an element of a list can be replaced")
    func listElement() throws {
        let document = try parse("a: ['x', 'y']")
        let element = try #require(document.root.values(named: "a").first?.scalar)
        #expect(try document.edited(document.replacement(of: element, withString: "z")) == "a: ['z', 'y']")
    }
}
