import Files

/// A reader of the heap in which values of variable length are kept (File Format Specification, III.E).
///
/// libhdf5 is not asked for them: versions in wide use trust the lengths and numbers that they find there, and a damaged
/// file then makes them read and write outside of their memory.
struct GlobalHeap {
    let descriptor: FileDescriptor
    let fileSize: UInt64
    /// Where the addresses in the file begin to count: the size of its user block.
    let baseAddress: UInt64
    let place: Place

    /// The bytes that one element refers to, for a file with addresses of eight bytes.
    ///
    /// - Parameters:
    ///   - offset: where the element is stored: the length of its value, the address of a collection of values, and the
    ///     number of the value in it.
    ///   - limit: the largest length that is read; a longer one is `.unsupported`.
    func value(ofElementAt offset: UInt64, limit: Int) throws(HDF5Error) -> [UInt8] {
        let element = try bytes(16, at: offset)
        let length = Self.number(element[0..<4])
        let address = Self.number(element[4..<12])
        let index = Self.number(element[12..<16])
        if length == 0 { return [] }
        guard length <= UInt64(limit) else {
            throw place.error(.unsupported, "holds a value of \(length) bytes, expected at most \(limit)")
        }
        let (start, overflow) = address.addingReportingOverflow(baseAddress)
        guard !overflow else { throw damaged }
        return try value(index, length: length, inCollectionAt: start)
    }

    /// Goes from value to value until the one with the number is found; number 0 is the free space behind the last one.
    private func value(_ index: UInt64, length: UInt64, inCollectionAt start: UInt64) throws(HDF5Error) -> [UInt8] {
        let header = try bytes(16, at: start)
        let collectionSize = Self.number(header[8..<16])
        guard header.starts(with: "GCOL".utf8), header[4] == 1, collectionSize <= fileSize - start else {
            throw damaged
        }
        var position: UInt64 = 16
        while position + 16 <= collectionSize {
            let valueHeader = try bytes(16, at: start + position)
            let found = Self.number(valueHeader[0..<2])
            let size = Self.number(valueHeader[8..<16])
            position += 16
            guard found != 0, size <= collectionSize - position else { throw damaged }
            if found == index {
                guard length <= size else { throw damaged }
                return try bytes(Int(length), at: start + position)
            }
            // The next value begins at a multiple of eight.
            position += (size + 7) / 8 * 8
        }
        throw damaged
    }

    private var damaged: HDF5Error {
        place.error(.damaged, "refers to a value that is not in the file; is the file damaged?")
    }

    /// Bytes that must be in the file: throws `.damaged` unless they are.
    private func bytes(_ count: Int, at offset: UInt64) throws(HDF5Error) -> [UInt8] {
        guard offset <= fileSize, UInt64(count) <= fileSize - offset else { throw damaged }
        var bytes = [UInt8](repeating: 0, count: count)
        let done: Int
        do {
            done = try bytes.withUnsafeMutableBytes { buffer throws(SystemError) in
                try descriptor.read(into: buffer, at: offset)
            }
        } catch {
            throw place.error(.ioFailed, "cannot be read: \(error)")
        }
        guard done == count else {
            throw place.error(.ioFailed, "cannot be read: the file has become shorter since it was opened")
        }
        return bytes
    }

    /// A little-endian number of at most eight bytes.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
