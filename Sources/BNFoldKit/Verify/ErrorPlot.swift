#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A picture of the errors along a network: every blob, every fold by itself, and the bounds, on a logarithmic axis.
///
/// Series differ in form as well as in colour, so that the plot can be read when it is printed in grey.
struct ErrorPlot {
    private let report: VerifyReport
    /// The blobs from left to right; folds stand at the first blob that they compute.
    private let blobs: [VerifyReport.Blob]
    private let positions: [String: Int]
    private let exponents: ClosedRange<Int>

    private static let left = 70.0
    private static let top = 56.0
    private static let height = 320.0

    init(_ report: VerifyReport) {
        self.report = report
        let blobs = report.blobs.filter { $0.obstacle == nil && $0.shapes == nil }
        self.blobs = blobs
        positions = Dictionary(
            blobs.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        var numbers = blobs.compactMap(\.largestRelative) + [report.tolerance]
        for fold in report.folds {
            numbers += [Self.relative(fold.error, fold), Self.relative(fold.bound, fold)].compactMap(\.self)
        }
        let logarithms = numbers.filter { $0 > 0 && $0.isFinite }.map(log10)
        let lowest = min(max(Int((logarithms.min() ?? -8).rounded(.down)), -18), 39)
        let highest = min(max(Int((logarithms.max() ?? -4).rounded(.up)), lowest + 1), 40)
        exponents = lowest - 1...highest
    }

    private var step: Double { min(max(900 / Double(max(blobs.count, 1)), 4), 40) }
    private var width: Double { Double(max(blobs.count, 1)) * step }

    /// The plot as a document of its own.
    func svg() -> String {
        let fullWidth = Self.left + max(width, 420) + 30
        let fullHeight = Self.top + Self.height + 150
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Self.text(fullWidth))\" height=\"\(Self.text(fullHeight))\" viewBox=\"0 0 \(Self.text(fullWidth)) \(Self.text(fullHeight))\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"11\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            "<text x=\"\(Self.text(Self.left))\" y=\"20\" font-size=\"14\">\(Self.escaped(report.folded.weights ?? "folded")) against \(Self.escaped(report.original.weights ?? "original")): \(report.isWithin ? "within" : "beyond")</text>",
        ]
        lines += legend() + grid()
        lines += bounds() + blobs.enumerated().map(dot) + report.folds.compactMap(diamond) + labels()
        lines.append("</svg>")
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: Parts

    private func legend() -> [String] {
        let y = 40.0
        func x(_ place: Double) -> String { Self.text(Self.left + place) }
        return [
            "<circle cx=\"\(x(5))\" cy=\"36\" r=\"3\" fill=\"#1f5fa8\"/><text x=\"\(x(14))\" y=\"\(y)\">blob, \(report.precision) precision</text>",
            "<path d=\"\(diamondPath(Self.left + 165, 36))\" fill=\"white\" stroke=\"#b3401f\" stroke-width=\"1.5\"/><text x=\"\(x(175))\" y=\"\(y)\">fold by itself</text>",
            "<path d=\"M\(x(262)) 36 h24\" stroke=\"black\" stroke-width=\"1.5\"/><text x=\"\(x(292))\" y=\"\(y)\">bound</text>",
            "<path d=\"M\(x(342)) 36 h24\" stroke=\"#555\" stroke-dasharray=\"5 3\"/><text x=\"\(x(372))\" y=\"\(y)\">tolerance</text>",
        ]
    }

    private func grid() -> [String] {
        let right = Self.left + max(width, 420)
        var lines: [String] = []
        let every = max((exponents.count + 11) / 12, 1)
        for exponent in exponents where (exponent - exponents.lowerBound) % every == 0 {
            let y = Self.text(self.y(exponent: Double(exponent)))
            lines.append("<path d=\"M\(Self.text(Self.left)) \(y) H\(Self.text(right))\" stroke=\"#ddd\"/>")
            let label = exponent == exponents.lowerBound ? "0" : "1e\(exponent)"
            lines.append(
                "<text x=\"\(Self.text(Self.left - 8))\" y=\"\(y)\" dy=\"4\" text-anchor=\"end\">\(label)</text>")
        }
        let middle = Self.text(Self.top + Self.height / 2)
        lines.append(
            "<text x=\"16\" y=\"\(middle)\" text-anchor=\"middle\" transform=\"rotate(-90 16 \(middle))\">largest error, relative to the blob's largest magnitude</text>"
        )
        let tolerance = Self.text(y(report.tolerance))
        lines.append(
            "<path d=\"M\(Self.text(Self.left)) \(tolerance) H\(Self.text(right))\" stroke=\"#555\" stroke-dasharray=\"5 3\"/>"
        )
        return lines
    }

