import Prototxt
import Testing

@Suite struct StructureTests {
    @Test("an empty text is an empty message")
    func empty() throws {
        #expect(try parse("").root.fields.isEmpty)
        #expect(try parse(" \n# only a comment").root.fields.isEmpty)
    }

    @Test(
        "a message may be written in four ways",
        arguments: ["m { i: 1 }", "m: { i: 1 }", "m < i: 1 >", "m: < i: 1 >", "m{i:1}", "m\n:\n{\ni\n:\n1\n}"])
    func messageForms(text: String) throws {
        let document = try parse(text)
        #expect(try document.message("m").value(named: "i")?.scalar?.integerValue == 1)
    }

    @Test("one comma or semicolon may follow a field")
    func separators() throws {
        let document = try parse("a: 1, b: 2; c { d: 3, } ; e: 4")
        #expect(document.root.fields.map(\.name) == ["a", "b", "c", "e"])
        #expect(complaint("a: 1,, b: 2") == "1:6: expected a field name, found ','")
        #expect(complaint("m { ; }") == "1:5: expected a field name, found ';'")
    }

    @Test("a list gives its elements to the field, and an empty one gives none")
    func lists() throws {
        let document = try parse("x: [1, 2] x: 3 x: [] m [{ i: 4 }, < i: 5 >] s: ['a' 'b', \"c\"] n [] o: [{}]")
        #expect(document.root.fields(named: "x").count == 3)
        #expect(document.root.values(named: "x").compactMap(\.scalar?.integerValue) == [1, 2, 3])
        #expect(
            document.root.values(named: "m").compactMap { $0.message?.value(named: "i")?.scalar?.text } == ["4", "5"])
        #expect(document.root.values(named: "s").compactMap(\.scalar?.stringValue) == ["ab", "c"])
        #expect(document.root.values(named: "n").isEmpty)
    }

    @Test("the last value of a name counts, also when it is in a list")
    func lastValue() throws {
        let document = try parse("x: 1 x: [2, 3] y: 4")
        #expect(document.root.value(named: "x")?.scalar?.integerValue == 3)
        #expect(document.root.value(named: "z") == nil)
    }

    @Test(
        "names in brackets are extensions and types of Any messages",
        arguments: [
            ("[a.b]: 1", "[a.b]"), ("[ a # comment\n . b ] : 1", "[a.b]"),
            ("[type.googleapis.com/a.b] { }", "[type.googleapis.com/a.b]"),
            ("[my-host.org/x%20y/a.b_1] < >", "[my-host.org/x%20y/a.b_1]"),
        ])
    func bracketedNames(text: String, name: String) throws {
        #expect(try parse(text).root.fields.map(\.name) == [name])
    }

    @Test(
        "names in brackets must be names",
        arguments: [
            "[]: 1", "[a b]: 1", "[.a]: 1", "[a.]: 1", "[a..b]: 1", "[/a]: 1", "[1]: 1", "[a", "[a}b]: 1", "[h/a/]: 1",
        ])
    func badBracketedNames(text: String) {
        #expect(complaint(text) != nil)
    }

    @Test("every range of the tree is where its text is")
    func ranges() throws {
        let document = try parse("\u{FEFF}# é\nlayer : < name : \"a\" 'b' ; dim: [ - 1, { } ] >,")
        let layer = try document.field("layer")
        let message = try #require(layer.value.message)
        #expect(document.root.bodyRange == document.bytes.indices)
        #expect(document.text(in: layer.nameRange) == "layer")
        #expect(document.text(in: try #require(layer.colonRange)) == ":")
        #expect(document.text(in: try #require(layer.separatorRange)) == ",")
        #expect(document.text(in: layer.range).hasSuffix("} ] >"))
        #expect(document.text(in: layer.rangeWithSeparator).hasSuffix("} ] >,"))
        #expect(document.text(in: try #require(message.openRange)) == "<")
        #expect(document.text(in: try #require(message.closeRange)) == ">")
        #expect(document.text(in: message.bodyRange) == " name : \"a\" 'b' ; dim: [ - 1, { } ] ")
        #expect(message.fields.map { document.text(in: $0.value.range) } == ["\"a\" 'b'", "[ - 1, { } ]"])
        #expect(message.values(named: "dim").map { document.text(in: $0.range) } == ["- 1", "{ }"])
    }

    @Test(
        "blanks of every kind, any line end and none at the end are fine",
        arguments: [
            "a:1\r\nb:2\r\n", "a:1\rb:2", "\ta:1\u{0B}b:2\u{0C}", "\u{FEFF}a:1\nb:2", "a:1#c\nb:2#c", "#é\na:1 b:2",
        ])
    func whiteSpace(text: String) throws {
        let document = try parse(text)
        #expect(document.root.fields.map(\.name) == ["a", "b"])
        #expect(try document.applying([]) == Array(text.utf8))
    }

    @Test("a comment ends with a line feed, not with a carriage return, as in protobuf")
    func loneCarriageReturn() throws {
        #expect(try parse("a:1 #c\rb:2").root.fields.map(\.name) == ["a"])
    }

    @Test("positions count lines and scalars from 1, and CRLF as one line end")
    func positions() throws {
        let document = try parse("\u{FEFF}a:1\r\n\t#é: 1")
        #expect(document.position(at: 3) == SourcePosition(line: 1, column: 1))
        #expect(document.position(at: document.bytes.count) == SourcePosition(line: 2, column: 7))
        #expect(document.position(at: -5) == SourcePosition(line: 1, column: 1))
        #expect(document.position(at: .max) == SourcePosition(line: 2, column: 7))
        #expect(document.error(at: 9, "not a layer").description == "net.prototxt:2:2: not a layer")
    }

    @Test("asking for text outside the document gives what is inside")
    func textOutside() throws {
        #expect(try parse("a: 1").text(in: -3..<1) == "a")
        #expect(try parse("a: 1").text(in: 90..<100) == "")
    }
}
