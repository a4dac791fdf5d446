/// Reads the values that elements of variable length refer to, from the collections of the global heap (File Format Specification, III.E).
///
/// All of it is held against the file's size: the values of one attribute have no more bytes together than the file.
struct HeapStrings {
    private var window: MetadataWindow
    /// The collection that was needed last, and where its values lie. The values of an attribute follow each other.
    private var address: UInt64?
    private var places: [UInt32: (address: UInt64, byteCount: UInt64)] = [:]

    init(_ window: MetadataWindow) { self.window = window }

    /// The bytes that each element refers to, which has sixteen bytes: length, address of a collection, number in it.
    mutating func strings(_ references: MetadataBlock) throws(HDF5Error) -> [[UInt8]] {
        var strings: [[UInt8]] = []
        var left = window.size
        for start in stride(from: 0, to: references.byteCount, by: 16) {
            guard let length: UInt32 = references.number(at: start),
                let heap: UInt64 = references.number(at: start + 4),
                let number: UInt32 = references.number(at: start + 12)
            else { throw damaged }
            if length == 0 {
                strings.append([])
                continue
            }
            guard length <= left else { throw damaged }
            left -= UInt64(length)
            if address != heap { try list(heap) }
            guard let place = places[number], length <= place.byteCount,
                let value = try window.block(at: place.address, count: UInt64(length))
            else { throw damaged }
            // Some writers count the zero byte at the end of a string.
            strings.append(Array(value.array.prefix { $0 != 0 }))
        }
        return strings
    }

    /// Goes through a collection; number 0 is the free space behind the last value.
    private mutating func list(_ collection: UInt64) throws(HDF5Error) {
        address = nil
        places = [:]
        guard let head = try window.block(at: collection, count: 16), head.begins(with: "GCOL", version: 1),
            let size: UInt64 = head.number(at: 8), size <= window.size - collection
        else { throw damaged }
        var position: UInt64 = 16
        while position + 16 <= size {
            guard let value = try window.block(at: collection + position, count: 16),
                let number: UInt16 = value.number(at: 0), let byteCount: UInt64 = value.number(at: 8)
            else { throw damaged }
            if number == 0 { break }
            position += 16
            guard byteCount <= size - position else { throw damaged }
            places[UInt32(number)] = (collection + position, byteCount)
            // The next value begins at a multiple of eight.
            position += (byteCount + 7) / 8 * 8
        }
        address = collection
    }

    private var damaged: HDF5Error {
        window.place.error(.damaged, "refers to a string that is not in the file; is the file damaged?")
    }
}
