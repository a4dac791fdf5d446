import Prototxt
import Testing

@Suite struct ErrorTests {
    @Test("an error prints its path, line, column and message")
    func description() {
        #expect(
            throws: PrototxtError(
                path: "a/b.prototxt", line: 2, column: 6, message: "expected a value after 'eps:', found '}'")
        ) {
            try PrototxtDocument(parsing: Array("m {\n eps:}".utf8), path: "a/b.prototxt")
        }
        let error = PrototxtError(path: "a/b.prototxt", line: 2, column: 6, message: "expected a value")
        #expect("\(error)" == "a/b.prototxt:2:6: expected a value")
    }

    @Test(
        "a token that does not fit is named with what was expected",
        arguments: [
            ("a:", "1:3: expected a value after 'a:', found the end of the file"),
            ("a 1", "1:3: expected ':' or '{' after 'a', found '1'"),
            ("5: 1", "1:1: expected a field name, found '5'"),
            ("a = 1", "1:3: expected ':' or '{' after 'a', found '='"),
            ("a: [1 2]", "1:7: expected ',' or ']' in the list of 'a', found '2'"),
            ("a: [1,]", "1:7: expected a value after '[' or ',' in the list of 'a', found ']'"),
            ("a: [[1]]", "1:5: expected a value after '[' or ',' in the list of 'a', found '['"),
            (
                "a [1]",
                "1:4: expected a message in the list of 'a'; a list of anything else needs ':' before it, found '1'"
            ),
            ("a: [1", "1:6: expected ',' or ']' in the list of 'a', found the end of the file"),
            ("a: +1", "1:4: expected a value after 'a:', found '+'"),
            ("a: --1", "1:5: expected a number after '-', found '-'"),
            ("a: -'x'", "1:5: expected a number after '-', found ''x''"),
        ])
    func unexpectedTokens(text: String, message: String) {
        #expect(complaint(text) == message)
    }

    @Test("a message that is not closed is reported where it was opened")
    func unclosedMessage() {
        #expect(
            complaint("a: 1\nlayer {\n m {\n }\n")
                == "2:7: 'layer {' opened here is not closed before the end of the file")
        #expect(complaint("m:<") == "1:3: 'm <' opened here is not closed before the end of the file")
    }

    @Test("a closing delimiter must be the one that was opened")
    func mismatchedDelimiters() {
        #expect(complaint("a {\n b: 1 >") == "2:7: expected '}' for 'a {' opened at 1:3, found '>'")
        #expect(
            complaint("a: 1 }") == "1:6: expected a field or the end of the file, as no message is open here, found '}'"
        )
        #expect(complaint(">") == "1:1: expected a field or the end of the file, as no message is open here, found '>'")
    }

    @Test("a string that is not closed is reported where it began")
    func unclosedString() {
        #expect(
            complaint("a: 1\nb: 'x\ny") == "2:4: the string that begins here is not closed before the end of the file")
        #expect(complaint("b: \"x\\") == "1:4: the string that begins here is not closed before the end of the file")
    }

    @Test("a forgotten quote is reported where it is missing, not where the parser stumbles")
    func forgottenQuote() {
        #expect(
            complaint("layer {\n  name: \"a\n  type: \"b\"\n  top: \"c\"\n}")
                == "2:9: the string that begins here runs over the end of its line; is its closing quote missing? "
                + "(after it: expected ':' or '{' after 'b', found '\"...')")
    }

    @Test("a mistake after a string that runs over lines on purpose is reported where it is")
    func multiLineStringOnPurpose() {
        #expect(complaint("a: 'x\ny'\nb: }") == "3:4: expected a value after 'b:', found '}'")
    }

    @Test(
        "a number must be whole",
        arguments: [
            ("a: 1b: 2", "1:4: '1b' is neither a number nor a name; is a blank missing?"),
            ("a: 0x", "1:4: '0x' needs hexadecimal digits after '0x'"),
            ("a: 09", "1:4: '09' starts with 0 and so is octal, but has a digit above 7"),
            ("a: 1e", "1:4: '1e' needs digits in its exponent"),
            ("a: 1.2.3", "1:4: '1.2.3' has a second decimal point"),
            ("a: 0x1.8", "1:4: '0x1.8' is hexadecimal or octal and cannot have a fraction"),
        ])
    func numbers(text: String, message: String) {
        #expect(complaint(text) == message)
    }

    @Test(
        "an escape must be whole",
        arguments: [
            (#"a: "\q""#, #"1:5: unknown escape '\q' in a string; write '\\' for a backslash"#),
            (#"a: "\xg""#, #"1:5: expected a hexadecimal digit after '\x'"#),
            (#"a: "\u12g4""#, #"1:5: expected four hexadecimal digits after '\u'"#),
            (#"a: "\U00200000""#, #"1:5: expected eight hexadecimal digits up to 0010FFFF after '\U'"#),
            (#"a: "\8""#, #"1:5: unknown escape '\8' in a string; write '\\' for a backslash"#),
        ])
    func escapes(text: String, message: String) {
        #expect(complaint(text) == message)
    }

    @Test("columns count scalars, and a tab as one")
    func columns() {
        #expect(complaint("\ta: 'éé' b }") == "1:12: expected ':' or '{' after 'b', found '}'")
        #expect(complaint("\u{FEFF}}")?.hasPrefix("1:1:") == true)
    }

    @Test("a merge conflict is called one")
    func mergeConflict() {
        #expect(
            complaint("a: 1\n<<<<<<< HEAD\nb: 2\n")
                == "2:1: '<<<<<<<' is a merge conflict marker; finish the merge first")
        #expect(
            complaint("m {\n a: 1\n=======\n}") == "3:1: '=======' is a merge conflict marker; finish the merge first")
        #expect(
            complaint("m {\n>>>>>>> topic\n}") == "2:1: '>>>>>>>' is a merge conflict marker; finish the merge first")
        #expect(
            complaint("a:\n<<<<<<< HEAD\n1\n") == "2:1: '<<<<<<<' is a merge conflict marker; finish the merge first")
    }

    @Test("control bytes are errors outside strings, and NUL everywhere")
    func controlBytes() {
        #expect(complaint("a: 1 \u{1}") == "1:6: control byte 0x1 in the text; is this a text file?")
        #expect(complaint("a: 1 \u{7F}") == "1:6: control byte 0x7f in the text; is this a text file?")
        #expect(complaint("a: 1 #\0\n# and enough text") == "1:7: NUL byte in the text; is this a text file?")
        #expect(complaint("a: '\0'\n# and enough more text") == "1:5: NUL byte in the text; is this a text file?")
        #expect(complaint("a: '\u{1}' #\u{1}") == nil)
    }

    @Test("non-ASCII outside strings and comments is named by its number")
    func nonASCII() {
        #expect(
            complaint("a: “x”")
                == "1:4: U+201C is allowed in strings and comments only; does it come from a word processor or web page?"
        )
        #expect(
            complaint("a:\u{A0}1")
                == "1:3: U+00A0 is allowed in strings and comments only; does it come from a word processor or web page?"
        )
        #expect(
            complaint(Array("a: ".utf8) + [0xE9]) == "1:4: byte 0xe9 is no UTF-8 text; is the file in another encoding?"
        )
    }

    @Test(
        "binary files are recognised",
        arguments: [
            ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A, 0], "an HDF5 file"),
            ([0x0A, 0x05] + Array("LeNet".utf8) + [0xA2, 0x06, 0x10, 0x00], "a binary protobuf message"),
            ([0x1F, 0x8B, 0x08], "a gzip archive"), ([0xFF, 0xFE, 0x61, 0x00], "UTF-16 text; save it as UTF-8"),
            (Array(repeating: 0, count: 64), "a binary file"),
        ] as [([UInt8], String)])
    func binaryFiles(bytes: [UInt8], kind: String) {
        #expect(complaint(bytes) == "1:1: expected protobuf text, but this looks like \(kind)")
    }

    @Test("long tokens are cut in messages")
    func longTokens() {
        let name = String(repeating: "a", count: 1000)
        #expect(complaint("x: 1 'y\(name)'") == "1:6: expected a field name, found ''y\(name.prefix(30))...'")
    }
}
