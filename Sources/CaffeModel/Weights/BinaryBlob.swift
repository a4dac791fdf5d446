import Files
import Frontend
import NetGraph
import ProtobufWire

/// One blob of a `.caffemodel`: its shape, and where its numbers lie.
struct BinaryBlob {
    /// What the numbers are stored as.
    enum Numbers {
        case floats(RepeatedScalars<Float>)
        case doubles(RepeatedScalars<Double>)
        /// Little-endian numbers of a format in one byte string: NVCaffe's `raw_data`.
        case raw(ElementType, WireField)
    }

    let field: WireField
    let message: WireMessage
    let shape: [Int]
    let numbers: Numbers

    /// Whether its shape is told by (num, channels, height, width).
    var hasLegacyShape: Bool {
        message.lastField(CaffeSchema.Blob.shape) == nil
            && CaffeSchema.Blob.legacyShape.contains { message.lastField($0) != nil }
    }

    var elementType: ElementType {
        switch numbers {
        case .floats: .float32
        case .doubles: .float64
        case .raw(let type, _): type
        }
    }

    /// Reads everything but the numbers.
    ///
    /// - Parameter place: what messages call the blob.
    init(_ field: WireField, in source: FileByteSource, place: String) throws(ModelError) {
        self.field = field
        do throws(WireError) {
            message = try WireMessage(indexing: field, of: source)
            numbers = try Self.numbers(of: message, in: source)
        } catch {
            throw ModelError(error)
        }
        shape = try Self.shape(of: message, in: source, place: place, count: numbers.count)
    }

    /// Reads consecutive numbers.
    func read<Element: WeightElement>(
        from start: Int, of source: FileByteSource, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WireError) {
        let range = start..<start + buffer.count
        switch numbers {
        case .floats(let scalars):
            if let floats = buffer as? UnsafeMutableBufferPointer<Float> {
                try scalars.read(elements: range, of: source, into: floats)
            } else {
                try Self.convert(range, into: buffer) { (part, memory) throws(WireError) in
                    try scalars.read(elements: part, of: source, into: memory)
                }
            }
        case .doubles(let scalars):
            if let doubles = buffer as? UnsafeMutableBufferPointer<Double> {
                try scalars.read(elements: range, of: source, into: doubles)
            } else {
                try Self.convert(range, into: buffer) { (part, memory) throws(WireError) in
                    try scalars.read(elements: part, of: source, into: memory)
                }
            }
        case .raw(let type, let field):
            try readRaw(type, field, range, of: source, into: buffer)
        }
    }

    /// Goes through a small block of the stored type.
    private static func convert<Stored: WeightElement, Element: WeightElement>(
        _ range: Range<Int>, into buffer: UnsafeMutableBufferPointer<Element>,
        _ read: (Range<Int>, UnsafeMutableBufferPointer<Stored>) throws(WireError) -> Void
    ) throws(WireError) {
        let block = UnsafeMutableBufferPointer<Stored>.allocate(capacity: min(max(range.count, 1), 1 << 14))
        block.initialize(repeating: 0)
        defer { block.deallocate() }
        var position = range.lowerBound
        while position < range.upperBound {
            let part = position..<min(position + block.count, range.upperBound)
            try read(part, UnsafeMutableBufferPointer(rebasing: block[..<part.count]))
            for index in 0..<part.count { buffer[position - range.lowerBound + index] = Element(block[index]) }
            position = part.upperBound
        }
    }

    private func readRaw<Element: WeightElement>(
        _ type: ElementType, _ field: WireField, _ range: Range<Int>, of source: FileByteSource,
        into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WireError) {
        let size = type.byteCount
        var position = range.lowerBound
        while position < range.upperBound {
            let part = position..<min(position + 1 << 14, range.upperBound)
            let start = field.payload.lowerBound
            let bytes = try source.bytes(in: start + part.lowerBound * size..<start + part.upperBound * size)
            bytes.withUnsafeBytes { bytes in
                for index in 0..<part.count {
                    let number: Element =
                        switch type {
                        case .float16:
                            Element(
                                HalfPrecision.double(
                                    UInt16(
                                        littleEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))))
                        case .float32:
                            Element(
                                Float(
                                    bitPattern: UInt32(
                                        littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))))
                        case .float64:
                            Element(
                                Double(
                                    bitPattern: UInt64(
                                        littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))))
                        }
                    buffer[part.lowerBound - range.lowerBound + index] = number
                }
            }
            position = part.upperBound
        }
    }

    private static func numbers(of message: WireMessage, in source: FileByteSource) throws(WireError) -> Numbers {
        if let raw = message.lastField(CaffeSchema.Blob.rawData, .lengthDelimited), raw.payload.count > 0 {
            let code =
                try message.int32(CaffeSchema.Blob.rawType, in: source).map(Int.init) ?? CaffeSchema.RawType.float
            let types: [Int: ElementType] = [
                CaffeSchema.RawType.double: .float64, CaffeSchema.RawType.float: .float32,
                CaffeSchema.RawType.half: .float16,
            ]
            guard let type = types[code], raw.payload.count.isMultiple(of: type.byteCount) else {
                throw WireError(
                    path: source.path, offset: raw.range.lowerBound,
                    message:
                        "the blob has \(raw.payload.count) bytes of raw data of type \(code); expected type 0 (double), 1 (float) or 2 (fp16) and a whole count of numbers"
                )
            }
            return .raw(type, raw)
        }
        let doubles = try message.scalars(CaffeSchema.Blob.doubleData, as: Double.self, in: source)
        if doubles.elementCount > 0 { return .doubles(doubles) }
        return .floats(try message.scalars(CaffeSchema.Blob.data, as: Float.self, in: source))
    }

    /// The `shape`, else the legacy (num, channels, height, width). Its product must be the number of numbers.
    private static func shape(
        of message: WireMessage, in source: FileByteSource, place: String, count: Int
    ) throws(ModelError) -> [Int] {
        var lengths: [Int64] = []
        do throws(WireError) {
            if let field = message.lastField(CaffeSchema.Blob.shape, .lengthDelimited) {
                let shape = try WireMessage(indexing: field, of: source)
                lengths = try shape.varints(CaffeSchema.Blob.dimensions, atMost: CaffeSchema.maximumAxes, in: source)
                    .map { Int64(truncatingIfNeeded: $0) }
            } else if CaffeSchema.Blob.legacyShape.contains(where: { message.lastField($0) != nil }) {
                for number in CaffeSchema.Blob.legacyShape {
                    lengths.append(Int64(try message.int32(number, in: source) ?? 0))
                }
            } else {
                lengths = count == 1 ? [] : [Int64(count)]
            }
        } catch {
            throw ModelError(error)
        }
        let shape = lengths.map { Int(clamping: $0) }
        guard shape.allSatisfy({ $0 >= 0 }), TensorShape(shape).elementCount(in: 0..<shape.count) == count else {
            throw ModelError(
                .malformed,
                "\(source.path): \(place) has the shape \(TensorShape.describe(shape)) but \(count) numbers; the file is damaged, or its numbers are in a form that is not known"
            )
        }
        return shape
    }
}

extension BinaryBlob.Numbers {
    var count: Int {
        switch self {
        case .floats(let scalars): scalars.elementCount
        case .doubles(let scalars): scalars.elementCount
        case .raw(let type, let field): field.payload.count / type.byteCount
        }
    }
}

extension ModelError {
    init(_ error: WireError) {
        guard let code = error.systemError else {
            self.init(.malformed, "\(error)")
            return
        }
        self.init(SystemError(code: code).isAboutTheFile ? .unreadable : .inputOutput, "\(error)")
    }
}
