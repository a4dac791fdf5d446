/// What the messages of an object's header tell (File Format Specification, IV.A.2).
struct ObjectParts {
    /// Why a message cannot be what it should.
    struct Damage: Error {
        var what: String

        init(_ what: String) { self.what = what }
    }

    /// Where the links of a group are: their order in a B-tree, their names in a heap.
    struct SymbolTable {
        var tree: UInt64
        var heap: UInt64
    }

    enum Layout {
        case inHeader([UInt8])
        /// The address is undefined when nothing was stored.
        case contiguous(address: UInt64, byteCount: UInt64)
        case chunked(lengths: [UInt64], elementByteCount: UInt32, tree: UInt64)
    }

    struct Filter {
        var number: Int
        /// The first of the values that it was set up with.
        var firstValue: UInt32?
    }

    private(set) var symbols: SymbolTable?
    private(set) var lengths: [UInt64]?
    private(set) var format: ElementFormat?
    private(set) var layout: Layout?
    private(set) var filters: [Filter] = []
    private var fillValue: StoredNumbers.FillValue?
    private var oldFillValue: StoredNumbers.FillValue?
    /// The types of messages that were taken, each a bit.
    private var seen: UInt32 = 0

    /// What elements are that were never written.
    var fill: StoredNumbers.FillValue { fillValue ?? oldFillValue ?? .standard }

    /// Takes a message of a header.
    ///
    /// - Returns: whether it is one that is known here.
    mutating func take(_ message: EarliestFormat.Message) throws(Damage) -> Bool {
        switch message.type {
        // Nothing, attributes (which are read elsewhere), comments, times, counts of links: what a reader of numbers can do without.
        case 0x00, 0x0C, 0x0D, 0x0E, 0x12, 0x16: return true
        default: break
        }
        // A shared message only tells where the real one is. No type that is known has a number beyond 31.
        guard message.flags & 2 == 0, message.type < 32, seen & 1 << message.type == 0 else { return false }
        seen |= 1 << message.type
        let body = message.body
        switch message.type {
        case 0x01:
            lengths = try Self.lengths(body)
            return lengths != nil
        case 0x03:
            format = try Self.format(body)
            return format != nil
        case 0x04:
            oldFillValue = try Self.value(in: body, at: 0)
            return true
        case 0x05:
            fillValue = try Self.fillValue(body)
            return fillValue != nil
        case 0x08:
            layout = try Self.layout(body)
            return layout != nil
        case 0x0B:
            guard let filters = try Self.filters(body) else { return false }
            self.filters = filters
            return true
        case 0x11:
            symbols = SymbolTable(
                tree: try Self.need(body.number(at: 0), "group"), heap: try Self.need(body.number(at: 8), "group"))
            return true
        default: return false
        }
    }

    /// What a message must have.
    private static func need<Value>(_ value: Value?, _ what: String) throws(Damage) -> Value {
        guard let value else { throw Damage("has a \(what) message that ends too early") }
        return value
    }

    /// The dataspace message: a scalar or the lengths of axes.
    static func lengths(_ body: MetadataBlock) throws(Damage) -> [UInt64]? {
        let version: UInt8 = try need(body.number(at: 0), "dataspace")
        let rank: UInt8 = try need(body.number(at: 1), "dataspace")
        let flags: UInt8 = try need(body.number(at: 2), "dataspace")
        let start: Int
        switch version {
        case 1: start = 8
        // Of version 2, a byte tells scalars (0) and arrays (1) from nothing at all.
        case 2:
            guard body.number(at: 3, as: UInt8.self) == (rank == 0 ? 0 : 1) else { return nil }
            start = 4
        default: return nil
        }
        guard rank <= 32 else { throw Damage("claims \(rank) axes, but at most 32 are possible") }
        let needed = start + Int(rank) * (flags & 1 == 0 ? 8 : 16)
        guard needed <= body.byteCount else { throw Damage("has a dataspace message that ends too early") }
        var lengths: [UInt64] = []
        lengths.reserveCapacity(Int(rank))
        for axis in 0..<Int(rank) { lengths.append(body.number(at: start + axis * 8) ?? 0) }
        return lengths
    }

    /// The datatype message: integers and IEEE numbers of every size that is read.
    static func format(_ body: MetadataBlock) throws(Damage) -> ElementFormat? {
        let kind: UInt8 = try need(body.number(at: 0), "datatype")
        let bits: UInt16 = try need(body.number(at: 1), "datatype")
        let size: UInt32 = try need(body.number(at: 4), "datatype")
        guard 1...3 ~= kind >> 4 else { return nil }
        let isBigEndian = bits & 1 == 1
        switch kind & 0xF {
        case 0:
            let properties = try need(body.part(at: 8, count: 4), "datatype")
            // Bits 1 and 2 tell what unused bits are; there are none. The first used bit is 0.
            guard [1, 2, 4, 8].contains(size), properties.number(at: 0, as: UInt16.self) == 0,
                properties.number(at: 2, as: UInt16.self) == UInt16(size) * 8
            else { return nil }
            return ElementFormat(
                type: .integer(bits: Int(size) * 8, signed: bits & 8 != 0), isBigEndian: size > 1 && isBigEndian)
        case 1:
            let properties = try need(body.part(at: 8, count: 12), "datatype")
            // Bit 6 tells the VAX's order; 2 in bits 4 and 5 the leading bit that is implied; above are the sign's place.
            guard bits & 0x70 == 0x20,
                let match = floats.first(where: {
                    $0.size == size && bits >> 8 == $0.sign && properties.equals($0.properties)
                })
            else { return nil }
            return ElementFormat(type: match.type, isBigEndian: isBigEndian)
        default: return nil
        }
    }

