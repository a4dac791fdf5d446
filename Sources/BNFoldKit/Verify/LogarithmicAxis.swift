#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A vertical axis of powers of ten, the lowest of which stands for 0 and all that is smaller.
struct LogarithmicAxis {
    let exponents: ClosedRange<Int>
    let top: Double
    let bottom: Double

    /// An axis that all of some numbers fit on, but for those that are not finite, which lie on its upper end, and those below a power of ten.
    init(of numbers: [Double], above least: Int, top: Double, height: Double) {
        let logarithms = numbers.filter { $0 > 0 && $0.isFinite }.map(log10)
        let lowest = min(max(Int((logarithms.min() ?? -8).rounded(.down)), least), 39)
        let highest = min(max(Int((logarithms.max() ?? -4).rounded(.up)), lowest + 1), 40)
        exponents = lowest - 1...highest
        self.top = top
        bottom = top + height
    }

    /// The powers that have room for a label each, 27 units of the drawing apart or more.
    var marks: [Int] {
        let room = max(Int((bottom - top) / 27), 1)
        let every = max((exponents.count + room - 1) / room, 1)
        return exponents.filter { ($0 - exponents.lowerBound) % every == 0 }
    }

    /// The marks with what they stand for: `0`, `1e-3`, `1`.
    var labelledMarks: [(y: Double, label: String)] {
        marks.map { exponent in
            (
                y(exponent: Double(exponent)),
                exponent == exponents.lowerBound ? "0" : exponent == 0 ? "1" : "1e\(exponent)"
            )
        }
    }

    func y(_ value: Double) -> Double {
        y(exponent: value > 0 ? (value.isFinite ? log10(value) : .infinity) : -.infinity)
    }

    func y(exponent: Double) -> Double {
        let clamped = min(max(exponent, Double(exponents.lowerBound)), Double(exponents.upperBound))
        let share = (clamped - Double(exponents.lowerBound)) / Double(exponents.upperBound - exponents.lowerBound)
        return top + (bottom - top) * (1 - share)
    }
}
