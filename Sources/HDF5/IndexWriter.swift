/// Writes an index as bytes, for the way from the process that made it; `IndexReader` reads it.
///
/// Numbers have eight bytes, the low one first; lists and bytes come behind their count.
struct IndexWriter {
    /// Stands behind an answer, and tells that all of it came.
    static let endMark: UInt64 = 0x646E_6520_7864_6E69

    private(set) var bytes: [UInt8] = []

    mutating func write(_ number: some BinaryInteger) {
        withUnsafeBytes(of: UInt64(truncatingIfNeeded: number).littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ content: [UInt8]) {
        write(content.count)
        bytes.append(contentsOf: content)
    }

    mutating func write(_ text: String) { write(Array(text.utf8)) }

    mutating func write<Element>(_ list: [Element], _ each: (inout IndexWriter, Element) -> Void) {
        write(list.count)
        for element in list { each(&self, element) }
    }

    mutating func write<Value>(_ result: Result<Value, Fault>, _ each: (inout IndexWriter, Value) -> Void) {
        switch result {
        case .success(let value):
            write(0)
            each(&self, value)
        case .failure(let fault):
            write(1)
            write(fault)
        }
    }

    mutating func write(_ fault: Fault) {
        write(HDF5Error.Kind.allCases.firstIndex(of: fault.kind) ?? 0)
        write(fault.message)
        write(fault.libraryMessage.map { [$0] } ?? []) { $0.write($1) }
    }

    /// The whole answer: the index, and what tells the file from any other.
    static func answer(_ index: FileIndex, summary: [UInt64]) -> [UInt8] {
        var writer = IndexWriter()
        writer.write(0)
        writer.write(summary) { $0.write($1) }
        writer.write(index)
        writer.write(endMark)
        return writer.bytes
    }

    /// The whole answer: why there is no index.
    static func answer(_ error: HDF5Error) -> [UInt8] {
        var writer = IndexWriter()
        writer.write(1)
        writer.write(error.object.map { [$0] } ?? []) { $0.write($1) }
        writer.write(Fault(error))
        writer.write(endMark)
        return writer.bytes
    }

    mutating func write(_ index: FileIndex) {
        write(index.objects) { writer, object in
            switch object {
            case .group(let links):
                writer.write(0)
                writer.write(links) { writer, links in writer.write(links) { $0.write($1) } }
            case .dataset(let dataset):
                writer.write(1)
                writer.write(dataset.numbers) { $0.write($1) }
                writer.write(dataset.text.map { [$0] } ?? []) { writer, text in writer.write(text) { $0.write($1) } }
            case .other(let reason):
                writer.write(2)
                writer.write(reason)
            }
        }
        writeAttributes(of: index)
    }

    private mutating func writeAttributes(of index: FileIndex) {
        write(index.base)
        write(index.attributes.sorted { $0.key < $1.key }) { writer, entry in
            writer.write(entry.key)
            writer.write(entry.value) { writer, attributes in
                writer.write(attributes) { writer, attribute in
                    writer.write(attribute.name)
                    writer.write(attribute.value) { $0.write($1) }
                }
            }
        }
    }

    private mutating func write(_ value: StoredAttribute.Value) {
        write(value.shape.lengths) { $0.write($1) }
        switch value.content {
        case .numbers(let format, let bytes):
            write(0)
            write(format)
            write(bytes)
        case .strings(let strings, .variable(let isUTF8)):
            write(1)
            write(isUTF8 ? 1 : 0)
            write(strings) { $0.write($1) }
        case .strings(let strings, .fixed(let byteCount, let padding, let isUTF8)):
            write(2)
            write(isUTF8 ? 1 : 0)
            write(byteCount)
            write(padding.rawValue)
            write(strings) { $0.write($1) }
        case .references(let bytes, let isUTF8):
            write(3)
            write(isUTF8 ? 1 : 0)
            write(bytes)
        }
    }

    private mutating func write(_ format: ElementFormat) {
        switch format.type {
        case .float16: write(0)
        case .float32: write(1)
        case .float64: write(2)
        case .integer(let bits, let signed): write(signed ? -bits : bits + 100)
        }
        write(format.isBigEndian ? 1 : 0)
    }

    private mutating func write(_ link: FileIndex.Link) {
        write(link.name)
        switch link.target {
        case .object(let number):
            write(0)
            write(number)
        case .refused(let reason):
            write(1)
            write(reason)
        case .broken(let fault):
            write(2)
            write(fault)
        }
    }

    private mutating func write(_ numbers: StoredNumbers) {
        write(numbers.shape.lengths) { $0.write($1) }
        write(numbers.format)
        write(numbers.storedByteCount)
        switch numbers.storage {
        case .contiguous(let offset):
            write(0)
            write(offset)
        case .inHeader(let bytes):
            write(1)
            write(bytes)
        case .fill(let bytes):
            write(2)
            write(bytes)
        case .chunked(let table):
            write(3)
            write(table.grid.lengths) { $0.write($1) }
            write(table.filters) { $0.write($1.rawValue) }
            write(table.chunks) { writer, chunk in
                writer.write(chunk.offset)
                writer.write(chunk.byteCount)
                writer.write(chunk.skippedFilters)
            }
        }
    }
}