    // First bit and number of bits, of the exponent and of the mantissa, and the bias of the exponent.
    static let floats: [(size: UInt32, sign: UInt16, type: HDF5ElementType, properties: [UInt8])] = [
        (4, 31, .float32, [0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0]),
        (8, 63, .float64, [0, 0, 64, 0, 52, 11, 0, 52, 0xFF, 0x03, 0, 0]),
        (2, 15, .float16, [0, 0, 16, 0, 10, 5, 0, 10, 15, 0, 0, 0]),
    ]

    /// The layout message of version 3.
    private static func layout(_ body: MetadataBlock) throws(Damage) -> Layout? {
        let version: UInt8 = try need(body.number(at: 0), "layout")
        let kind: UInt8 = try need(body.number(at: 1), "layout")
        guard version == 3 else { return nil }
        switch kind {
        case 0:
            let size: UInt16 = try need(body.number(at: 2), "layout")
            return .inHeader(try need(body.part(at: 4, count: Int(size)), "layout").array)
        case 1:
            return .contiguous(
                address: try need(body.number(at: 2), "layout"), byteCount: try need(body.number(at: 10), "layout"))
        case 2:
            // One more than axes: the last length is that of an element in bytes.
            let count: UInt8 = try need(body.number(at: 2), "layout")
            guard 2...33 ~= count else { throw Damage("claims chunks of \(count) axes") }
            let tree: UInt64 = try need(body.number(at: 3), "layout")
            var lengths: [UInt64] = []
            for axis in 0..<Int(count) - 1 {
                let length: UInt32 = try need(body.number(at: 11 + axis * 4), "layout")
                lengths.append(UInt64(length))
            }
            let size: UInt32 = try need(body.number(at: 11 + (Int(count) - 1) * 4), "layout")
            return .chunked(lengths: lengths, elementByteCount: size, tree: tree)
        default: return nil
        }
    }

    /// The fill value message of versions 1 to 3.
    private static func fillValue(_ body: MetadataBlock) throws(Damage) -> StoredNumbers.FillValue? {
        let version: UInt8 = try need(body.number(at: 0), "fill value")
        let isNeverWritten: Bool
        let value: StoredNumbers.FillValue
        switch version {
        case 1, 2:
            isNeverWritten = try need(body.number(at: 2, as: UInt8.self), "fill value") == 1
            let isDefined = try need(body.number(at: 3, as: UInt8.self), "fill value") != 0
            value = isDefined ? try self.value(in: body, at: 4) : .undefined
        case 3:
            let flags: UInt8 = try need(body.number(at: 1), "fill value")
            isNeverWritten = flags >> 2 & 3 == 1
            value = flags & 0x10 != 0 ? .undefined : flags & 0x20 != 0 ? try self.value(in: body, at: 2) : .standard
        default: return nil
        }
        return isNeverWritten ? .undefined : value
    }

    /// A size and as many bytes.
    private static func value(in body: MetadataBlock, at offset: Int) throws(Damage) -> StoredNumbers.FillValue {
        let size: UInt32 = try need(body.number(at: offset), "fill value")
        // A negative size means that there is none.
        guard Int32(bitPattern: size) >= 0 else { return .undefined }
        if size == 0 { return .standard }
        return .value(try need(body.part(at: offset + 4, count: Int(size)), "fill value").array)
    }

    /// The filter message of version 1.
    private static func filters(_ body: MetadataBlock) throws(Damage) -> [Filter]? {
        guard try need(body.number(at: 0, as: UInt8.self), "filter") == 1 else { return nil }
        let count: UInt8 = try need(body.number(at: 1), "filter")
        guard count <= 32 else { throw Damage("claims \(count) filters, but at most 32 are possible") }
        var position = 8
        var filters: [Filter] = []
        for _ in 0..<count {
            let number: UInt16 = try need(body.number(at: position), "filter")
            let nameLength: UInt16 = try need(body.number(at: position + 2), "filter")
            let valueCount: UInt16 = try need(body.number(at: position + 6), "filter")
            // Names are padded to a multiple of eight, and an odd number of values by one more.
            position += 8 + (Int(nameLength) + 7) / 8 * 8
            let firstValue: UInt32? = valueCount > 0 ? try need(body.number(at: position), "filter") : nil
            position += (Int(valueCount) + 1) / 2 * 8
            guard position <= body.byteCount else { throw Damage("has a filter message that ends too early") }
            filters.append(Filter(number: Int(number), firstValue: firstValue))
        }
        return filters
    }
}
