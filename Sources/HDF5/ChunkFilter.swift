import CZlib

/// What was done to the bytes of a chunk before they were stored.
enum ChunkFilter: UInt16, Equatable, Sendable {
    // The numbers are those of the format (H5Z_FILTER_DEFLATE and so on).
    case deflate = 1
    case shuffle = 2
    case fletcher32 = 3

    /// The filters with these numbers; throws `.unsupported` for those that are not known here.
    static func filters(numbered numbers: [Int]) throws(Fault) -> [ChunkFilter] {
        var filters: [ChunkFilter] = []
        for number in numbers {
            guard let filter = UInt16(exactly: number).flatMap(ChunkFilter.init) else {
                throw Fault(
                    .unsupported,
                    "is packed with the filter \(name(of: number)), expected gzip, shuffle or fletcher32; "
                        + "unpack it with 'h5repack -f NONE in.h5 out.h5'")
            }
            guard !filters.contains(filter) else {
                throw Fault(.unsupported, "is packed twice with the filter \(name(of: number))")
            }
            filters.append(filter)
        }
        return filters
    }

    private static func name(of number: Int) -> String {
        switch number {
        case 1: "gzip"
        case 2: "shuffle"
        case 3: "fletcher32"
        case 4: "szip"
        case 5: "nbit"
        case 6: "scaleoffset"
        // From the register of filters that The HDF Group keeps.
        case 305: "lzo"
        case 307: "bzip2"
        case 32000: "lzf"
        case 32001: "blosc"
        case 32004: "lz4"
        case 32008: "bitshuffle"
        case 32013: "zfp"
        case 32015: "zstd"
        case 32026: "blosc2"
        default: "number \(number)"
        }
    }
}

extension ChunkTable {
    /// Undoes the filters of a chunk.
    ///
    /// - Parameter stored: the bytes of the chunk in the file.
    /// - Returns: exactly the bytes of a chunk without filters.
    /// - Throws: `.damaged` when that is not what comes out.
    func unpack(_ stored: [UInt8], of chunk: ChunkGrid.Chunk, elementByteCount: Int) throws(Fault) -> [UInt8] {
        var bytes = stored
        for (index, filter) in filters.enumerated().reversed() where chunk.skippedFilters >> index & 1 == 0 {
            switch filter {
            case .deflate:
                // A checksum that was added before is packed with the rest.
                let added = filters[..<index].enumerated().contains {
                    $1 == .fletcher32 && chunk.skippedFilters >> $0 & 1 == 0
                }
                bytes = try inflate(bytes, to: grid.byteCount + (added ? 4 : 0))
            case .shuffle: bytes = Self.unshuffle(bytes, elementByteCount: elementByteCount)
            case .fletcher32: bytes = try Self.verified(bytes)
            }
        }
        guard bytes.count == grid.byteCount else {
            throw Fault(
                .damaged, "has a chunk of \(bytes.count) bytes, expected \(grid.byteCount); is the file damaged?")
        }
        return bytes
    }

    private func inflate(_ packed: [UInt8], to count: Int) throws(Fault) -> [UInt8] {
        var status = Z_OK
        var message = ""
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var length = uLongf(count)
            status = packed.withUnsafeBufferPointer {
                uncompress(buffer.baseAddress, &length, $0.baseAddress, uLong($0.count))
            }
            filled = status == Z_OK ? min(Int(length), count) : 0
            if status == Z_OK, filled < count { message = "gives \(filled) bytes, expected \(count)" }
        }
        switch status {
        case Z_OK: break
        case Z_BUF_ERROR: message = "gives more than \(count) bytes, or is cut short"
        case Z_MEM_ERROR: message = "finds no memory to be unpacked in"
        default: message = "is no sound gzip data"
        }
        guard message.isEmpty else {
            throw Fault(.damaged, "cannot be read: a chunk \(message); is the file damaged?")
        }
        return bytes
    }

    /// The first bytes of all elements came first, then their second bytes, and so on; what is left over stands behind.
    private static func unshuffle(_ bytes: [UInt8], elementByteCount size: Int) -> [UInt8] {
        let count = bytes.count / size
        guard size > 1, count > 1 else { return bytes }
        return [UInt8](unsafeUninitializedCapacity: bytes.count) { result, filled in
            bytes.withUnsafeBufferPointer { bytes in
                for byte in 0..<size {
                    let source = byte * count
                    for index in 0..<count { result[index * size + byte] = bytes[source + index] }
                }
                for index in (count * size)..<bytes.count { result[index] = bytes[index] }
            }
            filled = bytes.count
        }
    }

    /// The bytes without the checksum behind them, which must be theirs.
    private static func verified(_ bytes: [UInt8]) throws(Fault) -> [UInt8] {
        guard bytes.count >= 4 else {
            throw Fault(.damaged, "cannot be read: a chunk is shorter than its checksum; is the file damaged?")
        }
        let content = bytes.dropLast(4)
        let stored = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let sum = fletcher32(content)
        // Libraries before 1.6.3 stored it with the bytes of each half exchanged.
        let exchanged = (sum & 0x00FF_00FF) << 8 | (sum >> 8) & 0x00FF_00FF
        guard stored == sum || stored == exchanged else {
            throw Fault(
                .damaged, "cannot be read: a chunk does not have its Fletcher-32 checksum; is the file damaged?")
        }
        return Array(content)
    }

    /// The checksum as libhdf5 has it (H5checksum.c): words of two bytes, the high one first.
    private static func fletcher32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBufferPointer { bytes in
            var (first, second) = (UInt32(0), UInt32(0))
            let words = bytes.count / 2
            var word = 0
            while word < words {
                // As many as can be added before the sums leave 32 bits.
                let end = min(word + 360, words)
                while word < end {
                    first &+= UInt32(bytes[word * 2]) << 8 | UInt32(bytes[word * 2 + 1])
                    second &+= first
                    word += 1
                }
                first = (first & 0xFFFF) &+ (first >> 16)
                second = (second & 0xFFFF) &+ (second >> 16)
            }
            if bytes.count % 2 == 1 {
                first &+= UInt32(bytes[bytes.count - 1]) << 8
                second &+= first
                first = (first & 0xFFFF) &+ (first >> 16)
                second = (second & 0xFFFF) &+ (second >> 16)
            }
            first = (first & 0xFFFF) &+ (first >> 16)
            second = (second & 0xFFFF) &+ (second >> 16)
            return second << 16 | first
        }
    }
}
