import Prototxt
import Testing

@Suite struct LimitTests {
    private func nested(_ depth: Int) -> String {
        String(repeating: "m{", count: depth) + String(repeating: "}", count: depth)
    }

    @Test("messages may be nested to the limit, and no deeper")
    func depth() {
        #expect(complaint(nested(PrototxtDocument.maximumDepth)) == nil)
        #expect(complaint(nested(PrototxtDocument.maximumDepth + 1)) == "1:202: messages are nested more than 100 deep")
    }

    @Test(
        "a hundred thousand opening delimiters are an error, not a stack overflow",
        arguments: ["m{", "m<", "m:[{", "m[<"])
    func manyOpenings(opening: String) {
        #expect(complaint(String(repeating: opening, count: 100_000))?.contains("nested more than 100 deep") == true)
    }

    @Test("a text beyond the size limit is an error")
    func size() {
        let limit = PrototxtDocument.maximumByteCount
        #expect(
            complaint([UInt8](repeating: 0x20, count: limit + 1))
                == "1:1: the file has \(limit + 1) bytes, more than the \(limit) that are read")
    }

    /// A generator with a fixed seed (xorshift64), so that a failure can be repeated.
    private struct FixedGenerator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    private static let sample = Array(
        """
        # head é
        name: "a\\tb" 'c' dim: [1, 0x2, -03]; eps: -.5e3f, big: inf
        layer { ok: true, e: ONE m: < y: "\\xff\\001\\u00e9" > [t.x]: 4 } # tail

        # block
        m: [{ i: 1 }, < d: 1. >]
        """.utf8)
    private static let snippets = "\"'{}<>[]:,;-.019xef#\n\\ \t\r\u{0B}é\0".utf8.map { $0 }

    @Test(
        "a damaged text either is an error or prints as it was, and removals of its fields parse again",
        arguments: 1...20)
    func mutations(seed: UInt64) throws {
        var generator = FixedGenerator(state: seed &* 0x9E37_79B9_7F4A_7C15)
        for _ in 0..<250 {
            var bytes = Self.sample
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...9, using: &generator)))
                case 1: bytes.insert(Self.snippets.randomElement(using: &generator) ?? 0, at: place)
                case 2: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                default:
                    bytes.insert(
                        contentsOf: bytes[place...].prefix(12), at: Int.random(in: 0...bytes.count, using: &generator))
                }
                if bytes.isEmpty { bytes = [0x20] }
            }
            guard let document = try? PrototxtDocument(parsing: bytes, path: "damaged") else { continue }
            #expect(try document.applying([]) == bytes)
            try checkEdits(of: document, using: &generator)
        }
    }

    /// Removes some fields and inserts one after each: what is left and what is new must be what is there afterwards.
    private func checkEdits(of document: PrototxtDocument, using generator: inout FixedGenerator) throws {
        var edits: [SourceEdit] = []
        var expected: [String] = []
        for field in document.root.fields {
            if Bool.random(using: &generator) {
                edits.append(document.removal(of: field))
            } else {
                expected.append(document.text(in: field.range))
            }
            if Bool.random(using: &generator) {
                edits.append(document.insertion(of: [literal("new", "1")], into: document.root, after: field))
                expected.append("new")
            }
        }
        let text = try document.applying(edits.shuffled(using: &generator))
        let edited = try PrototxtDocument(parsing: text, path: "edited")
        let found = edited.root.fields.map { $0.name == "new" ? "new" : edited.text(in: $0.range) }
        #expect(found == expected)
    }
}
