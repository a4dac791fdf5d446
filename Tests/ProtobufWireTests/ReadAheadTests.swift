import ProtobufWire
import Testing

/// Indexing reads headers and steps over payloads.
struct ReadAheadTests {
    @Test("a model of 500 MiB is indexed by a few small reads")
    func largePayloads() throws {
        let layerByteCount = 50 << 20
        let header = WireEncoding.lengthDelimitedHeader(100, byteCount: layerByteCount)
        let stride = header.count + layerByteCount
        let source = RecordingByteSource(
            byteCount: 10 * stride,
            pieces: Dictionary(uniqueKeysWithValues: (0..<10).map { ($0 * stride, header) }))
        let message = try WireMessage(indexing: source)
        #expect(message.fields(100).count == 10)
        #expect(source.readCount == 10)
        #expect(source.bytesRead <= 10 * 4096)
    }

    @Test("a message of many small fields is read in large pieces")
    func smallFields() throws {
        let bytes = [UInt8](repeatElement([0x0a, 0x02, 0x61, 0x62, 0x08, 0x01], count: 50_000).joined())
        let source = RecordingByteSource(byteCount: bytes.count, pieces: [0: bytes])
        #expect(try WireMessage(indexing: source).fields.count == 100_000)
        // 300 000 bytes: 4, 8, 16 and 32 KiB, then 64 KiB each.
        #expect(source.readCount == 8)
    }

    @Test("indexing a submessage reads nothing beyond it")
    func submessageOnly() throws {
        let bytes: [UInt8] = [0x0a, 0x02, 0x08, 0x07]
        let source = RecordingByteSource(byteCount: 100_000, pieces: [0: bytes])
        _ = try WireMessage(indexing: 2..<4, of: source)
        #expect(source.bytesRead == 2)
    }
}
