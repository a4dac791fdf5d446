/// Reads an index that `IndexWriter` wrote, and believes none of it that the file's size speaks against.
struct IndexReader {
    /// The bytes make no sense.
    struct Failure: Error {}

    private var rest: ArraySlice<UInt8>
    private let fileSize: UInt64

    init(_ bytes: [UInt8], fileSize: UInt64) {
        rest = bytes[...]
        self.fileSize = fileSize
    }

    mutating func number() throws(Failure) -> UInt64 {
        guard rest.count >= 8 else { throw Failure() }
        let number = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        rest = rest.dropFirst(8)
        return number
    }

    mutating func integer() throws(Failure) -> Int { Int(truncatingIfNeeded: try number()) }

    mutating func content() throws(Failure) -> [UInt8] {
        guard let count = Int(exactly: try number()), count <= rest.count else { throw Failure() }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func text() throws(Failure) -> String { String(decoding: try content(), as: UTF8.self) }

    mutating func list<Element>(
        _ each: (inout IndexReader) throws(Failure) -> Element
    ) throws(Failure) -> [Element] {
        // Every element has eight bytes at least.
        guard let count = Int(exactly: try number()), count <= rest.count / 8 else { throw Failure() }
        var list: [Element] = []
        list.reserveCapacity(count)
        for _ in 0..<count { list.append(try each(&self)) }
        return list
    }

    private mutating func result<Value>(
        _ each: (inout IndexReader) throws(Failure) -> Value
    ) throws(Failure) -> Result<Value, Fault> {
        try number() == 0 ? .success(try each(&self)) : .failure(try fault())
    }

    mutating func fault() throws(Failure) -> Fault {
        let kind = try integer()
        guard HDF5Error.Kind.allCases.indices.contains(kind) else { throw Failure() }
        var fault = Fault(HDF5Error.Kind.allCases[kind], try text())
        fault.libraryMessage = try list { reader throws(Failure) in try reader.text() }.first
        return fault
    }

    /// What a process has to say of a file.
    enum Answer {
        /// With what tells the file from any other.
        case index(FileIndex, summary: [UInt64])
        case fault(Fault, object: String?)
    }

    mutating func answer() throws(Failure) -> Answer {
        let answer: Answer
        switch try number() {
        case 0:
            let summary = try list { reader throws(Failure) in try reader.number() }
            answer = .index(try index(), summary: summary)
        case 1:
            let object = try list { reader throws(Failure) in try reader.text() }.first
            answer = .fault(try fault(), object: object)
        default: throw Failure()
        }
        guard try number() == IndexWriter.endMark, rest.isEmpty else { throw Failure() }
        return answer
    }

    mutating func index() throws(Failure) -> FileIndex {
        let objects = try list { reader throws(Failure) in try reader.object() }
        guard !objects.isEmpty else { throw Failure() }
        for case .group(.success(let links)) in objects {
            for link in links {
                if case .object(let number) = link.target, !objects.indices.contains(number) { throw Failure() }
            }
        }
        var index = FileIndex(objects: objects)
        index.base = try number()
        guard index.base <= fileSize else { throw Failure() }
        let attributes = try list { reader throws(Failure) in
            let number = try reader.integer()
            let attributes = try reader.result { reader throws(Failure) in
                try reader.list { reader throws(Failure) in
                    StoredAttribute(
                        name: try reader.content(),
                        value: try reader.result { reader throws(Failure) in try reader.attributeValue() })
                }
            }
            return (number, attributes)
        }
        index.attributes = Dictionary(attributes, uniquingKeysWith: { first, _ in first })
        return index
    }

    private mutating func attributeValue() throws(Failure) -> StoredAttribute.Value {
        let lengths = try list { reader throws(Failure) in try reader.number() }
        let kind = try number()
        func shape(_ elementByteCount: Int) throws(Failure) -> DatasetShape {
            guard elementByteCount > 0 else { throw Failure() }
            return try checked { () throws(Fault) in
                try DatasetShape(claimed: lengths, elementByteCount: elementByteCount)
            }
        }
        if kind == 0 {
            let format = try format()
            let (shape, bytes) = (try shape(format.type.byteCount), try content())
            guard bytes.count == shape.byteCount else { throw Failure() }
            return StoredAttribute.Value(shape: shape, content: .numbers(format, bytes))
        }
        let isUTF8 = try number() == 1
        if kind == 3 {
            let (shape, bytes) = (try shape(16), try content())
            guard bytes.count == shape.byteCount else { throw Failure() }
            return StoredAttribute.Value(shape: shape, content: .references(bytes, isUTF8: isUTF8))
        }
        var form = HDF5StringForm.variable(isUTF8: isUTF8)
        if kind == 2 {
            let byteCount = try integer()
            guard let padding = HDF5StringForm.Padding(rawValue: UInt8(truncatingIfNeeded: try number())) else {
                throw Failure()
            }
            form = .fixed(byteCount: byteCount, padding: padding, isUTF8: isUTF8)
        } else if kind != 1 {
            throw Failure()
        }
        let strings = try list { reader throws(Failure) in try reader.content() }
        let shape = if case .fixed(let byteCount, _, _) = form { try shape(byteCount) } else { try shape(16) }
        guard strings.count == shape.elementCount else { throw Failure() }
        return StoredAttribute.Value(shape: shape, content: .strings(strings, form))
    }

    private mutating func format() throws(Failure) -> ElementFormat {
        let type: HDF5ElementType
        switch try integer() {
        case 0: type = .float16
        case 1: type = .float32
        case 2: type = .float64
        case let bits where [-8, -16, -32, -64].contains(bits): type = .integer(bits: -bits, signed: true)
        case let bits where [108, 116, 132, 164].contains(bits): type = .integer(bits: bits - 100, signed: false)
        default: throw Failure()
        }
        return ElementFormat(type: type, isBigEndian: try number() == 1)
    }

    private mutating func object() throws(Failure) -> FileIndex.Object {
        switch try number() {
        case 0:
            return .group(
                try result { reader throws(Failure) in
                    try reader.list { reader throws(Failure) in try reader.link() }
                })
        case 1:
            let numbers = try result { reader throws(Failure) in try reader.numbers() }
            let text = try list { reader throws(Failure) in
                try reader.result { reader throws(Failure) in try reader.text() }
            }
            return .dataset(FileIndex.Dataset(numbers: numbers, text: text.first))
        case 2: return .other(reason: try text())
        default: throw Failure()
        }
    }

    private mutating func link() throws(Failure) -> FileIndex.Link {
        let name = try content()
        switch try number() {
        case 0: return FileIndex.Link(name: name, target: .object(try integer()))
        case 1: return FileIndex.Link(name: name, target: .refused(reason: try text()))
        case 2: return FileIndex.Link(name: name, target: .broken(try fault()))
        default: throw Failure()
        }
    }

    /// Made anew from what is told, with all checks.
    private mutating func numbers() throws(Failure) -> StoredNumbers {
        let lengths = try list { reader throws(Failure) in try reader.number() }
        let format = try format()
        let storedByteCount = try number()
        let shape = try checked { () throws(Fault) in
            try DatasetShape(claimed: lengths, elementByteCount: format.type.byteCount)
        }
        let (layout, fill) = try layout(of: shape, storedByteCount: storedByteCount)
        let fileSize = fileSize
        return try checked { () throws(Fault) in
            try StoredNumbers(shape: shape, format: format, layout: layout, fill: fill, fileSize: fileSize)
        }
    }

    private mutating func layout(
        of shape: DatasetShape, storedByteCount: UInt64
    ) throws(Failure) -> (StoredNumbers.Layout, StoredNumbers.FillValue) {
        switch try number() {
        case 0: return (.contiguous(offset: try number(), byteCount: storedByteCount), .standard)
        case 1: return (.inHeader(try content()), .standard)
        case 2: return (.contiguous(offset: nil, byteCount: 0), .value(try content()))
        case 3:
            let lengths = try list { reader throws(Failure) in try reader.number() }
            let numbers = try list { reader throws(Failure) in try reader.integer() }
            let grid = try checked { () throws(Fault) in try ChunkGrid(lengths: lengths, of: shape) }
            let filters = try checked { () throws(Fault) in try ChunkFilter.filters(numbered: numbers) }
            var number = 0
            let chunks = try list { reader throws(Failure) in
                defer { number += 1 }
                return ChunkGrid.Chunk(
                    number: number, offset: try reader.number(), byteCount: try reader.number(),
                    skippedFilters: UInt32(truncatingIfNeeded: try reader.number()))
            }
            return (.chunked(grid: grid, filters: filters, chunks: chunks), .standard)
        default: throw Failure()
        }
    }

    private func checked<Value>(_ step: () throws(Fault) -> Value) throws(Failure) -> Value {
        do throws(Fault) { return try step() } catch { throw Failure() }
    }
}
