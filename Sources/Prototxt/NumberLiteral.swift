/// The values of number tokens, without their sign.
enum NumberLiteral {
    /// The value of an integer token: hexadecimal after `0x`, octal after another leading zero, else decimal.
    ///
    /// Nil when the value does not fit.
    static func integer(_ digits: ArraySlice<UInt8>) -> UInt? {
        var value: UInt = 0
        let radix = radix(of: digits)
        for byte in radix == 16 ? digits.dropFirst(2) : digits {
            guard let digit = byte.hexDigitValue, digit < radix else { return nil }
            let (product, overflows) = value.multipliedReportingOverflow(by: radix)
            let (sum, carries) = product.addingReportingOverflow(UInt(digit))
            if overflows || carries { return nil }
            value = sum
        }
        return value
    }

    /// The nearest double of a decimal number, infinity beyond its range.
    static func double(_ number: ArraySlice<UInt8>) -> Double? {
        guard radix(of: number) == 10 else { return nil }
        let hasSuffix = number.last.map { $0 | 0x20 == UInt8(ascii: "f") } ?? false
        return Double(String(decoding: hasSuffix ? number.dropLast() : number, as: UTF8.self))
    }

    private static func radix(of number: ArraySlice<UInt8>) -> UInt {
        guard number.first == UInt8(ascii: "0"), let second = number.dropFirst().first else { return 10 }
        if second | 0x20 == UInt8(ascii: "x") { return 16 }
        return second.isDigit ? 8 : 10
    }
}
