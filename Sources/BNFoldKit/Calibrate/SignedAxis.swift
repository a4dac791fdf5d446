#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An axis of a drawing for numbers of either sign: even up to about 1, logarithmic beyond, so that one number far off leaves the others apart.
struct SignedAxis {
    /// The ends, on the scale of the drawing.
    private let range: ClosedRange<Double>
    let top: Double
    let bottom: Double

    /// An axis that all of some numbers fit on, but for those that are not finite.
    init(of numbers: [Double], top: Double, height: Double) {
        let scaled = numbers.filter(\.isFinite).map { asinh($0) }
        let room = 0.1
        range = min(scaled.min() ?? 0, asinh(-0.1)) - room...max(scaled.max() ?? 0, asinh(0.1)) + room
        self.top = top
        bottom = top + height
    }

    /// 0, and powers of ten on both sides as far as the axis goes.
    var marks: [Double] {
        var marks = [0.0]
        for exponent in -1...40 {
            let mark = pow(10, Double(exponent))
            guard asinh(mark) <= max(range.upperBound, -range.lowerBound) else { break }
            marks += [mark, -mark].filter { range.contains(asinh($0)) }
        }
        // The outermost ones, and 0, matter most where there is no room for all.
        var kept: [Double] = []
        for mark in [0] + marks.dropFirst().reversed() where kept.allSatisfy({ abs(y($0) - y(mark)) >= 14 }) {
            kept.append(mark)
        }
        return kept.sorted()
    }

    /// The marks with what they stand for.
    var labelledMarks: [(y: Double, label: String)] { marks.map { (y($0), Self.label($0)) } }

    func y(_ value: Double) -> Double {
        let scaled = min(max(asinh(value), range.lowerBound), range.upperBound)
        return bottom - (bottom - top) * (scaled - range.lowerBound) / (range.upperBound - range.lowerBound)
    }

    /// `0`, `-0.1`, `100`, `1e4`
    private static func label(_ mark: Double) -> String {
        if abs(mark) >= 1e4 { return (mark < 0 ? "-" : "") + "1e\(Int(log10(abs(mark)).rounded()))" }
        return abs(mark) >= 1 || mark == 0 ? "\(Int(mark.rounded()))" : "\(Float(mark))"
    }
}
