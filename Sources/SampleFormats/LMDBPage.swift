import Files

/// A branch or a leaf of the tree.
struct LMDBPage {
    /// What a leaf holds for a key.
    enum Value {
        case inside(Range<Int>)
        /// Bytes behind the header of the first of some overflow pages.
        case overflow(page: UInt64, count: Int)
    }

    let number: UInt64
    let isLeaf: Bool
    let count: Int
    let bytes: [UInt8]
    private let path: String

    static let headerSize = 16
    static let overflowFlag: UInt16 = 0x04
    private static let nodeHeaderSize = 8

    init(_ bytes: [UInt8], number: UInt64, path: String) throws(SampleFormatError) {
        let flags = bytes.littleEndian(UInt16.self, at: 10)
        let lower = Int(bytes.littleEndian(UInt16.self, at: 12))
        let kind = flags & 0x6F
        guard bytes.littleEndian(UInt64.self, at: 0) == number, kind == 0x01 || kind == 0x02,
            lower >= Self.headerSize, lower <= bytes.count, lower % 2 == 0, lower > Self.headerSize
        else {
            throw .malformed(path, "page \(number) is no page of the tree: the file is damaged or was not copied whole")
        }
        self.number = number
        self.bytes = bytes
        self.path = path
        isLeaf = kind == 0x02
        count = (lower - Self.headerSize) / 2
    }

    /// Where a node begins; its header lies within the page.
    private func node(_ index: Int) throws(SampleFormatError) -> Int {
        let offset = Int(bytes.littleEndian(UInt16.self, at: Self.headerSize + index * 2))
        guard offset >= Self.headerSize + count * 2, offset <= bytes.count - Self.nodeHeaderSize else {
            throw damaged(index)
        }
        return offset
    }

    /// The child that a node of a branch leads to.
    func child(_ index: Int) throws(SampleFormatError) -> UInt64 {
        let offset = try node(index)
        return UInt64(bytes.littleEndian(UInt32.self, at: offset))
            | UInt64(bytes.littleEndian(UInt16.self, at: offset + 4)) << 32
    }

    /// Key and value of a node of a leaf.
    func entry(_ index: Int) throws(SampleFormatError) -> (key: [UInt8], value: Value) {
        let offset = try node(index)
        let size = Int(bytes.littleEndian(UInt32.self, at: offset))
        let flags = bytes.littleEndian(UInt16.self, at: offset + 4)
        let start = offset + Self.nodeHeaderSize + Int(bytes.littleEndian(UInt16.self, at: offset + 6))
        guard start <= bytes.count else { throw damaged(index) }
        let key = Array(bytes[offset + Self.nodeHeaderSize..<start])
        guard flags & 0x06 == 0 else {
            throw .malformed(
                path,
                "holds databases with names ('\(String(decoding: key, as: UTF8.self))'), expected samples in the main one"
            )
        }
        if flags & 0x01 != 0 {
            guard start <= bytes.count - 8 else { throw damaged(index) }
            return (key, .overflow(page: bytes.littleEndian(UInt64.self, at: start), count: size))
        }
        guard size <= bytes.count - start else { throw damaged(index) }
        return (key, .inside(start..<start + size))
    }

    private func damaged(_ index: Int) -> SampleFormatError {
        .malformed(path, "node \(index) of page \(number) does not lie within its page: the file is damaged")
    }
}
