import Prototxt
import Testing

@Suite struct ScalarTests {
    @Test(
        "integers are decimal, hexadecimal or octal",
        arguments: [
            ("0", 0), ("42", 42), ("-7", -7), ("- 7", -7), ("-# c\n7", -7), ("0x1F", 31), ("0Xff", 255), ("-0x10", -16),
            ("017", 15), ("00", 0),
            ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
        ])
    func integers(text: String, value: Int) throws {
        #expect(try scalar(text).kind == .integer)
        #expect(try scalar(text).integerValue == value)
    }

    @Test(
        "what is no integer of 64 bits has no integer value",
        arguments: [
            "9223372036854775808", "-9223372036854775809", "0xFFFFFFFFFFFFFFFFF", "1.0", "1e3", "1f", "inf", "'1'",
        ])
    func notIntegers(text: String) throws {
        #expect(try scalar(text).integerValue == nil)
    }

    @Test(
        "numbers in decimal have a floating point value",
        arguments: [
            ("1", 1.0), ("1.", 1.0), (".5", 0.5), ("-.5f", -0.5), ("1e3", 1000), ("1E+3F", 1000), ("25e-1", 2.5),
            ("1.5f", 1.5), ("3F", 3),
            ("18446744073709551616", 18_446_744_073_709_551_616), ("1e400", .infinity), ("-1e400", -.infinity),
            ("1e-400", 0), ("inf", .infinity),
            ("-Infinity", -.infinity), ("- inf", -.infinity), ("INF", .infinity),
        ])
    func doubles(text: String, value: Double) throws {
        #expect(try scalar(text).doubleValue == value)
    }

    @Test("nan is a number of any sign and case", arguments: ["nan", "-nan", "NaN", "- NAN"])
    func notANumber(text: String) throws {
        #expect(try scalar(text).doubleValue?.isNaN == true)
    }

    @Test(
        "protobuf takes no hexadecimal, octal, word or string for a floating point value",
        arguments: ["0x10", "010", "true", "inff", "'1'"])
    func notDoubles(text: String) throws {
        #expect(try scalar(text).doubleValue == nil)
    }

    @Test("a float field gets the double, rounded once more")
    func floats() throws {
        // Halfway between two floats after rounding to double, just above it before: protobuf rounds to even.
        #expect(try scalar("1.00000005960464477540").floatValue == 1)
        #expect(try scalar("1e39").floatValue == .infinity)
        #expect(try scalar("0.1").floatValue == 0.1)
    }

    @Test(
        "bools are six words and two integers",
        arguments: [
            ("true", true), ("True", true), ("t", true), ("1", true), ("0x1", true), ("01", true), ("false", false),
            ("False", false),
            ("f", false), ("0", false), ("TRUE", nil), ("2", nil), ("-1", nil), ("-0", nil), ("1.0", nil),
            ("'true'", nil), ("yes", nil),
        ])
    func bools(text: String, value: Bool?) throws {
        #expect(try scalar(text).boolValue == value)
    }

    @Test("a word is an identifier, a negative one only a number")
    func identifiers() throws {
        #expect(try scalar("MAX").identifier == "MAX")
        #expect(try scalar("_a1").identifier == "_a1")
        #expect(try scalar("-inf").identifier == nil)
        #expect(try scalar("'MAX'").identifier == nil)
        #expect(complaint("x: -MAX") == "1:5: expected a number after '-', found 'MAX'")
    }

    @Test(
        "strings know both quotes, all escapes, several literals and several lines",
        arguments: [
            (#""a""#, "a"), ("'a'", "a"), (#""it's""#, "it's"), (#"'say "so"'"#, #"say "so""#),
            (#""\a\b\f\n\r\t\v\\\'\"\?""#, "\u{7}\u{8}\u{C}\n\r\t\u{B}\\'\"?"),
            (#""\1\12\123\1234""#, "\u{1}\nSS4"), (#""\x4\x41\x411\X7a""#, "\u{4}AA1z"), (#""\u00e9\U0001F600""#, "é😀"),
            (#""\ud83d\ude00""#, "😀"),
            ("\"a\" 'b'\n # c\n \"d\"", "abd"), ("\"a\nb\"", "a\nb"), ("\"#\"", "#"), ("\"\"", ""), ("\"é\"", "é"),
            (#""\U0011aBcD""#, #"\U0011abcd"#),
        ])
    func strings(text: String, value: String) throws {
        #expect(try scalar(text).kind == .string)
        #expect(try scalar(text).stringValue == value)
        #expect(try scalar(text).text == text)
    }

    @Test("bytes that are no UTF-8 are kept as bytes and repaired as text")
    func invalidUTF8() throws {
        #expect(try scalar(#""a\377""#).stringBytes == [0x61, 0xFF])
        #expect(try scalar(#""a\xff""#).stringValue == "a\u{FFFD}")
        #expect(try scalar(#""\ud83d""#).stringBytes == [0xED, 0xA0, 0xBD])
        #expect(try scalar(#""\ud83d\u0041""#).stringBytes == [0xED, 0xA0, 0xBD, 0x41])
        #expect(try scalar(#""\777""#).stringBytes == [0xFF])
    }

    @Test("what is no string has no string value", arguments: ["1", "a", "-inf"])
    func notStrings(text: String) throws {
        #expect(try scalar(text).stringValue == nil)
        #expect(try scalar(text).stringBytes == nil)
    }
}
