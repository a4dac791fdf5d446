/// A type of real numbers in an array, with its byte order; and how to make doubles of them.
struct ElementType: Sendable, Hashable {
    enum Number: String, Sendable, Hashable, CaseIterable {
        case float16 = "f2"
        case float32 = "f4"
        case float64 = "f8"
        case int8 = "i1"
        case int16 = "i2"
        case int32 = "i4"
        case int64 = "i8"
        case uint8 = "u1"
        case uint16 = "u2"
        case uint32 = "u4"
        case uint64 = "u8"
        case boolean = "b1"
    }

    let number: Number
    let isBigEndian: Bool

    /// The type that a dtype such as `<f4` names; nil when it is not one of real numbers.
    ///
    /// `=` and `|` mean the byte order of the machine, as in NumPy; the latter is written for single bytes.
    init?(dtype: String) {
        guard let order = dtype.first, let number = Number(rawValue: String(dtype.dropFirst())) else { return nil }
        switch order {
        case "<": isBigEndian = false
        case ">": isBigEndian = true
        case "=", "|": isBigEndian = 1.bigEndian == 1
        default: return nil
        }
        self.number = number
    }

    var byteCount: Int {
        switch number {
        case .int8, .uint8, .boolean: 1
        case .float16, .int16, .uint16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        }
    }

    /// Makes doubles of all numbers in `bytes`, which must hold `doubles.count` of them.
    ///
    /// Exact but for integers of 64 bits beyond 2^53, which are rounded to the nearest double, ties to even. Every
    /// boolean but 0 is 1.
    func convert(_ bytes: UnsafeRawBufferPointer, to doubles: UnsafeMutableBufferPointer<Double>) {
        switch number {
        case .float16: convert(bytes, of: UInt16.self, to: doubles, Self.double(half:))
        case .float32: convert(bytes, of: UInt32.self, to: doubles) { Double(Float(bitPattern: $0)) }
        case .float64: convert(bytes, of: UInt64.self, to: doubles) { Double(bitPattern: $0) }
        case .int8: convert(bytes, of: Int8.self, to: doubles) { Double($0) }
        case .int16: convert(bytes, of: Int16.self, to: doubles) { Double($0) }
        case .int32: convert(bytes, of: Int32.self, to: doubles) { Double($0) }
        case .int64: convert(bytes, of: Int64.self, to: doubles) { Double($0) }
        case .uint8: convert(bytes, of: UInt8.self, to: doubles) { Double($0) }
        case .uint16: convert(bytes, of: UInt16.self, to: doubles) { Double($0) }
        case .uint32: convert(bytes, of: UInt32.self, to: doubles) { Double($0) }
        case .uint64: convert(bytes, of: UInt64.self, to: doubles) { Double($0) }
        case .boolean: convert(bytes, of: UInt8.self, to: doubles) { $0 == 0 ? 0 : 1 }
        }
    }

    @inline(__always)
    private func convert<Bits: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, of type: Bits.Type, to doubles: UnsafeMutableBufferPointer<Double>,
        _ value: (Bits) -> Double
    ) {
        for index in doubles.indices {
            let bits = bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
            doubles[index] = value(isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
        }
    }

    /// The exact value of an IEEE 754 binary16 number. (`Float16` does not exist on every Mac.)
    private static func double(half bits: UInt16) -> Double {
        let sign: Double = bits & 0x8000 == 0 ? 1 : -1
        let exponent = Int(bits >> 10 & 0x1F)
        let fraction = Double(bits & 0x3FF)
        return switch exponent {
        case 0: sign * fraction * 0x1p-24
        case 31: fraction == 0 ? sign * .infinity : .nan
        default: sign * Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
        }
    }
}
