import ProtobufWire
import Testing

struct WireEncodingTests {
    @Test(
        "a varint is encoded in its shortest form",
        arguments: [
            (0, [0x00]), (127, [0x7f]), (128, [0x80, 0x01]), (300, [0xac, 0x02]),
            (UInt64.max, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ] as [(UInt64, [UInt8])])
    func varint(_ value: UInt64, _ bytes: [UInt8]) {
        #expect(WireEncoding.varint(value) == bytes)
    }

    @Test("a tag is the field number and the wire type")
    func tag() {
        #expect(WireEncoding.tag(1, .varint) == [0x08])
        #expect(WireEncoding.tag(100, .lengthDelimited) == [0xa2, 0x06])
        #expect(WireEncoding.tag(536_870_911, .fixed32) == [0xfd, 0xff, 0xff, 0xff, 0x0f])
    }

    @Test("content is encoded field by field")
    func content() throws {
        var inner = WireContent()
        inner.appendVarint(300, field: 1)
        inner.appendScalar(Float(1), field: 2)
        var content = WireContent()
        content.appendString("ab", field: 1)
        content.appendMessage(inner, field: 2)
        content.appendPackedVarints([1, 300], field: 3)
        #expect(
            try bytes(of: content) == [
                0x0a, 2, 0x61, 0x62,
                0x12, 8, 0x08, 0xac, 0x02, 0x15, 0, 0, 0x80, 0x3f,
                0x1a, 3, 0x01, 0xac, 0x02,
            ])
    }

    @Test("the length of a message counts bytes that are not there yet")
    func producedLength() {
        var blob = WireContent()
        blob.appendProduced(byteCount: 400, id: 7, field: 5)
        var layer = WireContent()
        layer.appendMessage(blob, field: 7)
        #expect(layer.byteCount == 406)
        #expect(
            layer.segments == [.bytes([0x3a, 0x93, 0x03, 0x2a, 0x90, 0x03]), .produced(byteCount: 400, id: 7)])
    }

    @Test("neighbouring copies join, and empty segments vanish")
    func joining() {
        var content = WireContent()
        content.append(.copy(0..<2))
        content.append(.bytes([]))
        content.append(.produced(byteCount: 0, id: 1))
        content.append(.copy(2..<5))
        content.append(.copy(6..<7))
        #expect(content.segments == [.copy(0..<5), .copy(6..<7)])
    }

    @Test("sizes that no integer can count do not trap")
    func hugeSizes() {
        var content = WireContent()
        content.append(.copy(Int.min..<Int.max))
        content.appendProduced(byteCount: .max, id: 0, field: 1)
        content.appendProduced(byteCount: -1, id: 1, field: 1)
        var outer = WireContent()
        outer.appendMessage(content, field: 1)
        let source = MemoryByteSource([])
        #expect(throws: WireError.self) { try WirePlan(applying: [.insert(outer, at: 0)], to: source) }
    }
}
