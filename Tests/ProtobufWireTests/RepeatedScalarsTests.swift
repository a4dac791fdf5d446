import Testing

@testable import ProtobufWire

/// Repeated floats and doubles, however the file holds them.
struct RepeatedScalarsTests {
    private func floats(_ bytes: [UInt8]) throws -> (RepeatedScalars<Float>, MemoryByteSource) {
        let source = MemoryByteSource(bytes)
        return (try WireMessage(indexing: source).scalars(5, as: Float.self, in: source), source)
    }

    private func packedField(_ values: [Float]) -> [UInt8] {
        WireEncoding.lengthDelimitedHeader(5, byteCount: 4 * values.count) + packed(values)
    }

    private func unpackedFields(_ values: [Float]) -> [UInt8] {
        values.flatMap { WireEncoding.tag(5, .fixed32) + packed([$0]) }
    }

    @Test("an absent field has no numbers")
    func absent() throws {
        let (scalars, source) = try floats([0x08, 0x01])
        #expect(scalars.elementCount == 0)
        #expect(try scalars.values(of: source) == [])
    }

    @Test("packed numbers are read by range")
    func packedRange() throws {
        let (scalars, source) = try floats(packedField([1, 2, 3, 4]))
        #expect(scalars.elementCount == 4)
        #expect(try scalars.values(1..<3, of: source) == [2, 3])
    }

    @Test("packed and unpacked occurrences concatenate in the order of the file")
    func mixture() throws {
        let (scalars, source) = try floats(
            packedField([1, 2]) + [0x08, 0x01] + unpackedFields([3, 4, 5]) + packedField([]) + packedField([6]))
        #expect(try scalars.values(of: source) == [1, 2, 3, 4, 5, 6])
    }

    @Test("any range of any mixture equals the slice of the whole")
    func allRanges() throws {
        let bytes =
            unpackedFields([0, 1, 2]) + packedField([3, 4]) + packedField([5, 6]) + packedField([7, 8])
            + [0x08, 0x01] + unpackedFields([9, 10]) + packedField([11, 12, 13])
        let (scalars, source) = try floats(bytes)
        let whole = (0..<14).map(Float.init)
        for lower in 0...14 {
            for upper in lower...14 {
                #expect(try scalars.values(lower..<upper, of: source) == Array(whole[lower..<upper]))
            }
        }
    }

    @Test("a hundred thousand unpacked numbers need one index entry and few reads")
    func manyUnpacked() throws {
        let values = (0..<100_000).map { Float($0) }
        let bytes = unpackedFields(values)
        let source = MemoryByteSource(bytes)
        let message = try WireMessage(indexing: source)
        #expect(message.fields.runs.count == 1)
        let recording = RecordingByteSource(byteCount: bytes.count, pieces: [0: bytes])
        let scalars = try message.scalars(5, as: Float.self, in: recording)
        #expect(try scalars.values(of: source) == values)
        #expect(try scalars.values(50_000..<50_010, of: recording) == Array(values[50_000..<50_010]))
        #expect(recording.readCount == 1)
        #expect(recording.bytesRead == 49)
    }

    @Test("large packed fields of one size are read straight, each from its place")
    func largePackedFields() throws {
        let values = (0..<6000).map { Float($0) }
        let (scalars, source) = try floats(
            packedField(Array(values[..<2000])) + packedField(Array(values[2000..<4000]))
                + packedField(Array(values[4000...])))
        #expect(try scalars.values(of: source) == values)
        #expect(try scalars.values(1999..<4001, of: source) == Array(values[1999..<4001]))
    }

    @Test("doubles take eight bytes")
    func doubles() throws {
        let source = MemoryByteSource([0x42, 0x10] + packed([0.5, -2] as [Double]) + [0x41] + packed([3] as [Double]))
        let scalars = try WireMessage(indexing: source).scalars(8, as: Double.self, in: source)
        #expect(try scalars.values(of: source) == [0.5, -2, 3])
    }

    @Test("a packed field with a part of a number is refused")
    func partOfNumber() throws {
        let error = #expect(throws: WireError.self) { try floats([0x08, 0x01, 0x2a, 0x05, 1, 2, 3, 4, 5]) }
        #expect(error?.offset == 2)
        #expect(error?.message == "packed field 5 has 5 bytes, which is no multiple of the 4 that one number takes")
    }

    @Test("numbers of another wire type are unknown to protobuf and passed over")
    func otherWireType() throws {
        let (scalars, source) = try floats([0x28, 0x01] + unpackedFields([2]) + [0x29, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(try scalars.values(of: source) == [2])
    }

    @Test("positions that do not exist are refused", arguments: [-1..<1, 1..<3, 9..<9, Int.min..<Int.max, 0..<Int.max])
    func outside(_ elements: Range<Int>) throws {
        let (scalars, source) = try floats(packedField([1, 2]))
        #expect(throws: WireError.self) { try scalars.values(elements, of: source) }
    }

    @Test("a buffer of another size than the range is refused")
    func bufferSize() throws {
        let (scalars, source) = try floats(packedField([1, 2]))
        var buffer: [Float] = [0]
        #expect(throws: WireError.self) {
            try buffer.withUnsafeMutableBufferPointer { try scalars.read(elements: 0..<2, of: source, into: $0) }
        }
    }
}
