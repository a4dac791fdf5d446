import Files

/// Numbers and names as a drawing shows them.
enum SVGText {
    /// A place in a drawing, to a tenth.
    static func number(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
    }

    /// Text as XML holds it, with control characters escaped.
    static func escaped(_ text: String) -> String {
        text.printable.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            // XML has no such characters.
            case "\u{FFFE}", "\u{FFFF}": break
            default: result.unicodeScalars.append(scalar)
            }
        }
    }

    /// Two digits: `3.1e-07` for small and large numbers, `0.42` and `316` for those between.
    static func scientific(_ number: Double) -> String {
        guard number.isFinite else { return "infinite" }
        if number == 0 { return "0" }
        var exponent = Int(log10(abs(number)).rounded(.down))
        // No power of ten is as small as the smallest subnormal number.
        let lift = exponent < -300 ? 300 : 0
        let digits = abs(number) * pow(10, Double(lift)) / pow(10, Double(exponent + lift))
        var tenths = Int((digits * 10).rounded())
        if tenths >= 100 {
            tenths /= 10
            exponent += 1
        }
        let sign = number < 0 ? "-" : ""
        if (-3...5).contains(exponent) {
            let unit = pow(10, Double(exponent - 1))
            let rounded = Double(tenths) * unit
            return sign + (exponent >= 1 ? "\(Int(rounded.rounded()))" : "\(Float(rounded))")
        }
        return "\(sign)\(tenths / 10).\(tenths % 10)e\(exponent)"
    }
}
