import Testing

@testable import ProtobufWire

/// Hand-encoded messages: what the index says of them.
struct WireMessageTests {
    private func index(_ bytes: [UInt8]) throws -> WireMessage {
        try WireMessage(indexing: MemoryByteSource(bytes))
    }

    @Test("an empty source is an empty message")
    func empty() throws {
        let message = try index([])
        #expect(message.fields.isEmpty)
        #expect(message.range == 0..<0)
    }

    @Test("a varint field spans its tag and its bytes")
    func varint() throws {
        let field = try #require(try index([0x08, 0x96, 0x01]).fields.first)
        #expect(field.number == 1 && field.wireType == .varint)
        #expect(field.range == 0..<3 && field.payload == 1..<3)
    }

    @Test("fixed32 and fixed64 fields take four and eight bytes")
    func fixed() throws {
        let fields = try index([0x0d, 1, 2, 3, 4, 0x11, 1, 2, 3, 4, 5, 6, 7, 8]).fields
        #expect(fields.map(\.wireType) == [.fixed32, .fixed64])
        #expect(fields.map(\.payload) == [1..<5, 6..<14])
    }

    @Test("a length-delimited field's payload begins after its length")
    func lengthDelimited() throws {
        let field = try #require(try index([0x12, 0x03, 0x61, 0x62, 0x63]).fields.first)
        #expect(field.range == 0..<5 && field.payload == 2..<5)
    }

    @Test("a group is one field, up to and with its end tag")
    func group() throws {
        // Group 1 { group 2 {} 3: 5 } and a field after it.
        let fields = try index([0x0b, 0x13, 0x14, 0x18, 0x05, 0x0c, 0x20, 0x01]).fields
        #expect(fields.map(\.number) == [1, 4])
        #expect(fields[0].wireType == .startGroup)
        #expect(fields[0].range == 0..<6 && fields[0].payload == 1..<5)
    }

    @Test("a group can be indexed like a message")
    func groupContents() throws {
        let source = MemoryByteSource([0x0b, 0x18, 0x05, 0x0c])
        let group = try WireMessage(indexing: try WireMessage(indexing: source).fields[0], of: source)
        #expect(try group.uint64(3, in: source) == 5)
    }

    @Test("groups nest a hundred deep, and not deeper")
    func groupDepth() throws {
        func nested(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: 0x0b, count: depth) + [UInt8](repeating: 0x0c, count: depth)
        }
        #expect(try index(nested(WireLimits.groupDepth)).fields.count == 1)
        let error = #expect(throws: WireError.self) { try index(nested(WireLimits.groupDepth + 1)) }
        #expect(error?.offset == WireLimits.groupDepth)
    }

    @Test("tags, lengths and values in longer forms than needed are accepted")
    func nonCanonical() throws {
        // Tag 1 in two bytes, length 1 in three; then varint 1 in ten bytes.
        let source = MemoryByteSource(
            [0x8a, 0x00, 0x81, 0x80, 0x00, 0x2a] + [0x10, 0x81] + [UInt8](repeating: 0x80, count: 8) + [0x00])
        let message = try WireMessage(indexing: source)
        #expect(message.fields[0].payload == 5..<6)
        #expect(try message.uint64(2, in: source) == 1)
    }

    @Test("the largest field number is accepted")
    func largestNumber() throws {
        #expect(try index([0xf8, 0xff, 0xff, 0xff, 0x0f, 0x00]).fields[0].number == 536_870_911)
    }

    @Test("fields of a number keep their order, and the last one is found")
    func fieldsOfNumber() throws {
        let message = try index([0x08, 1, 0x10, 2, 0x08, 3, 0x08, 4])
        #expect(message.fields(1).map(\.range) == [0..<2, 4..<6, 6..<8])
        #expect(message.lastField(1)?.range == 6..<8)
        #expect(message.lastField(3) == nil)
        #expect(message.fields(3).isEmpty)
    }

    @Test("a wire type leaves out fields of the same number and another type")
    func fieldsOfType() throws {
        let message = try index([0x0a, 0x00, 0x08, 0x01])
        #expect(message.fields(1, .lengthDelimited).map(\.range) == [0..<2])
        #expect(message.lastField(1, .lengthDelimited)?.range == 0..<2)
    }

    @Test("a submessage is indexed within its own range")
    func submessage() throws {
        let source = MemoryByteSource([0x0a, 0x02, 0x08, 0x07, 0x10, 0x01])
        let outer = try WireMessage(indexing: source)
        let inner = try WireMessage(indexing: outer.fields[0], of: source)
        #expect(inner.range == 2..<4)
        #expect(try inner.uint64(1, in: source) == 7)
    }

    @Test("a number is no message")
    func numberIsNoMessage() throws {
        let source = MemoryByteSource([0x08, 0x01])
        let field = try WireMessage(indexing: source).fields[0]
        let error = #expect(throws: WireError.self) { try WireMessage(indexing: field, of: source) }
        #expect(error?.message == "field 1 is a varint, but a message was expected")
    }

    @Test("like neighbours share one entry of the index and are still told apart")
    func runs() throws {
        let bytes: [UInt8] = Array(repeatElement([0x2d, 0, 0, 0x80, 0x3f] as [UInt8], count: 1000).joined())
        let message = try index([0x08, 0x01] + bytes + [0x08, 0x02])
        #expect(message.fields.runs.count == 3)
        #expect(message.fields.count == 1002)
        #expect(message.fields[1000].range == 4997..<5002)
        #expect(message.fields[1001].range == 5002..<5004)
        #expect(message.fields(5).byteRanges == [2..<5002])
    }

    @Test("neighbours that differ in size, header or type are runs of their own")
    func unlikeNeighbours() throws {
        // Field 1: varint of one byte, of two bytes; empty bytes; the varint again with a two-byte tag.
        let message = try index([0x08, 0x01, 0x08, 0x80, 0x00, 0x0a, 0x00, 0x88, 0x00, 0x01])
        #expect(message.fields.runs.count == 4)
        #expect(message.fields.map(\.payload) == [1..<2, 3..<5, 7..<7, 9..<10])
        #expect(message.fields.byteRanges == [0..<10])
    }
}
