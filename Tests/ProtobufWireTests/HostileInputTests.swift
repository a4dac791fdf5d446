import Testing

@testable import ProtobufWire

/// Damaged input gives an error that names the place, and never a trap.
struct HostileInputTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let bytes: [UInt8]
        let offset: Int
        let message: String

        var testDescription: String { name }
    }

    static let incomplete = "the end of the file; is it an incomplete copy?"

    static let cases = [
        Case(name: "tag cut short", bytes: [0x88], offset: 0, message: "a varint is cut short by \(incomplete)"),
        Case(
            name: "value cut short", bytes: [0x08, 0x80], offset: 1, message: "a varint is cut short by \(incomplete)"),
        Case(name: "value missing", bytes: [0x08], offset: 1, message: "a varint is cut short by \(incomplete)"),
        Case(
            name: "varint of eleven bytes", bytes: [0x08] + [UInt8](repeating: 0x80, count: 11), offset: 1,
            message: "a varint has more than 64 bits; is this a protobuf binary file?"),
        Case(
            name: "varint of 65 bits", bytes: [0x08] + [UInt8](repeating: 0xff, count: 9) + [0x02], offset: 1,
            message: "a varint has more than 64 bits; is this a protobuf binary file?"),
        Case(
            name: "fixed32 cut short", bytes: [0x0d, 1, 2, 3], offset: 1,
            message: "fixed32 field 1 takes 4 bytes, but only 3 remain before \(incomplete)"),
        Case(
            name: "fixed64 cut short", bytes: [0x09, 1], offset: 1,
            message: "fixed64 field 1 takes 8 bytes, but only 1 remain before \(incomplete)"),
        Case(
            name: "length beyond the end", bytes: [0x0a, 0x05, 0x61], offset: 2,
            message: "field 1 takes 5 bytes, but only 1 remain before \(incomplete)"),
        Case(
            name: "length of 64 bits", bytes: [0x0a] + [UInt8](repeating: 0xff, count: 9) + [0x01], offset: 11,
            message: "field 1 takes 18446744073709551615 bytes, but only 0 remain before \(incomplete)"),
        Case(
            name: "wire type 6", bytes: [0x08, 0x01, 0x0e], offset: 2,
            message: "wire type 6 does not exist; is this a protobuf binary file?"),
        Case(
            name: "wire type 7", bytes: [0x0f], offset: 0,
            message: "wire type 7 does not exist; is this a protobuf binary file?"),
        Case(
            name: "field number 0", bytes: [0x00, 0x01], offset: 0,
            message: "field number 0 is not within 1 to 536870911; is this a protobuf binary file?"),
        Case(
            name: "field number too large", bytes: [0x80, 0x80, 0x80, 0x80, 0x10, 0x00], offset: 0,
            message: "field number 536870912 is not within 1 to 536870911; is this a protobuf binary file?"),
        Case(
            name: "group not closed", bytes: [0x08, 0x01, 0x0b, 0x10, 0x01], offset: 2,
            message: "group 1 begins here and is still open at \(incomplete)"),
        Case(
            name: "end of a group that did not begin", bytes: [0x08, 0x01, 0x0c], offset: 2,
            message: "group 1 ends here, but did not begin in this message"),
        Case(
            name: "groups that cross", bytes: [0x0b, 0x13, 0x0c, 0x14], offset: 2,
            message: "group 1 ends here, but the open group is 2"),
    ]

    @Test("damage is reported with its place", arguments: cases)
    func damage(_ damaged: Case) {
        let error = #expect(throws: WireError.self) { try WireMessage(indexing: MemoryByteSource(damaged.bytes)) }
        #expect(error?.offset == damaged.offset)
        #expect(error?.message == damaged.message)
    }

    @Test("a length may not leave the enclosing message, although the file goes on")
    func lengthLeavesMessage() throws {
        let source = MemoryByteSource([0x0a, 0x02, 0x0a, 0x01, 0x10, 0x01])
        let outer = try WireMessage(indexing: source)
        let error = #expect(throws: WireError.self) { try WireMessage(indexing: outer.fields[0], of: source) }
        #expect(error?.offset == 4)
        #expect(
            error?.message == "field 1 takes 1 bytes, but only 0 remain before byte 4, where the enclosing message ends"
        )
    }

    @Test("an error prints as path, byte and message")
    func description() {
        #expect("\(WireError(path: "a.caffemodel", offset: 12, message: "no"))" == "a.caffemodel: byte 12: no")
        #expect("\(WireError(path: "a.caffemodel", message: "no"))" == "a.caffemodel: no")
    }

    @Test("a range that the source does not hold is refused", arguments: [-1..<1, 0..<3, Int.min..<Int.max, 5..<6])
    func rangeOutside(_ range: Range<Int>) {
        let source = MemoryByteSource([0x08, 0x01])
        #expect(throws: WireError.self) { try WireMessage(indexing: range, of: source) }
        #expect(throws: WireError.self) { try source.bytes(in: range) }
    }

    @Test("a read that begins or ends outside is refused", arguments: [-1, 2, 3, Int.max, Int.min])
    func readOutside(_ offset: Int) throws {
        var bytes: [UInt8] = [0]
        let source = MemoryByteSource([0x08, 0x01])
        #expect(throws: WireError.self) { try bytes.withUnsafeMutableBytes { try source.read(at: offset, into: $0) } }
    }

    @Test("a source beyond 2 GiB - 1 is refused before it is read")
    func tooLarge() {
        let source = RecordingByteSource(byteCount: 1 << 31, pieces: [:])
        let error = #expect(throws: WireError.self) { try WireMessage(indexing: source) }
        #expect(error?.message == "has 2147483648 bytes, but protobuf ends at 2147483647 (2 GiB - 1)")
        #expect(throws: WireError.self) { try WireMessage(indexing: 0..<2, of: source) }
        #expect(throws: WireError.self) { try WirePlan(applying: [], to: source) }
        #expect(source.readCount == 0)
    }

    @Test("too many unlike fields are refused instead of filling the memory")
    func tooManyRuns() throws {
        let source = MemoryByteSource([0x08, 1, 0x10, 1, 0x08, 1])
        #expect(try WireMessage(indexing: 0..<6, of: source, runLimit: 3).fields.count == 3)
        let error = #expect(throws: WireError.self) { try WireMessage(indexing: 0..<6, of: source, runLimit: 2) }
        #expect(error?.message.hasPrefix("the message has too many unlike fields (more than 2)") == true)
    }
}
