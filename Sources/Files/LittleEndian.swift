extension RandomAccessCollection<UInt8> where Index == Int {
    /// The number of little-endian bytes that begins `offset` bytes after the start; the caller knows that it is there.
    package func littleEndian<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number {
        let start = startIndex + offset
        return self[start..<start + MemoryLayout<Number>.size].reversed().reduce(0) { $0 << 8 | Number($1) }
    }

    /// The same with the highest byte first.
    package func bigEndian<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number {
        let start = startIndex + offset
        return self[start..<start + MemoryLayout<Number>.size].reduce(0) { $0 << 8 | Number($1) }
    }
}
