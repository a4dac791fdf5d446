/// The numbers that a dataset holds.
public enum HDF5ElementType: Equatable, Sendable {
    /// IEEE 754 half precision.
    case float16
    /// IEEE 754 single precision, what Caffe writes.
    case float32
    /// IEEE 754 double precision.
    case float64
    /// Two's complement or unsigned integers of 8, 16, 32 or 64 bits.
    case integer(bits: Int, signed: Bool)

    /// The bytes that one element takes in the file.
    public var byteCount: Int {
        switch self {
        case .float16: 2
        case .float32: 4
        case .float64: 8
        case .integer(let bits, _): bits / 8
        }
    }
}

extension HDF5ElementType: CustomStringConvertible {
    /// The name as NumPy spells it: 'float32', 'uint8'.
    public var description: String {
        switch self {
        case .float16: "float16"
        case .float32: "float32"
        case .float64: "float64"
        case .integer(let bits, let signed): "\(signed ? "int" : "uint")\(bits)"
        }
    }
}
