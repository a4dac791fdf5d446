/// A cursor over a byte range of a source that reads ahead, and skips what need not be read.
///
/// A read after a far jump fetches little, because another jump is likely; sequential reads fetch more and more. So
/// passing over a large payload costs one small read, and a dense message one read per 64 KiB.
struct ByteScanner {
    private let source: any ByteSource
    let end: Int
    private(set) var position: Int

    private var window: [UInt8] = []
    private var windowStart = 0

    private static let smallestWindow = 4 << 10
    private static let largestWindow = 64 << 10

    /// Throws when the range is not within the source.
    init(_ range: Range<Int>, of source: any ByteSource) throws(WireError) {
        try source.requireRange(range)
        self.source = source
        self.end = range.upperBound
        self.position = range.lowerBound
    }

    var isAtEnd: Bool { position == end }

    /// Decodes a varint, canonical or not: up to 10 bytes that hold up to 64 bits.
    mutating func nextVarint() throws(WireError) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < end else {
                throw error(at: start, "a varint is cut short by \(enclosingEnd)")
            }
            let byte = try byte(at: position)
            position += 1
            // The tenth byte has room for bit 63 alone.
            if shift == 63, byte > 1 {
                throw error(at: start, "a varint has more than 64 bits; is this a protobuf binary file?")
            }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        // Not reached: the tenth byte either ends the varint or is refused.
        return value
    }

    /// Moves past bytes without reading them. `what` names them in the error when they are not there.
    mutating func skip(_ count: UInt64, _ what: @autoclosure () -> String) throws(WireError) {
        guard count <= UInt64(end - position) else {
            throw error(
                at: position, "\(what()) takes \(count) bytes, but only \(end - position) remain before \(enclosingEnd)"
            )
        }
        position += Int(count)
    }

    func error(at offset: Int, _ message: String) -> WireError {
        WireError(path: source.path, offset: offset, message: message)
    }

    /// What ends at `end`, for error messages.
    var enclosingEnd: String {
        end == source.byteCount
            ? "the end of the file; is it an incomplete copy?" : "byte \(end), where the enclosing message ends"
    }

    private mutating func byte(at offset: Int) throws(WireError) -> UInt8 {
        let index = offset - windowStart
        if index >= 0, index < window.count { return window[index] }
        try fillWindow(from: offset)
        return window[0]
    }

    private mutating func fillWindow(from offset: Int) throws(WireError) {
        let gap = offset - (windowStart + window.count)
        let isSequential = !window.isEmpty && gap >= 0 && gap < Self.smallestWindow
        let wanted = isSequential ? min(2 * window.count, Self.largestWindow) : Self.smallestWindow
        let count = min(wanted, end - offset)
        if window.count != count { window = [UInt8](repeating: 0, count: count) }
        windowStart = offset
        let source = source
        try window.withUnsafeMutableBufferPointer { (buffer) throws(WireError) in
            try source.read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
