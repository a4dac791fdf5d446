import Prototxt
import Testing

@Suite struct BlockRemovalTests {
    /// The text without its blocks of that name, `withLeadingComments`.
    private func removingBlocks(_ names: Set<String>, from text: String, comments: Bool = true) throws -> String {
        let document = try parse(text)
        let fields = document.root.fields.filter { names.contains($0.name) }
        let edits = fields.flatMap { document.removal(ofBlock: $0, withLeadingComments: comments) }
        return String(decoding: try document.applying(edits), as: UTF8.self)
    }

    @Test(
        "no double blank line is left",
        arguments: [
            ("a { }\n\nb { }\n\nc { }\n", "a { }\n\nc { }\n"), ("a { }\n\nb { }\nc { }\n", "a { }\n\nc { }\n"),
            ("a { }\nb { }\n\nc { }\n", "a { }\n\nc { }\n"),
            ("a { }\n\n\nb { }\n\nc { }\n", "a { }\n\n\nc { }\n"),
            ("a { }\n\nb { }\n \n\nc { }\n", "a { }\n \n\nc { }\n"), ("a { }\n\nb { }\n", "a { }\n"),
            ("b { }\n\nc { }\n", "c { }\n"), ("\nb { }\n\nc { }\n", "\nc { }\n"),
            ("a { }\r\n\r\nb { }\r\n\r\nc { }\r\n", "a { }\r\n\r\nc { }\r\n"), ("a { }\n\nb { }", "a { }\n"),
        ])
    func blankLines(text: String, result: String) throws {
        #expect(try removingBlocks(["b"], from: text) == result)
    }

    @Test(
        "removals of neighbouring blocks compose",
        arguments: [
            ("a { }\n\nb { }\nd { }\n\nc { }\n", "a { }\n\nc { }\n"),
            ("a { }\n\nb { }\n\nd { }\n\nc { }\n", "a { }\n\nc { }\n"), ("b { }\n\nd { }\n\nc { }\n", "c { }\n"),
            ("a { }\n\nb { }\n\nd { }\n", "a { }\n"), ("a { }\n\n\nb { }\n\nd { }\n\n\nc { }\n", "a { }\n\n\nc { }\n"),
        ])
    func neighbours(text: String, result: String) throws {
        #expect(try removingBlocks(["b", "d"], from: text) == result)
    }

    @Test("comment lines directly above go when asked")
    func leadingComments() throws {
        let text = "a { }\n# one\n  # two\nb { } # three\nc { }\n"
        #expect(try removingBlocks(["b"], from: text) == "a { }\nc { }\n")
        #expect(try removingBlocks(["b"], from: text, comments: false) == "a { }\n# one\n  # two\nc { }\n")
    }

    @Test("a comment beyond a blank line, or behind another field, stays")
    func detachedComments() throws {
        #expect(try removingBlocks(["b"], from: "a { }\n# far\n\n# near\nb { }\nc { }\n") == "a { }\n# far\n\nc { }\n")
        #expect(try removingBlocks(["b"], from: "a { } # a\nb { }\nc { }\n") == "a { } # a\nc { }\n")
        #expect(try removingBlocks(["b"], from: "a: 'x\n# y' # z\nb { }\nc { }\n") == "a: 'x\n# y' # z\nc { }\n")
    }

    @Test("the header of the file stays")
    func fileHeader() throws {
        #expect(try removingBlocks(["b"], from: "# header\nb { }\nc { }\n") == "# header\nc { }\n")
        #expect(
            try removingBlocks(["b"], from: "# header\n\n# first\nb { }\n\nc { }\n") == "# header\n\n# first\n\nc { }\n"
        )
    }

    @Test(
        "section headers stay, with all above them",
        arguments: [
            "# ---- stage 2 ----", "########\n# stage 2\n########", "# stage 2\n# =======", "#--- 2", "# *** 2",
            "# ~~~", "# +++", "# ///",
        ])
    func sectionHeaders(header: String) throws {
        #expect(
            try removingBlocks(["b"], from: "a { }\n\(header)\n# note\nb { }\n\nc { }\n")
                == "a { }\n\(header)\n\nc { }\n")
    }

    @Test("a comment with a dash or two is no section header")
    func plainComments() throws {
        #expect(try removingBlocks(["b"], from: "a { }\n# 3x3 -- reduce - a/b\nb { }\nc { }\n") == "a { }\nc { }\n")
    }

    @Test("comments in a message belong to its fields")
    func nestedComments() throws {
        let document = try parse("m { # m\n  # one\n  n { }\n  # two\n  n { }\n}\n")
        let edits = document.removal(ofBlock: try document.field("m", "n"), withLeadingComments: true)
        #expect(String(decoding: try document.applying(edits), as: UTF8.self) == "m { # m\n  # one\n  n { }\n}\n")
        let first = try #require(document.message("m").fields.first)
        let others = document.removal(ofBlock: first, withLeadingComments: true)
        #expect(String(decoding: try document.applying(others), as: UTF8.self) == "m { # m\n  # two\n  n { }\n}\n")
    }
}
