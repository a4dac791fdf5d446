extension EarliestFormat {
    /// What the messages of an object's header tell.
    struct ObjectParts {
        private var symbols: SymbolTable?
        private var lengths: [Int]?
        private var format: ElementFormat?
        private var data: (address: UInt64, size: UInt64)?

        /// Takes a message of a header.
        ///
        /// - Returns: whether it is one that a plain group or dataset may have.
        mutating func take(_ type: UInt16, flags: UInt8, _ body: MetadataBlock) -> Bool {
            // A shared message only tells where the real one is.
            let isShared = flags & 2 != 0
            switch type {
            case 0x01 where !isShared && lengths == nil:
                lengths = Self.lengths(body)
                return lengths != nil
            case 0x03 where !isShared && format == nil:
                format = Self.format(body)
                return format != nil
            case 0x08 where !isShared && data == nil:
                data = Self.contiguousData(body)
                return data != nil
            case 0x11 where !isShared && symbols == nil:
                guard let tree: UInt64 = body.number(at: 0), let heap: UInt64 = body.number(at: 8) else { return false }
                symbols = SymbolTable(tree: tree, heap: heap)
                return true
            // Nothing, fill values, attributes, comments, times: what a reader of numbers can do without.
            case 0x00, 0x04, 0x05, 0x0C, 0x0D, 0x0E, 0x12: return true
            default: return false
            }
        }

        /// The object with these parts, if it is a group or a dataset whose data are in the file.
        func object(fileSize: UInt64) -> Object? {
            switch (symbols, lengths, format, data) {
            case (let symbols?, nil, nil, nil): return .group(symbols)
            case (nil, let lengths?, let format?, let data?):
                guard let shape = DatasetShape(lengths, elementByteCount: format.type.byteCount), shape.byteCount > 0,
                    data.size == UInt64(shape.byteCount), data.address <= fileSize,
                    data.size <= fileSize - data.address
                else { return nil }
                return .dataset(StoredArray(shape: shape, format: format, offset: data.address))
            default: return nil
            }
        }

        /// The dataspace message: a scalar or the lengths of axes.
        private static func lengths(_ body: MetadataBlock) -> [Int]? {
            guard let version: UInt8 = body.number(at: 0), let rank: UInt8 = body.number(at: 1), rank <= 32 else {
                return nil
            }
            let start: Int
            switch version {
            case 1: start = 8
            // Of version 2, a byte tells scalars (0) and arrays (1) from nothing at all.
            case 2:
                guard body.number(at: 3, as: UInt8.self) == (rank == 0 ? 0 : 1) else { return nil }
                start = 4
            default: return nil
            }
            var lengths: [Int] = []
            for axis in 0..<Int(rank) {
                guard let length: UInt64 = body.number(at: start + axis * 8), let length = Int(exactly: length) else {
                    return nil
                }
                lengths.append(length)
            }
            return lengths
        }

        /// The datatype message: IEEE single or double precision, little-endian.
        private static func format(_ body: MetadataBlock) -> ElementFormat? {
            guard let properties = body.part(at: 0, count: 20) else { return nil }
            if properties.equals(single) { return ElementFormat(type: .float32) }
            if properties.equals(double) { return ElementFormat(type: .float64) }
            return nil
        }

        // Class and version, byte order with the implied leading bit, the sign's bit, size; first bit and number of bits, then of the exponent
        // and of the mantissa, bias of the exponent.
        private static let single: [UInt8] = [0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0]
        private static let double: [UInt8] = [
            0x11, 0x20, 63, 0, 8, 0, 0, 0, 0, 0, 64, 0, 52, 11, 0, 52, 0xFF, 0x03, 0, 0,
        ]

        /// The layout message, of version 3 and the class of data in one piece.
        private static func contiguousData(_ body: MetadataBlock) -> (address: UInt64, size: UInt64)? {
            guard body.number(at: 0, as: UInt8.self) == 3, body.number(at: 1, as: UInt8.self) == 1,
                let address: UInt64 = body.number(at: 2), let size: UInt64 = body.number(at: 10)
            else { return nil }
            return (address, size)
        }
    }
}
