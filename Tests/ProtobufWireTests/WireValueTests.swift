import ProtobufWire
import Testing

/// Single values read as protobuf reads them.
struct WireValueTests {
    private func message(_ bytes: [UInt8]) throws -> (WireMessage, MemoryByteSource) {
        let source = MemoryByteSource(bytes)
        return (try WireMessage(indexing: source), source)
    }

    @Test("integers and booleans come from varints")
    func integers() throws {
        let (message, source) = try message([0x08, 0x96, 0x01, 0x10, 0x00, 0x18, 0x02])
        #expect(try message.uint64(1, in: source) == 150)
        #expect(try message.int32(1, in: source) == 150)
        #expect(try message.bool(2, in: source) == false)
        #expect(try message.bool(3, in: source) == true)
    }

    @Test("a negative int32 is ten bytes on the wire")
    func negative() throws {
        let (message, source) = try message([0x08] + [UInt8](repeating: 0xff, count: 9) + [0x01])
        #expect(try message.int32(1, in: source) == -1)
        #expect(try message.int64(1, in: source) == -1)
        #expect(try message.uint64(1, in: source) == .max)
    }

    @Test("an int32 takes the low half of a larger varint")
    func int32Truncation() throws {
        // 2^32 + 5
        let (message, source) = try message([0x08, 0x85, 0x80, 0x80, 0x80, 0x10])
        #expect(try message.int32(1, in: source) == 5)
    }

    @Test("floats and doubles keep every bit, also of a NaN with a payload")
    func floatingPoint() throws {
        let (message, source) = try message([0x0d, 0x01, 0x00, 0xc0, 0x7f] + [0x11] + packed([-0.1]))
        #expect(try message.float(1, in: source)?.bitPattern == 0x7fc0_0001)
        #expect(try message.double(2, in: source) == -0.1)
    }

    @Test("a string is UTF-8, and repaired where it is not")
    func strings() throws {
        let (message, source) = try message([0x0a, 0x03, 0xe5, 0xb1, 0x82, 0x12, 0x02, 0x61, 0xff])
        #expect(try message.string(1, in: source) == "\u{5C42}")
        #expect(try message.string(2, in: source) == "a\u{FFFD}")
        #expect(try message.bytes(2, in: source) == [0x61, 0xff])
    }

    @Test("the last occurrence counts")
    func lastOccurrence() throws {
        let (message, source) = try message([0x08, 0x01, 0x08, 0x02])
        #expect(try message.uint64(1, in: source) == 2)
    }

    @Test("a field of another wire type is passed over, as protobuf does")
    func otherWireType() throws {
        let (message, source) = try message([0x08, 0x01, 0x0a, 0x01, 0x78])
        #expect(try message.uint64(1, in: source) == 1)
        #expect(try message.string(1, in: source) == "x")
        #expect(try message.float(1, in: source) == nil)
    }

    @Test("an absent field is nil, and an empty string is a string")
    func absence() throws {
        let (message, source) = try message([0x0a, 0x00])
        #expect(try message.string(1, in: source)?.isEmpty == true)
        #expect(try message.string(2, in: source) == nil)
    }

    @Test("strings of a repeated field are read one by one")
    func repeatedStrings() throws {
        let (message, source) = try message([0x0a, 0x01, 0x61, 0x0a, 0x01, 0x62])
        #expect(try message.fields(1, .lengthDelimited).map { try $0.string(in: source) } == ["a", "b"])
    }

    @Test("a name of a gigabyte is refused before memory is taken for it")
    func giantString() throws {
        let header = WireEncoding.lengthDelimitedHeader(1, byteCount: 1 << 30)
        let source = RecordingByteSource(byteCount: header.count + (1 << 30), pieces: [0: header])
        let message = try WireMessage(indexing: source)
        let error = #expect(throws: WireError.self) { try message.string(1, in: source) }
        #expect(error?.offset == 0)
        #expect(source.bytesRead < 1 << 16)
    }

    @Test("varint lists concatenate packed and unpacked occurrences in order")
    func varintLists() throws {
        let (message, source) = try message([0x0a, 0x03, 0x40, 0xac, 0x02, 0x08, 0x05, 0x0a, 0x00, 0x0a, 0x01, 0x07])
        #expect(try message.varints(1, atMost: 4, in: source) == [64, 300, 5, 7])
        #expect(try message.varints(2, atMost: 4, in: source) == [])
    }

    @Test("a longer varint list than allowed is refused where it becomes too long")
    func varintListLimit() throws {
        let (message, source) = try message([0x0a, 0x03, 1, 2, 3])
        let error = #expect(throws: WireError.self) { try message.varints(1, atMost: 2, in: source) }
        #expect(error?.offset == 4)
        #expect(error?.message == "field 1 has more than the 2 numbers that are allowed here")
    }

    @Test("a packed varint may not reach beyond its field")
    func packedVarintCutShort() throws {
        let (message, source) = try message([0x0a, 0x01, 0x80, 0x10, 0x01])
        #expect(throws: WireError.self) { try message.varints(1, atMost: 9, in: source) }
    }
}
