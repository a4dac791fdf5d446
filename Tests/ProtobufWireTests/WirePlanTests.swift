import ProtobufWire
import Testing

/// Edits become an output in which everything else stays as it was.
struct WirePlanTests {
    /// 1: "n"; 2 { 3 { 4: 5 } 6: 7 } with the length of 2 in two bytes; 8: 9.
    private static let sample: [UInt8] = [
        0x0a, 0x01, 0x6e,
        0x12, 0x86, 0x00, 0x1a, 0x02, 0x20, 0x05, 0x30, 0x07,
        0x40, 0x09,
    ]

    private struct Sample {
        let source = MemoryByteSource(sample, path: "sample")
        let root: WireMessage
        let outer: WireField
        let outerMessage: WireMessage
        let inner: WireField
        let innerMessage: WireMessage

        init() throws {
            root = try WireMessage(indexing: source)
            outer = root.fields[1]
            outerMessage = try WireMessage(indexing: outer, of: source)
            inner = outerMessage.fields[0]
            innerMessage = try WireMessage(indexing: inner, of: source)
        }

        func applying(_ edits: [WireEdit]) throws -> [UInt8] {
            let plan = try WirePlan(applying: edits, to: source)
            let output = try written(plan, from: source)
            #expect(output.count == plan.byteCount)
            return output
        }
    }

    private func varintField(_ value: UInt64, _ number: Int) -> WireContent {
        var content = WireContent()
        content.appendVarint(value, field: number)
        return content
    }

    @Test("without edits the output is one copy of the source")
    func noEdits() throws {
        let sample = try Sample()
        #expect(try WirePlan(applying: [], to: sample.source).segments == [.copy(0..<14)])
        #expect(try sample.applying([]) == Self.sample)
    }

    @Test("without edits an empty source gives an empty output")
    func noEditsOfNothing() throws {
        #expect(try WirePlan(applying: [], to: MemoryByteSource([])).segments == [])
    }

    @Test("removing a field at the top level keeps the others, with their unusual lengths")
    func removeAtTop() throws {
        let sample = try Sample()
        #expect(try sample.applying([.remove(sample.root.fields[0])]) == Array(Self.sample[3...]))
    }

