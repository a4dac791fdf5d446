import Testing

@testable import HDF5

@Suite("Conversion of elements")
struct ElementFormatTests {
    @Test("every finite half-precision number has its exact value")
    func halves() {
        for bits in UInt16.min...UInt16.max {
            let exponent = Int(bits >> 10 & 0x1f)
            let fraction = Double(bits & 0x3ff)
            if exponent == 0x1f { continue }
            let magnitude =
                exponent == 0
                ? fraction * 0x1p-24
                : Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
            let value = ElementFormat.float(halfBits: bits)
            #expect(Double(value) == (bits & 0x8000 == 0 ? magnitude : -magnitude))
        }
    }

    @Test("encoded numbers are decoded to themselves", arguments: [HDF5ElementType.float32, .float64], [false, true])
    func roundTrip(type: HDF5ElementType, isBigEndian: Bool) {
        let format = ElementFormat(type: type, isBigEndian: isBigEndian)
        let values: [Float] = [0, -0.0, 1.5, .leastNonzeroMagnitude, -.infinity]
        var bytes = [UInt8](repeating: 0xff, count: values.count * type.byteCount)
        values.withUnsafeBufferPointer { values in
            bytes.withUnsafeMutableBytes { format.encode(values, into: $0) }
        }
        var decoded = [Float](repeating: 0, count: values.count)
        decoded.withUnsafeMutableBufferPointer { decoded in
            bytes.withUnsafeBytes { format.decode($0, into: decoded) }
        }
        #expect(decoded.map(\.bitPattern) == values.map(\.bitPattern))
    }
}
