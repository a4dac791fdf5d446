import NetGraph
import ProtobufWire

/// A tensor of the file, without its numbers.
struct ONNXTensor: Hashable, Sendable {
    /// Where its numbers lie.
    enum Numbers: Hashable, Sendable {
        /// Little-endian, in the format of the type.
        case raw(WireField)
        case floats(RepeatedScalars<Float>)
        case doubles(RepeatedScalars<Double>)
        /// Varints in a field of this number.
        case varints(Int)
        case external(ONNXExternalPlace)
        /// Of a type whose numbers are not read, or text.
        case unread
        case none
    }

    var name: String
    var dimensions: [Int]
    var type: ONNXElementType
    var numbers: Numbers
    /// The field that holds the tensor, and those around it, outermost first.
    var field: WireField
    var enclosing: [WireField]
    var message: WireMessage
    var elementCount: Int

    /// The most axes that a tensor may have: more than any runtime knows.
    static let largestRank = 64

    /// Reads what there is to know of a tensor.
    ///
    /// - Throws: for dimensions whose product overflows, and for numbers that are more or fewer than these tell.
    init(_ field: WireField, enclosing: [WireField], in file: any ByteSource) throws(WireError) {
        let source = try field.source(in: file)
        let message = try WireMessage(indexing: field, of: source)
        self.field = field
        self.enclosing = enclosing
        self.message = message
        name = try message.string(ONNXSchema.Tensor.name, in: source) ?? ""
        let place = "tensor '\(name.inMessages)'"
        dimensions = try message.varints(
            ONNXSchema.Tensor.dimensions, atMost: Self.largestRank, in: source
        ).map { Int(Int64(bitPattern: $0)) }
        type = ONNXElementType(rawValue: Int(try message.int32(ONNXSchema.Tensor.type, in: source) ?? 0))
        guard dimensions.allSatisfy({ $0 >= 0 }), let count = TensorShape.elementCount(dimensions), count < 1 << 48
        else {
            throw WireError(
                path: file.path, offset: field.range.lowerBound,
                message:
                    "\(place) has the dimensions \(TensorShape.describe(dimensions)), which are negative or whose product overflows; is the file damaged?"
            )
        }
        elementCount = count
        guard message.lastField(ONNXSchema.Tensor.segment) == nil else {
            throw WireError(
                path: file.path, offset: field.range.lowerBound,
                message: "\(place) is stored in segments, which no known writer does and bnfold does not read")
        }
        numbers = try Self.numbers(of: message, type: type, source: source)
        if let found = Self.count(numbers, type: type), found != elementCount {
            throw WireError(
                path: file.path, offset: field.range.lowerBound,
                message:
                    "\(place) has the dimensions \(TensorShape.describe(dimensions)), that is \(elementCount) elements of \(type), but \(found) are stored; the file is damaged"
            )
        }
    }

    private static func numbers(
        of message: WireMessage, type: ONNXElementType, source: any ByteSource
    ) throws(WireError) -> Numbers {
        if try message.int32(ONNXSchema.Tensor.location, in: source) == 1 {
            return .external(try ONNXExternalPlace(message, in: source))
        }
        guard let byteCount = type.byteCount else { return .unread }
        if let raw = message.lastField(ONNXSchema.Tensor.raw, .lengthDelimited) {
            guard raw.payload.count.isMultiple(of: byteCount) else {
                throw WireError(
                    path: source.path, offset: raw.range.lowerBound,
                    message:
                        "\(raw.payload.count) bytes of raw data are no whole number of elements of \(type), which take \(byteCount) bytes each"
                )
            }
            return .raw(raw)
        }
        switch type {
        case .float32: return .floats(try message.scalars(ONNXSchema.Tensor.floats, as: Float.self, in: source))
        case .float64: return .doubles(try message.scalars(ONNXSchema.Tensor.doubles, as: Double.self, in: source))
        case .int64: return .varints(ONNXSchema.Tensor.longs)
        case .uint32, .uint64: return .varints(ONNXSchema.Tensor.unsignedLongs)
        default: return .varints(ONNXSchema.Tensor.integers)
        }
    }

    /// The number of elements that are stored; `nil` where only reading them tells.
    private static func count(_ numbers: Numbers, type: ONNXElementType) -> Int? {
        switch numbers {
        case .raw(let field): field.payload.count / (type.byteCount ?? 1)
        case .floats(let scalars): scalars.elementCount
        case .doubles(let scalars): scalars.elementCount
        case .varints, .external, .unread, .none: nil
        }
    }
}
