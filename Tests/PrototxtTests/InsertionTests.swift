import Prototxt
import Testing

@Suite struct InsertionTests {
    /// The text with `x: 1` inserted into the message `m`, after its field of that name or before all.
    private func inserting(_ fields: [NewField] = [literal("x", "1")], after name: String?, in text: String) throws
        -> String
    {
        let document = try parse(text)
        let message = try document.message("m")
        let anchor = try name.map { try #require(message.fields(named: $0).last) }
        return try document.edited(document.insertion(of: fields, into: message, after: anchor))
    }

    private static let shape = NewField(
        name: "param",
        value: .message([
            NewField(name: "type", value: .string("it's")),
            NewField(name: "shape", value: .inlineMessage([literal("dim", "1"), literal("dim", "3")])),
        ]))

    @Test("a field goes on a line of its own, indented like its neighbours")
    func ownLine() throws {
        #expect(
            try inserting(after: "a", in: "m {\n    a: 1\n    b: 2\n}\n") == "m {\n    a: 1\n    x: 1\n    b: 2\n}\n")
        #expect(try inserting(after: "b", in: "m {\n\ta: 1\n\tb: 2\n}") == "m {\n\ta: 1\n\tb: 2\n\tx: 1\n}")
        #expect(try inserting(after: nil, in: "m {\n\ta: 1\n}\n") == "m {\n\tx: 1\n\ta: 1\n}\n")
    }

    @Test("an empty message on lines of its own is filled with the indentation of the document")
    func emptyBody() throws {
        #expect(try inserting(after: nil, in: "m {\n}\n") == "m {\n  x: 1\n}\n")
        #expect(try inserting(after: nil, in: "n {\n\ta: 1\n}\nm {\n}\n") == "n {\n\ta: 1\n}\nm {\n\tx: 1\n}\n")
    }

    @Test(
        "a message on one line stays on one line",
        arguments: [
            ("m { a: 1 b: 2 }", "m { a: 1 x: 1 b: 2 }"), ("m {a: 1 b: 2}", "m {a: 1 x: 1 b: 2}"),
            ("m { b: 2 a: 1 }", "m { b: 2 a: 1 x: 1 }"), ("m {a: 1}", "m {a: 1 x: 1}"),
            ("m { a: 1, b: 2 }", "m { a: 1, x: 1, b: 2 }"), ("m { b: 1, a: 2 }", "m { b: 1, a: 2, x: 1 }"),
            ("m {a:1;b:2}", "m {a:1; x:1; b:2}"), ("m < a: 1 >", "m < a: 1 x: 1 >"),
        ])
    func oneLine(text: String, result: String) throws {
        #expect(try inserting(after: "a", in: text) == result)
    }

    @Test(
        "a field before all others of a message on one line follows the delimiter",
        arguments: [
            ("m { a: 1 }", "m { x: 1 a: 1 }"), ("m {a: 1}", "m {x: 1 a: 1}"), ("m {}", "m { x: 1 }"),
            ("m { }", "m { x: 1 }"), ("n {a:1} m {}", "n {a:1} m {x:1}"),
            ("m { a: 1, b: 2 }", "m { x: 1, a: 1, b: 2 }"),
        ])
    func oneLineFirst(text: String, result: String) throws {
        #expect(try inserting(after: nil, in: text) == result)
    }

    @Test("a comment behind the anchor, or behind the delimiter, stays there")
    func comments() throws {
        #expect(try inserting(after: "a", in: "m {\n  a: 1 # one\n}\n") == "m {\n  a: 1 # one\n  x: 1\n}\n")
        #expect(try inserting(after: nil, in: "m { # m\n  a: 1\n}\n") == "m { # m\n  x: 1\n  a: 1\n}\n")
    }