    private func bounds() -> [String] {
        report.folds.compactMap { fold in
            guard let bound = Self.relative(fold.bound, fold), let position = position(of: fold) else { return nil }
            let reach = max(step / 2, 5)
            return
                "<path d=\"M\(Self.text(x(position) - reach)) \(Self.text(y(bound))) h\(Self.text(2 * reach))\" stroke=\"black\" stroke-width=\"1.5\"/>"
        }
    }

    private func dot(_ position: Int, _ blob: VerifyReport.Blob) -> String {
        let value = blob.largestRelative ?? .infinity
        return
            "<circle cx=\"\(Self.text(x(position)))\" cy=\"\(Self.text(y(value)))\" r=\"\(blob.isBeyond ? 4.5 : 3)\" fill=\"\(blob.isBeyond ? "black" : "#1f5fa8")\"><title>\(Self.escaped(blob.name)): \(Self.scientific(value))</title></circle>"
    }

    private func diamond(_ fold: VerifyReport.Fold) -> String? {
        guard fold.coverage != "none", let position = position(of: fold) else { return nil }
        let value = Self.relative(fold.error, fold) ?? .infinity
        let title = (fold.changed + fold.removed).joined(separator: ", ")
        return
            "<path d=\"\(diamondPath(x(position), y(value)))\" fill=\"\(fold.isBeyond ? "#b3401f" : "white")\" stroke=\"#b3401f\" stroke-width=\"1.5\"><title>\(Self.escaped(title)): \(Self.scientific(value))</title></path>"
    }

    /// Names of blobs, as many as there is room for.
    private func labels() -> [String] {
        let every = max(Int((12 / step).rounded(.up)), 1)
        let y = Self.text(Self.top + Self.height + 14)
        return blobs.enumerated().compactMap { position, blob in
            guard position % every == 0 else { return nil }
            let x = Self.text(x(position))
            let name = blob.name.count > 24 ? blob.name.prefix(23) + "…" : blob.name[...]
            return
                "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"end\" transform=\"rotate(-60 \(x) \(y))\">\(Self.escaped(String(name)))</text>"
        }
    }

    // MARK: Places

    private func position(of fold: VerifyReport.Fold) -> Int? { fold.blobs.compactMap { positions[$0] }.first }
    private func x(_ position: Int) -> Double { Self.left + (Double(position) + 0.5) * step }

    /// 0, and all that is smaller than what the axis shows, lies on its lower end.
    private func y(_ value: Double) -> Double {
        y(exponent: value > 0 ? (value.isFinite ? log10(value) : .infinity) : -.infinity)
    }

    private func y(exponent: Double) -> Double {
        let clamped = min(max(exponent, Double(exponents.lowerBound)), Double(exponents.upperBound))
        let share = (clamped - Double(exponents.lowerBound)) / Double(exponents.upperBound - exponents.lowerBound)
        return Self.top + Self.height * (1 - share)
    }

    private func diamondPath(_ x: Double, _ y: Double) -> String {
        "M\(Self.text(x)) \(Self.text(y - 4.5)) l4.5 4.5 l-4.5 4.5 l-4.5 -4.5 z"
    }

    private static func relative(_ number: Double?, _ fold: VerifyReport.Fold) -> Double? {
        guard let number else { return nil }
        return fold.magnitude > 0 ? number / fold.magnitude : number == 0 ? 0 : nil
    }

    // MARK: Text

    private static func text(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
    }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            // XML has no control characters, and not these two.
            case "\0"..<" ", "\u{FFFE}", "\u{FFFF}": break
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