    @Test("a change deep inside gives every enclosing message its new length")
    func nestedChange() throws {
        let sample = try Sample()
        let edit = WireEdit.replace(
            sample.innerMessage.fields[0], inside: [sample.outer, sample.inner], with: varintField(300, 4))
        #expect(
            try sample.applying([edit]) == [
                0x0a, 0x01, 0x6e,
                0x12, 0x07, 0x1a, 0x03, 0x20, 0xac, 0x02, 0x30, 0x07,
                0x40, 0x09,
            ])
    }

    @Test("a change that keeps the size keeps the length as it was written")
    func sameSize() throws {
        let sample = try Sample()
        var expected = Self.sample
        expected[9] = 0x06
        let edit = WireEdit.replace(
            sample.innerMessage.fields[0], inside: [sample.outer, sample.inner], with: varintField(6, 4))
        #expect(try sample.applying([edit]) == expected)
    }

    @Test("a length that needs more bytes than before makes the messages around it longer")
    func lengthGrows() throws {
        let sample = try Sample()
        var long = WireContent()
        long.appendBytes([UInt8](repeating: 1, count: 200), field: 4)
        let output = MemoryByteSource(
            try sample.applying([
                .insert(long, at: sample.innerMessage.range.upperBound, inside: [sample.outer, sample.inner])
            ]))
        let root = try WireMessage(indexing: output)
        let outer = try WireMessage(indexing: root.fields[1], of: output)
        let inner = try WireMessage(indexing: outer.fields[0], of: output)
        #expect(try inner.bytes(4, in: output)?.count == 200)
        #expect(try inner.uint64(4, in: output) == 5)
        #expect(try outer.uint64(6, in: output) == 7)
        #expect(try root.uint64(8, in: output) == 9)
    }

    @Test("edits of several levels apply together, in any order")
    func severalLevels() throws {
        let sample = try Sample()
        let edits: [WireEdit] = [
            .remove(sample.root.fields[2]),
            .remove(sample.innerMessage.fields[0], inside: [sample.outer, sample.inner]),
            .replace(sample.outerMessage.fields[1], inside: [sample.outer], with: varintField(8, 6)),
            .insert(varintField(1, 9), at: 0),
        ]
        let expected: [UInt8] = [0x48, 0x01, 0x0a, 0x01, 0x6e, 0x12, 0x04, 0x1a, 0x00, 0x30, 0x08]
        #expect(try sample.applying(edits) == expected)
        #expect(try sample.applying(edits.reversed()) == expected)
    }

    @Test("insertions at one place keep their order and come before what is replaced there")
    func insertionOrder() throws {
        let sample = try Sample()
        let last = sample.root.fields[2]
        let edits: [WireEdit] = [
            .replace(last, with: varintField(3, 1)),
            .insert(varintField(1, 1), at: last.range.lowerBound),
            .insert(varintField(2, 1), at: last.range.lowerBound),
        ]
        #expect(try sample.applying(edits) == Array(Self.sample[..<12]) + [0x08, 1, 0x08, 2, 0x08, 3])
    }

    @Test("an insertion at the end of a message differs from one after it")
    func insertionAtBoundary() throws {
        let sample = try Sample()
        let end = sample.outer.range.upperBound
        #expect(try sample.applying([.insert(varintField(1, 1), at: end)])[12...] == [0x08, 0x01, 0x40, 0x09])
        let inside = try sample.applying([.insert(varintField(1, 1), at: end, inside: [sample.outer])])
        #expect(inside[3...] == [0x12, 0x08, 0x1a, 0x02, 0x20, 0x05, 0x30, 0x07, 0x08, 0x01, 0x40, 0x09])
    }

    @Test("all occurrences of a field are replaced by one content where the first stood")
    func replaceOccurrences() throws {
        let source = MemoryByteSource([0x10, 1, 0x08, 1, 0x08, 2, 0x10, 2, 0x08, 3])
        let fields = try WireMessage(indexing: source).fields(1)
        let edits = WireEdit.replace(fields, with: varintField(9, 3))
        #expect(edits.count == 2)
        let output = try written(WirePlan(applying: edits, to: source), from: source)
        #expect(output == [0x10, 1, 0x18, 9, 0x10, 2])
    }

    @Test("a group is edited without a length")
    func group() throws {
        let source = MemoryByteSource([0x0b, 0x10, 0x01, 0x0c, 0x18, 0x01])
        let group = try WireMessage(indexing: source).fields[0]
        let edit = WireEdit.insert(varintField(5, 3), at: group.payload.upperBound, inside: [group])
        let output = try written(WirePlan(applying: [edit], to: source), from: source)
        #expect(output == [0x0b, 0x10, 0x01, 0x18, 0x05, 0x0c, 0x18, 0x01])
    }

    @Test("the unusual tag of an edited message stays")
    func unusualTag() throws {
        let source = MemoryByteSource([0x8a, 0x00, 0x82, 0x00, 0x08, 0x01])
        let field = try WireMessage(indexing: source).fields[0]
        let edit = WireEdit.insert(varintField(2, 1), at: 6, inside: [field])
        let output = try written(WirePlan(applying: [edit], to: source), from: source)
        #expect(output == [0x8a, 0x00, 0x04, 0x08, 0x01, 0x08, 0x02])
    }

    @Test("a replacement may copy bytes from elsewhere in the source")
    func moving() throws {
        let sample = try Sample()
        var moved = WireContent()
        moved.append(.copy(sample.root.fields[0].range))
        let edits: [WireEdit] = [.remove(sample.root.fields[0]), .insert(moved, at: 14)]
        #expect(try sample.applying(edits) == Array(Self.sample[3...] + Self.sample[..<3]))
    }

    @Test("produced bytes appear where they belong, with their length counted in")
    func produced() throws {
        let sample = try Sample()
        var content = WireContent()
        content.appendProduced(byteCount: 4, id: 10, field: 5)
        let output = try sample.applying([
            .replace(sample.outerMessage.fields[1], inside: [sample.outer], with: content)
        ])
        #expect(output[3...] == [0x12, 0x0a, 0x1a, 0x02, 0x20, 0x05, 0x2a, 0x04, 10, 11, 12, 13, 0x40, 0x09])
    }

    @Test("the plan knows the size and the pieces before anything is written")
    func planIsData() throws {
        let sample = try Sample()
        var content = WireContent()
        content.appendProduced(byteCount: 1_000_000_000, id: 3, field: 5)
        let plan = try WirePlan(applying: [.insert(content, at: 14)], to: sample.source)
        #expect(
            plan.segments == [
                .copy(0..<14), .bytes(WireEncoding.lengthDelimitedHeader(5, byteCount: 1_000_000_000)),
                .produced(byteCount: 1_000_000_000, id: 3),
            ])
        #expect(plan.byteCount == 1_000_000_020)
    }

    @Test("an output beyond 2 GiB - 1 is refused")
    func outputTooLarge() throws {
        let sample = try Sample()
        var content = WireContent()
        content.append(.produced(byteCount: 2_147_483_647, id: 0))
        let error = #expect(throws: WireError.self) {
            try WirePlan(applying: [.insert(content, at: 0)], to: sample.source)
        }
        #expect(
            error?.message
                == "the output would have 2147483661 bytes, but protobuf ends at 2147483647 (2 GiB - 1)")
    }

    @Test("overlapping edits are refused")
    func overlap() throws {
        let sample = try Sample()
        let inside = WireEdit.remove(sample.inner, inside: [sample.outer])
        for edits in [
            [.remove(sample.outer), inside],
            [.remove(sample.outer), .remove(sample.outer)],
            [.remove(sample.outer), .insert(varintField(1, 1), at: sample.outer.range.lowerBound + 1)],
        ] as [[WireEdit]] {
            let error = #expect(throws: WireError.self) { try WirePlan(applying: edits, to: sample.source) }
            #expect(error?.message.contains("overlaps another edit") == true)
        }
    }

    @Test("an edit outside the message that it claims to be in is refused")
    func outside() throws {
        let sample = try Sample()
        for edit in [
            .remove(sample.root.fields[2], inside: [sample.outer]),
            .insert(varintField(1, 1), at: 15),
            .insert(varintField(1, 1), at: -1),
            .remove(sample.inner, inside: [sample.inner]),
            .remove(sample.innerMessage.fields[0], inside: [sample.outer, sample.outer]),
        ] as [WireEdit] {
            let error = #expect(throws: WireError.self) { try WirePlan(applying: [edit], to: sample.source) }
            #expect(error?.message.contains("does not lie within the message") == true)
        }
    }

    @Test("a number encloses nothing")
    func insideNumber() throws {
        let sample = try Sample()
        let number = sample.root.fields[2]
        let edit = WireEdit.insert(varintField(1, 1), at: number.payload.upperBound, inside: [number])
        let error = #expect(throws: WireError.self) { try WirePlan(applying: [edit], to: sample.source) }
        #expect(error?.message.contains("is said to lie inside field 8, but that is a varint") == true)
    }

    @Test("a replacement that copies what the source does not hold is refused")
    func copyOutside() throws {
        let sample = try Sample()
        for range in [10..<15, -1..<1, Int.min..<Int.max] {
            var content = WireContent()
            content.append(.copy(range))
            #expect(throws: WireError.self) {
                try WirePlan(applying: [.insert(content, at: 0)], to: sample.source)
            }
        }
    }

    @Test("a produced segment of negative size is refused")
    func negativeSize() throws {
        let sample = try Sample()
        var content = WireContent()
        content.append(.produced(byteCount: -1, id: 4))
        let error = #expect(throws: WireError.self) {
            try WirePlan(applying: [.insert(content, at: 0)], to: sample.source)
        }
        #expect(error?.message == "the value with id 4 that is to be written here has a size of -1 bytes")
    }
}
