/// Where each line of a text begins, to turn byte offsets into positions.
///
/// Lines end with LF, and so with CRLF. A lone CR is a blank to protobuf, whose comments run on past it, and is
/// one here as well.
struct LineTable: Sendable {
    private let starts: [Int]

    /// Cost: one pass over the bytes.
    init(_ bytes: [UInt8]) {
        var starts = [bytes.byteOrderMarkLength]
        bytes.withUnsafeBufferPointer { bytes in
            for offset in bytes.indices where bytes[offset] == .lineFeed { starts.append(offset + 1) }
        }
        self.starts = starts
    }

    /// The position of an offset; offsets outside the text count as its nearest end.
    ///
    /// Cost: logarithmic in the lines, linear in the length of one line.
    func position(at offset: Int, in bytes: [UInt8]) -> SourcePosition {
        let offset = min(max(offset, starts[0]), bytes.count)
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        let scalars = bytes[starts[low]..<offset].count { !$0.isContinuation }
        return SourcePosition(line: low + 1, column: scalars + 1)
    }
}
