import Prototxt
import Testing

/// What is left of a text reads as if a person had written it: braces and separators are where they would be.
@Suite("Punctuation around what was removed") struct PunctuationTests {
    @Test(
        "a closing brace that stood behind a field that is gone joins what is before it",
        arguments: [
            ("l { n: 'x'\n  b { p: TRAIN } }\n", "l { n: 'x' }\n"),
            ("l { n: 'x'\n  b: 1\n  b: 2\n  b: 3 }\n", "l { n: 'x' }\n"),
            ("l { n: 'x'\n  b: 1}\n", "l { n: 'x'}\n"),
            ("l {\n  m {\n    a: 1\n  }\n  b: 1 }\n", "l {\n  m {\n    a: 1\n  } }\n"),
            ("l { m { a: 1\n  b: 2 } }\n", "l { m { a: 1 } }\n"),
            ("l { m { a: 1\n  b: 2 }\n  b: 3 }\n", "l { m { a: 1 } }\n"),
            ("l { m { a: 1\n b: 2 } c: 3 }\n", "l { m { a: 1 } c: 3 }\n"),
            ("l <\n a: 1\n b: 2 >\n", "l <\n a: 1 >\n"),
            ("l {\n  b: 2 }\n", "l { }\n"), ("l { a: 1\r\n  b: 2 }\r\nc: 3\r\n", "l { a: 1 }\r\nc: 3\r\n"),
            ("l { a: 1\n\n  b: 2 }", "l { a: 1 }"),
        ])
    func closing(text: String, result: String) throws {
        #expect(try removing(["b"], from: text) == result)
    }

    @Test(
        "comments stay, behind the brace",
        arguments: [
            ("l { a: 1 # one\n  b: 2 }\n", "l { a: 1 } # one\n"),
            ("l { a: 1 # one\n  b: 2 } # end\nc: 3\n", "l { a: 1 } # one\n  # end\nc: 3\n"),
            ("l { a: 1\n  # two\n  b: 2 }\n", "l { a: 1 }\n  # two\n"),
            ("l { m { a: 1 # one\n  b: 2 }\n  b: 3 } # end\n", "l { m { a: 1 } } # one\n  # end\n"),
            ("l { m { a: 1 # one\n  b: 2 }\n  c: 3 }\n", "l { m { a: 1 } # one\n  c: 3 }\n"),
            ("l { m { a: 1 # one\n  b: 2 } c: 3 }\n", "l { m { a: 1 } # one\n  c: 3 }\n"),
            ("l { # one\n  b: 2 }", "l { } # one"),
        ])
    func comments(text: String, result: String) throws {
        #expect(try removing(["b"], from: text) == result)
    }

    @Test(
        "a separator with nothing behind it goes, unless the last field had one as well",
        arguments: [
            ("l { a: 1, b: 2 }", "l { a: 1 }"), ("l { a: 1; b: 2 }", "l { a: 1 }"),
            ("l { a: 1, b: 2, }", "l { a: 1, }"), ("l {\n  a: 1,\n  b: 2\n}\n", "l {\n  a: 1\n}\n"),
            ("l {\n  a: 1,\n  b: 2,\n}\n", "l {\n  a: 1,\n}\n"),
            ("l {\n  a: 1, # one\n  b: 2\n}\n", "l {\n  a: 1 # one\n}\n"),
            ("l { a: 1,\n  b: 2 }\n", "l { a: 1 }\n"), ("l { m { a: 1, b: 2 }, b: 3 }", "l { m { a: 1 } }"),
            ("a: 1, b: 2", "a: 1"), ("a: 1 , b: 2\n", "a: 1\n"), ("l { a: 1, # one\n b: 2 }", "l { a: 1 } # one"),
        ])
    func separators(text: String, result: String) throws {
        #expect(try removing(["b"], from: text) == result)
    }

    @Test(
        "an opening brace never stands alone where it did not",
        arguments: [
            ("l\n{ b: 1\n  a: 2 }\n", "l\n{ a: 2 }\n"), ("l\n{ b: 1\n  b: 2\n  a: 2\n}\n", "l\n{ a: 2\n}\n"),
            ("l\n{\n  b: 1\n  a: 2\n}\n", "l\n{\n  a: 2\n}\n"), ("l\n{ b: 1 }\n", "l\n{ }\n"),
        ])
    func opening(text: String, result: String) throws {
        #expect(try removing(["b"], from: text) == result)
    }

    @Test("a brace that stood alone does so afterwards", arguments: ["\n}", "\n  },", "\n} # end"])
    func alone(end: String) throws {
        #expect(try removing(["b"], from: "x { l { a: 1\n  b: 2\(end)\n}") == "x { l { a: 1\(end)\n}")
        #expect(try removing(["b"], from: "x { l { b: 2\(end)\n}") == "x { l {\(end)\n}")
    }

    @Test("a field that is put behind one with a separator keeps that separator")
    func insertion() throws {
        let document = try parse("l { a: 1, b: 2, c: 3 }")
        let message = try document.message("l")
        let text = try document.edited(
            document.removal(of: message.fields[1]), document.removal(of: message.fields[2]),
            document.insertion(of: [literal("n", "4")], into: message, after: message.fields[0]))
        #expect(text == "l { a: 1, n: 4 }")
    }

