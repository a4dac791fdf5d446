import Foundation
import ProtobufWire
import Synchronization

/// A file in the temporary directory that goes away with the object.
final class TemporaryFile: Sendable {
    let path: String

    init(_ bytes: [UInt8] = []) throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "wire-\(UUID().uuidString)")
        try Data(bytes).write(to: url)
        path = url.path
    }

    deinit { unlink(path) }

    func contents() throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }
}

/// What a plan writes, by way of a file. A produced byte is its segment's id plus its offset.
func written(_ plan: WirePlan, from source: some ByteSource) throws -> [UInt8] {
    let file = try TemporaryFile()
    let descriptor = open(file.path, O_WRONLY)
    defer { close(descriptor) }
    try plan.write(from: source, to: descriptor, path: file.path) { id, offset, buffer in
        for index in buffer.indices { buffer[index] = producedByte(id: id, offset: offset + index) }
    }
    return try file.contents()
}

func producedByte(id: Int, offset: Int) -> UInt8 { UInt8(truncatingIfNeeded: id + offset) }

/// The bytes of a content that consists of known bytes.
func bytes(of content: WireContent) throws -> [UInt8] {
    var flat: [UInt8] = []
    for segment in content.segments {
        guard case .bytes(let bytes) = segment else { throw UnexpectedSegment() }
        flat += bytes
    }
    return flat
}

struct UnexpectedSegment: Error {}

/// Little-endian bytes of some numbers.
func packed<Element: FixedWidthScalar>(_ values: [Element]) -> [UInt8] {
    values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { [UInt8]($0) } }
}

/// A source that counts how it is read, and may be far larger than the bytes it holds: the rest are zeros.
final class RecordingByteSource: ByteSource {
    let path = "<recorded>"
    let byteCount: Int
    private let pieces: [Int: [UInt8]]
    private let totals = Mutex((readCount: 0, bytesRead: 0))

    var readCount: Int { totals.withLock { $0.readCount } }
    var bytesRead: Int { totals.withLock { $0.bytesRead } }

    /// `pieces` are bytes by offset; they must not overlap.
    init(byteCount: Int, pieces: [Int: [UInt8]]) {
        self.byteCount = byteCount
        self.pieces = pieces
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(WireError) {
        totals.withLock {
            $0.readCount += 1
            $0.bytesRead += buffer.count
        }
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        for (start, piece) in pieces {
            let lower = max(start, offset)
            let upper = min(start + piece.count, offset + buffer.count)
            for index in lower..<max(lower, upper) { buffer[index - offset] = piece[index - start] }
        }
    }
}

/// A small generator with a fixed seed (xorshift64*), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
