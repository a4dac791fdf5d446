import Testing

@testable import JSON

/// What the parser takes, and where it finds mistakes.
@Suite("Reading JSON")
struct ReadingTests {
    @Test(
        "values are read",
        arguments: [
            ("null", JSONValue.null), (" true ", .boolean(true)), ("-0", .number(JSONNumber(lexeme: "-0"))),
            ("9223372036854775808", .number(JSONNumber(lexeme: "9223372036854775808"))),
            ("1.5e2", .number(JSONNumber(lexeme: "1.5e2"))), ("[]", .array([])),
            (#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#, .string("a\"\\/\u{08}\u{0C}\n\r\té😀é")),
            ("[1, \"x\"]", .array([.number(JSONNumber(lexeme: "1")), .string("x")])),
            ("{\"a\": {}}", .object([JSONValue.Member(key: "a", value: .object([]))])),
        ])
    func values(text: String, value: JSONValue) throws {
        #expect(JSONValue(try JSONParser.parse(Array(text.utf8))) == value)
    }

    @Test(
        "anything else is an error at its place",
        arguments: [
            ("", 0), ("tru", 0), ("[1,]", 3), ("{\"a\":1,}", 7), ("{a:1}", 1), ("01", 1), ("1.", 2), ("-", 1),
            ("1 2", 2),
            ("\"a", 0), ("\"\u{01}\"", 1), (#""\x""#, 1), (#""\u12""#, 2), (#""\ud800""#, 1), (#""\udc00""#, 1),
            ("{\"a\":1,\"a\":2}", 7), ("1e999", 0), ("nan", 0), ("'a'", 0), ("[1 2]", 3), ("{\"a\" 1}", 5),
            ("\u{FEFF}1", 0),
        ])
    func errors(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONParser.parse(Array(text.utf8)) }
        #expect(error?.offset == offset, "\(String(describing: error))")
    }

    @Test("a key that is given twice is an error, however many keys there are", arguments: [1, 11, 12, 13, 14, 40])
    func repeatedKey(count: Int) throws {
        let members = (0..<count).map { "\"k\($0)\":\($0)" }
        let text = Array("{\(members.joined(separator: ","))}".utf8)
        #expect(try JSONParser.parse(text).members?.map(\.key) == (0..<count).map { "k\($0)" })
        for repeated in [0, count - 1] {
            let text = Array("{\(members.joined(separator: ",")),\"k\(repeated)\":0}".utf8)
            let error = #expect(throws: JSONError.self) { try JSONParser.parse(text) }
            #expect(error?.message.contains("'k\(repeated)' is given twice") == true)
        }
    }

    @Test("a string that is not UTF-8 is an error")
    func invalidUTF8() {
        #expect(throws: JSONError.self) { try JSONParser.parse([0x22, 0xC3, 0x22]) }
    }

    @Test("a text that is nested too deeply is an error, and no crash", arguments: ["[", "{\"a\":"])
    func depth(opening: String) {
        let text = String(repeating: opening, count: 100_000)
        let error = #expect(throws: JSONError.self) { try JSONParser.parse(Array(text.utf8)) }
        #expect(error?.message.contains("deeper") == true)
    }

    @Test("what is written is read again as it was")
    func roundTrip() throws {
        let value = JSONValue.object([
            "text": .string("line\nquote\" back\\ tab\t bell\u{07} é😀"), "number": .decimal(0.1), "whole": .integer(-7),
            "list": .array([.null, .boolean(false)]), "absent": nil,
        ])
        let again = try JSONParser.parse(Array(value.text.utf8))
        #expect(JSONValue(again).text == value.text)
        #expect(!value.text.contains("\n") && !value.text.contains("absent"))
    }

    @Test("no cut or changed text is a crash")
    func hostile() throws {
        let text = Array(#"{"a": [1, -2.5e3, "\u00e9\ud83d\ude00"], "b": {"c": null, "d": true}}"#.utf8)
        var random = SystemRandomNumberGenerator()
        for length in 0..<text.count { _ = try? JSONParser.parse(Array(text[..<length])) }
        for _ in 0..<2000 {
            var changed = text
            changed[Int.random(in: 0..<text.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = try? JSONParser.parse(changed)
        }
    }

    @Test("a field of another kind, or one that is not known, is told with its place")
    func fields() throws {
        let fields = try JSONFields(try JSONParser.parse(Array(#"{"name": 5, "nmae": "x", "none": null}"#.utf8)))
        #expect(throws: JSONError(offset: 9, message: "'name' is a whole number, expected a string")) {
            try fields.string("name")
        }
        #expect(throws: JSONError(offset: 20, message: "'nmae' is not known here; known are name, none")) {
            try fields.requireOnly(["name", "none"])
        }
        #expect(try fields.string("none") == nil)
    }

    @Test("a number tells its value and its bytes")
    func numbers() throws {
        let node = try JSONParser.parse(Array("[1, 1.0, 9223372036854775807, -0.50e+3]".utf8))
        let numbers = try #require(node.elements).compactMap(\.number)
        #expect(numbers.map(\.lexeme) == ["1", "1.0", "9223372036854775807", "-0.50e+3"])
        #expect(numbers.map(\.integer) == [1, nil, .max, nil])
        #expect(numbers.map(\.double) == [1, 1, 9_223_372_036_854_775_808, -500])
    }

    @Test("numbers that are not finite are read only when asked for", arguments: ["NaN", "Infinity", "-Infinity"])
    func nonFinite(text: String) throws {
        #expect(throws: JSONError.self) { try JSONParser.parse(Array(text.utf8)) }
        var options = JSONParser.Options()
        options.acceptsNonFinite = true
        let number = try #require(try JSONParser.parse(Array(text.utf8), options: options).number)
        #expect(!number.double.isFinite && number.lexeme == text)
    }
}
