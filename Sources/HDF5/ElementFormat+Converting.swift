// Conversion between stored elements and numbers in memory. It is done here and not by libhdf5, so that it rounds once
// and to nearest for every pair of types (the library's own conversion of big-endian doubles to floats does not).

extension ElementFormat {
    /// Converts stored elements, `values.count` of them, to numbers in memory.
    ///
    /// - Precondition: `bytes` holds at least `values.count` elements.
    func decode<T: HDF5Number>(_ bytes: UnsafeRawBufferPointer, into values: UnsafeMutableBufferPointer<T>) {
        // A generic call from another module stays generic; naming the two types here gives both a loop of their own.
        if let floats = values as? UnsafeMutableBufferPointer<Float> {
            decodeElements(bytes, into: floats)
        } else if let doubles = values as? UnsafeMutableBufferPointer<Double> {
            decodeElements(bytes, into: doubles)
        } else {
            decodeElements(bytes, into: values)
        }
    }

    /// Converts numbers in memory to stored elements; only for `.float32` and `.float64`, the types that are written.
    ///
    /// - Precondition: `bytes` has room for `values.count` elements.
    func encode<T: HDF5Number>(_ values: UnsafeBufferPointer<T>, into bytes: UnsafeMutableRawBufferPointer) {
        if let floats = values as? UnsafeBufferPointer<Float> {
            encodeElements(floats, into: bytes)
        } else if let doubles = values as? UnsafeBufferPointer<Double> {
            encodeElements(doubles, into: bytes)
        } else {
            encodeElements(values, into: bytes)
        }
    }

    private func decodeElements<T: BinaryFloatingPoint>(
        _ bytes: UnsafeRawBufferPointer, into values: UnsafeMutableBufferPointer<T>
    ) {
        switch type {
        case .float16: decodeElements(bytes, into: values) { (bits: UInt16) in T(Self.float(halfBits: bits)) }
        case .float32: decodeElements(bytes, into: values) { (bits: UInt32) in T(Float(bitPattern: bits)) }
        case .float64: decodeElements(bytes, into: values) { (bits: UInt64) in T(Double(bitPattern: bits)) }
        case .integer(8, signed: true): decodeElements(bytes, into: values) { (bits: Int8) in T(bits) }
        case .integer(8, signed: false): decodeElements(bytes, into: values) { (bits: UInt8) in T(bits) }
        case .integer(16, signed: true): decodeElements(bytes, into: values) { (bits: Int16) in T(bits) }
        case .integer(16, signed: false): decodeElements(bytes, into: values) { (bits: UInt16) in T(bits) }
        case .integer(32, signed: true): decodeElements(bytes, into: values) { (bits: Int32) in T(bits) }
        case .integer(32, signed: false): decodeElements(bytes, into: values) { (bits: UInt32) in T(bits) }
        case .integer(_, signed: true): decodeElements(bytes, into: values) { (bits: Int64) in T(bits) }
        case .integer(_, signed: false): decodeElements(bytes, into: values) { (bits: UInt64) in T(bits) }
        }
    }

    @inline(__always)
    private func decodeElements<T: BinaryFloatingPoint, Bits: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, into values: UnsafeMutableBufferPointer<T>, _ number: (Bits) -> T
    ) {
        for index in values.indices {
            let bits = bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
            values[index] = number(isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
        }
    }

    private func encodeElements<T: BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<T>, into bytes: UnsafeMutableRawBufferPointer
    ) {
        if type == .float64 {
            encodeElements(values, into: bytes) { Double($0).bitPattern }
        } else {
            encodeElements(values, into: bytes) { Float($0).bitPattern }
        }
    }

    @inline(__always)
    private func encodeElements<T: BinaryFloatingPoint, Bits: FixedWidthInteger & BitwiseCopyable>(
        _ values: UnsafeBufferPointer<T>, into bytes: UnsafeMutableRawBufferPointer, _ bitPattern: (T) -> Bits
    ) {
        for (index, value) in values.enumerated() {
            let bits = bitPattern(value)
            bytes.storeBytes(
                of: isBigEndian ? bits.bigEndian : bits.littleEndian,
                toByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
        }
    }

    /// The exact value of a half-precision number. (`Float16` does not exist on every Mac.)
    static func float(halfBits bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10) & 0x1f
        let fraction = UInt32(bits & 0x3ff)
        switch exponent {
        case 0:  // zero and the subnormal numbers: multiples of 2^-24
            let magnitude = Float(fraction) * 0x1p-24
            return sign == 0 ? magnitude : -magnitude
        case 0x1f:  // infinity and NaN
            return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
        default:  // the exponent's bias grows from 15 to 127
            return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }
}