    @Test(
        "line ends, colons, delimiters, quotes and separators are those of the file",
        arguments: [
            (
                "m {\r\n  a: 'q'\r\n}\r\n",
                "m {\r\n  a: 'q'\r\n  param {\r\n    type: 'it\\'s'\r\n    shape { dim: 1 dim: 3 }\r\n  }\r\n}\r\n"
            ),
            (
                "m{\n a:1\n n{ b:1 }\n}\n",
                "m{\n a:1\n param{\n  type:\"it's\"\n  shape{ dim:1 dim:3 }\n }\n n{ b:1 }\n}\n"
            ),
            (
                "m: {\n  a: 1,\n  n: {\n    b: 2, c: 3,\n  },\n}\n",
                "m: {\n  a: 1,\n  param: {\n    type: \"it's\",\n    shape: { dim: 1, dim: 3 },\n  },\n  n: {\n    b: 2, c: 3,\n  },\n}\n"
            ),
            (
                "m <\n  a: 1;\n  n <b: 2; c: 3>;\n>\n",
                "m <\n  a: 1;\n  param <\n    type: \"it's\";\n    shape <dim: 1; dim: 3>;\n  >;\n  n <b: 2; c: 3>;\n>\n"
            ),
        ])
    func style(text: String, result: String) throws {
        #expect(try inserting([Self.shape], after: "a", in: text) == result)
    }

    @Test("without a model, protobuf's own style is used")
    func standardStyle() throws {
        let document = try parse("")
        let edit = document.insertion(of: [literal("a", "1"), Self.shape], into: document.root)
        #expect(try document.edited(edit) == "a: 1\nparam {\n  type: \"it's\"\n  shape { dim: 1 dim: 3 }\n}\n")
    }

    @Test("the first field of a document goes below its header")
    func header() throws {
        let document = try parse("\u{FEFF}# header\na: 1\n")
        #expect(
            try document.edited(document.insertion(of: [literal("x", "1")], into: document.root))
                == "\u{FEFF}# header\nx: 1\na: 1\n")
    }

    @Test("a last line without a line end gets one")
    func noFinalLineEnd() throws {
        let document = try parse("a: 1 # c")
        let edit = document.insertion(of: [literal("x", "1")], into: document.root, after: try document.field("a"))
        #expect(try document.edited(edit) == "a: 1 # c\nx: 1")
        let header = try parse("# header")
        #expect(try header.edited(header.insertion(of: [literal("x", "1")], into: header.root)) == "# header\nx: 1")
    }

    @Test(
        "the anchor may be removed at the same time",
        arguments: [
            ("m {\n  a: 1\n  b: 2\n}\n", "m {\n  x: 1\n  b: 2\n}\n"), ("m { a: 1 b: 2 }", "m { x: 1 b: 2 }"),
            ("m { b: 2, a: 1 }", "m { b: 2, x: 1 }"), ("m {a: 1}", "m {x: 1}"),
            ("m {\n  a: 1 b: 2\n}\n", "m {\n  x: 1 b: 2\n}\n"),
            ("m {\n  b: 2\n  a: 1 # c\n}\n", "m {\n  b: 2\n  x: 1\n}\n"),
            ("m {\n\n  a {\n  }\n\n  b: 2\n}\n", "m {\n\n  x: 1\n\n  b: 2\n}\n"),
        ])
    func anchorRemoved(text: String, result: String) throws {
        let document = try parse(text)
        let anchor = try document.field("m", "a")
        let insertion = document.insertion(of: [literal("x", "1")], into: try document.message("m"), after: anchor)
        #expect(try document.edited(document.removal(of: anchor), insertion) == result)
    }

    @Test("the last field without a line end may be replaced by new ones")
    func lastFieldReplaced() throws {
        let document = try parse("a: 1\nb: 2")
        let anchor = try document.field("b")
        let insertion = document.insertion(of: [literal("x", "1")], into: document.root, after: anchor)
        #expect(try document.edited(document.removal(of: anchor), insertion) == "a: 1\nx: 1")
    }

    @Test("the field behind the anchor may be removed at the same time")
    func neighbourRemoved() throws {
        for (text, result) in [
            ("m { a: 1 b: 2 }", "m { a: 1 x: 1 }"), ("m {\n  a: 1\n  b: 2\n}\n", "m {\n  a: 1\n  x: 1\n}\n"),
        ] {
            let document = try parse(text)
            let insertion = document.insertion(
                of: [literal("x", "1")], into: try document.message("m"), after: try document.field("m", "a"))
            #expect(try document.edited(insertion, document.removal(of: document.field("m", "b"))) == result)
        }
    }

    @Test("inserting nothing changes nothing")
    func nothing() throws {
        #expect(try inserting([], after: "a", in: "m {\n  a: 1\n}\n") == "m {\n  a: 1\n}\n")
        #expect(try inserting([], after: nil, in: "m {}") == "m {}")
        let header = try parse("# header")
        #expect(try header.edited(header.insertion(of: [], into: header.root)) == "# header")
    }
}