    // MARK: Random texts

    @Test("random texts in any layout keep their fields, their comments and their style", arguments: 0..<400)
    func random(seed: Int) throws {
        var writer = RandomText(seed: UInt64(seed))
        let text = writer.text()
        let result = try removing(["b"], from: text)
        let before = try parse(text)
        let after = try parse(result)
        #expect(Self.fields(after.root, after) == Self.fields(before.root, before), "\(text)\n---\n\(result)")
        #expect(Self.strays(after, comparedWith: before) == [], "\(text)\n---\n\(result)")
        for comment in writer.comments where !writer.commentsOfRemoved.contains(comment) {
            #expect(result.contains("# \(comment)\n"), "\(comment) of\n\(text)\n---\n\(result)")
        }
    }

    /// The fields that are not called `b`, with what is in them.
    private static func fields(_ message: MessageNode, _ document: PrototxtDocument) -> [String] {
        message.fields.filter { $0.name != "b" }.flatMap { field in
            guard let inner = field.value.message else { return [document.text(in: field.range)] }
            return [field.name + " {"] + fields(inner, document) + ["}"]
        }
    }

    /// Delimiters that begin a line or have one to themselves, and separators with nothing behind, where the old text has none.
    private static func strays(_ document: PrototxtDocument, comparedWith old: PrototxtDocument) -> [String] {
        var found: [String] = []
        func compare(_ new: MessageNode, _ old: MessageNode, _ oldDocument: PrototxtDocument) {
            if let close = new.closeRange, let before = old.closeRange, beginsLine(close, document),
                !beginsLine(before, oldDocument)
            {
                found.append("closing at \(document.position(at: close.lowerBound))")
            }
            if let open = new.openRange, let before = old.openRange, beginsLine(open, document),
                endsLine(open, document), !(beginsLine(before, oldDocument) && endsLine(before, oldDocument))
            {
                found.append("opening at \(document.position(at: open.lowerBound))")
            }
            if let last = new.fields.last, last.separatorRange != nil, old.fields.last?.separatorRange == nil {
                found.append("separator behind '\(last.name)'")
            }
            for (newField, oldField) in zip(new.fields, old.fields.filter { $0.name != "b" }) {
                if let newMessage = newField.value.message, let oldMessage = oldField.value.message {
                    compare(newMessage, oldMessage, oldDocument)
                }
            }
        }
        compare(document.root, old.root, old)
        return found
    }

    private static func beginsLine(_ range: Range<Int>, _ document: PrototxtDocument) -> Bool {
        let before = document.bytes[..<range.lowerBound].last { $0 != 0x20 }
        return before == nil || before == 0x0A
    }

    private static func endsLine(_ range: Range<Int>, _ document: PrototxtDocument) -> Bool {
        let after = document.bytes[range.upperBound...].first { $0 != 0x20 }
        return after == nil || after == 0x0A
    }
}

/// Writes messages in random layouts: fields and braces on lines of their own or not, with or without separators and comments.
private struct RandomText {
    private var random: SeededGenerator
    private(set) var comments: [String] = []
    /// Comments inside a field that goes, or behind one that has its lines to itself: they may go with it.
    private(set) var commentsOfRemoved: Set<String> = []
    private var separator = ""
    /// Whether the field that was written last is one that goes.
    private var endsWithRemoved = false

    init(seed: UInt64) { random = SeededGenerator(state: seed &* 0x9E37_79B9_7F4A_7C15 &+ 1) }

    mutating func text() -> String {
        separator = ["", ",", ";"].randomElement(using: &random) ?? ""
        return fields(depth: 0, inRemoved: false) + "\n"
    }

    private mutating func fields(depth: Int, inRemoved: Bool) -> String {
        let count = Int.random(in: depth == 0 ? 2...4 : 0...4, using: &random)
        let endsWithSeparator = Bool.random(using: &random)
        var text = ""
        endsWithRemoved = false
        for index in 0..<count {
            let name = ["a", "b", "c", "b"].randomElement(using: &random) ?? "a"
            let isGoing = inRemoved || name == "b"
            if depth < 3, Bool.random(using: &random) {
                let open = ["\(name) {", "\(name)\n{", "\(name) {"].randomElement(using: &random) ?? ""
                text += open + gap(isGoing)
                text += fields(depth: depth + 1, inRemoved: isGoing)
                text += gap(isGoing || endsWithRemoved) + "}"
            } else {
                text += "\(name): \(index)"
            }
            endsWithRemoved = isGoing
            if index + 1 < count || endsWithSeparator { text += separator }
            if index + 1 < count { text += gap(isGoing) }
        }
        return text
    }

    /// What stands between two tokens: a blank or a line end, perhaps with a comment.
    private mutating func gap(_ isGoing: Bool) -> String {
        switch Int.random(in: 0..<8, using: &random) {
        case 0..<4: return " "
        case 4, 5: return "\n  "
        case 6: return "\n\n"
        default:
            let comment = "note \(comments.count)"
            comments.append(comment)
            if isGoing { commentsOfRemoved.insert(comment) }
            return " # \(comment)\n "
        }
    }
}

/// The same numbers for the same seed, everywhere (splitmix64).
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
