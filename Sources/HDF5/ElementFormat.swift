import CHDF5

/// How one number is stored: its type and the order of its bytes.
struct ElementFormat: Equatable, Sendable {
    let type: HDF5ElementType
    let isBigEndian: Bool

    init(type: HDF5ElementType, isBigEndian: Bool = false) {
        self.type = type
        self.isBigEndian = isBigEndian
    }

    /// Whether the stored bytes are a `T` of this machine as they are.
    func isInMemoryForm<T: HDF5Number>(of numberType: T.Type) -> Bool {
        guard isBigEndian == (1.bigEndian == 1) else { return false }
        return type == .float32 && numberType == Float.self || type == .float64 && numberType == Double.self
    }
}

// MARK: - From a datatype of the library

extension ElementFormat {
    /// The format of a library datatype; throws `.unsupported` for anything that is not a plain number.
    init(datatype: hid_t, at place: Place) throws(HDF5Error) {
        let size = H5Tget_size(datatype)
        let typeClass = H5Tget_class(datatype)
        switch typeClass {
        case H5T_FLOAT: type = try Self.floatType(datatype, size: size, at: place)
        case H5T_INTEGER: type = try Self.integerType(datatype, size: size, at: place)
        case H5T_NO_CLASS: throw place.libraryError(.damaged, "has no readable datatype")
        default: throw place.error(.unsupported, "holds \(Self.name(of: typeClass)), expected numbers")
        }
        switch H5Tget_order(datatype) {
        case H5T_ORDER_LE: isBigEndian = false
        case H5T_ORDER_BE: isBigEndian = true
        case H5T_ORDER_NONE where size == 1: isBigEndian = false
        default: throw place.error(.unsupported, "has an unknown byte order, expected little or big endian")
        }
    }

    /// The sign's bit, where exponent and mantissa begin, how many bits they have, and the exponent's bias.
    private struct FloatFields: Equatable {
        var sign = 0, exponent = 0, exponentSize = 0, mantissa = 0, mantissaSize = 0
        var bias = 0
    }

    private static func floatType(
        _ datatype: hid_t, size: Int, at place: Place
    ) throws(HDF5Error) -> HDF5ElementType {
        var sign = 0
        var exponent = 0
        var exponentSize = 0
        var mantissa = 0
        var mantissaSize = 0
        try place.require(
            H5Tget_fields(datatype, &sign, &exponent, &exponentSize, &mantissa, &mantissaSize),
            "has a floating-point type without fields")
        let fields = FloatFields(
            sign: sign, exponent: exponent, exponentSize: exponentSize, mantissa: mantissa,
            mantissaSize: mantissaSize, bias: Int(clamping: H5Tget_ebias(datatype)))
        // A mantissa without its implied leading bit, or with unused bits, is no IEEE number even if the fields agree.
        if H5Tget_norm(datatype) == H5T_NORM_IMPLIED, H5Tget_offset(datatype) == 0 {
            switch (size, fields) {
            case (2, FloatFields(sign: 15, exponent: 10, exponentSize: 5, mantissaSize: 10, bias: 15)):
                return .float16
            case (4, FloatFields(sign: 31, exponent: 23, exponentSize: 8, mantissaSize: 23, bias: 127)):
                return .float32
            case (8, FloatFields(sign: 63, exponent: 52, exponentSize: 11, mantissaSize: 52, bias: 1023)):
                return .float64
            default: break
            }
        }
        throw place.error(
            .unsupported,
            "holds floating-point numbers of \(size) bytes with \(exponentSize) exponent and \(mantissaSize) mantissa "
                + "bits, expected IEEE half, single or double; convert it to float32")
    }

    private static func integerType(
        _ datatype: hid_t, size: Int, at place: Place
    ) throws(HDF5Error) -> HDF5ElementType {
        let bits = H5Tget_precision(datatype)
        guard [1, 2, 4, 8].contains(size), bits == size * 8, H5Tget_offset(datatype) == 0 else {
            throw place.error(
                .unsupported,
                "holds integers with \(bits) used bits in \(size) bytes, expected 8, 16, 32 or 64 bits; "
                    + "convert it to float32"
            )
        }
        return .integer(bits: bits, signed: H5Tget_sign(datatype) == H5T_SGN_2)
    }

    static func name(of typeClass: H5T_class_t) -> String {
        switch typeClass {
        case H5T_INTEGER: "integers"
        case H5T_FLOAT: "floating-point numbers"
        case H5T_STRING: "strings"
        case H5T_COMPOUND: "compound values"
        case H5T_ENUM: "values of an enumeration, as booleans are"
        case H5T_ARRAY: "arrays as elements"
        case H5T_VLEN: "elements of variable length"
        case H5T_REFERENCE: "references"
        case H5T_OPAQUE: "opaque bytes"
        case H5T_BITFIELD: "bit fields"
        case H5T_TIME: "times"
        default: "values of an unknown class"
        }
    }
}
