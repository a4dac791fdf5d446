import Prototxt
import Testing

@Suite struct RemovalTests {
    @Test("a field alone on its line goes with the line")
    func wholeLine() throws {
        #expect(try removing(["b"], from: "m {\n  a: 1\n  b: 2\n  c: 3\n}\n") == "m {\n  a: 1\n  c: 3\n}\n")
        #expect(try removing(["b"], from: "a: 1\r\n\tb: 2 ;\t\r\nc: 3\r\n") == "a: 1\r\nc: 3\r\n")
    }

    @Test("a field on several lines goes with all of them")
    func severalLines() throws {
        #expect(try removing(["m"], from: "a: 1\nm {\n  b: 2\n}\nc: 3\n") == "a: 1\nc: 3\n")
        #expect(try removing(["s"], from: "a: 1\ns: 'x'\n   'y'\nc: 3\n") == "a: 1\nc: 3\n")
    }

    @Test("a trailing comment goes with the field that it stands behind")
    func trailingComment() throws {
        #expect(try removing(["b"], from: "a: 1 # one\nb: 2 # two\nc: 3 # three\n") == "a: 1 # one\nc: 3 # three\n")
        #expect(try removing(["b"], from: "a: 1\nb: 2, # two") == "a: 1\n")
    }

    @Test(
        "a field that shares its line goes alone",
        arguments: [
            ("layer { name: \"a\" b: TEST top: \"b\" }", "layer { name: \"a\" top: \"b\" }"), ("m { b: 1 }", "m { }"),
            ("m {b: 1}", "m {}"),
            ("m { b: 1, c: 2 }", "m { c: 2 }"), ("m { a: 1, b: 2, c: 3 }", "m { a: 1, c: 3 }"),
            ("m { a: 1 b: 2 }", "m { a: 1 }"), ("m {a:1;b:2;c:3}", "m {a:1;c:3}"),
            ("  a: 1 b: 2\n", "  a: 1\n"), ("  b: 1 c: 2\n", "  c: 2\n"), ("a: 1 b: 2 # c\n", "a: 1 # c\n"),
            ("b { # c\n} c: 3\n", "c: 3\n"), ("m { b: 1 # c\n}\n", "m { # c\n}\n"),
            ("m {\n  a: 1\n  b: 2 }\n", "m {\n  a: 1 }\n"), ("m { b: 1\n  a: 2 }\n", "m {\n  a: 2 }\n"),
            ("a: 1\rb: 2\rc: 3\r", "a: 1\rc: 3\r"),
        ])
    func sharedLine(text: String, result: String) throws {
        #expect(try removing(["b"], from: text) == result)
    }

    @Test("what stays is never glued together")
    func noGlue() throws {
        #expect(try removing(["[b]"], from: "a: foo[b]: 'x'c: 1") == "a: foo c: 1")
        #expect(try removing(["[b]"], from: "a: 'x'[b]: 'y'c: 1") == "a: 'x'c: 1")
    }

    @Test("a comment never swallows what follows a removed field")
    func commentStays() throws {
        #expect(try removing(["b"], from: "a: 1 # one\nb: 2 c: 3\n") == "a: 1 # one\nc: 3\n")
        #expect(try removing(["b"], from: "m { # c\nb: 2 }") == "m { } # c")
    }

    @Test(
        "removals of neighbours on one line compose",
        arguments: [
            (["a"], "  b: 2 c: 3\n", "m { b: 2, c: 3 }"), (["a", "b"], "  c: 3\n", "m { c: 3 }"),
            (["b", "c"], "  a: 1\n", "m { a: 1 }"), (["a", "c"], "  b: 2\n", "m { b: 2 }"),
            (["a", "b", "c"], "", "m { }"),
        ] as [(Set<String>, String, String)])
    func neighbours(names: Set<String>, line: String, message: String) throws {
        #expect(try removing(names, from: "  a: 1 b: 2 c: 3\n") == line)
        #expect(try removing(names, from: "m { a: 1, b: 2, c: 3 }") == message)
    }

    @Test("removing a message and fields in it is removing the message")
    func nested() throws {
        #expect(try removing(["m", "a", "b"], from: "x: 1\nm {\n  a: 1\n  n { b: 2 }\n}\ny: 2\n") == "x: 1\ny: 2\n")
    }

    @Test("everything can be removed")
    func everything() throws {
        #expect(try removing(["a", "m"], from: "\u{FEFF}a: 1\n\nm {\n}\n\n") == "\u{FEFF}")
    }
}
