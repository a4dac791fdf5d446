import NetGraph

/// What a tensor is made of: the codes of `TensorProto.DataType`.
struct ONNXElementType: RawRepresentable, Hashable, Sendable {
    let rawValue: Int

    static let unknown = Self(rawValue: 0)
    static let float32 = Self(rawValue: 1)
    static let uint8 = Self(rawValue: 2)
    static let int8 = Self(rawValue: 3)
    static let uint16 = Self(rawValue: 4)
    static let int16 = Self(rawValue: 5)
    static let int32 = Self(rawValue: 6)
    static let int64 = Self(rawValue: 7)
    static let string = Self(rawValue: 8)
    static let boolean = Self(rawValue: 9)
    static let float16 = Self(rawValue: 10)
    static let float64 = Self(rawValue: 11)
    static let uint32 = Self(rawValue: 12)
    static let uint64 = Self(rawValue: 13)
    static let bfloat16 = Self(rawValue: 16)

    /// The number of bytes of one element in raw data; `nil` for types whose numbers are not read.
    var byteCount: Int? {
        switch self {
        case .uint8, .int8, .boolean: 1
        case .uint16, .int16, .float16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        default: nil
        }
    }

    /// The format of a parameter of this type; `nil` for what no parameter may be made of.
    var parameterType: ElementType? {
        switch self {
        case .float16: .float16
        case .float32: .float32
        case .float64: .float64
        default: nil
        }
    }

    /// Whether it holds every number of half precision, and more.
    var isWiderThanHalf: Bool { self == .float32 || self == .float64 }

    init(rawValue: Int) { self.rawValue = rawValue }

    init(_ type: ElementType) {
        switch type {
        case .float16: self = .float16
        case .float32: self = .float32
        case .float64: self = .float64
        }
    }

    /// The numbers that one of a type of whole numbers can be, of those that an Int64 holds; `nil` for other types.
    var range: ClosedRange<Int64>? {
        switch self {
        case .boolean: 0...1
        case .uint8: 0...Int64(UInt8.max)
        case .int8: Int64(Int8.min)...Int64(Int8.max)
        case .uint16: 0...Int64(UInt16.max)
        case .int16: Int64(Int16.min)...Int64(Int16.max)
        case .uint32: 0...Int64(UInt32.max)
        case .int32: Int64(Int32.min)...Int64(Int32.max)
        case .int64: .min ... .max
        case .uint64: 0 ... .max
        default: nil
        }
    }

    /// Whether it is a type of whole numbers, or of true and false.
    var isInteger: Bool { [.uint8, .int8, .uint16, .int16, .int32, .int64, .uint32, .uint64, .boolean].contains(self) }
}

extension ONNXElementType: CustomStringConvertible {
    /// The name in `onnx.proto`.
    var description: String {
        let names = [
            "UNDEFINED", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16",
            "DOUBLE", "UINT32", "UINT64", "COMPLEX64", "COMPLEX128", "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ",
            "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "UINT4", "INT4", "FLOAT4E2M1",
        ]
        return names.indices.contains(rawValue) ? names[rawValue] : "type \(rawValue)"
    }
}
