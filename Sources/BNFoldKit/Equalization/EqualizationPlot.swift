import Files

/// A picture of the ranges of channels: for each layer the largest in multiples of the median, before and after, on a logarithmic axis; below, what int8
/// leaves of the weights.
///
/// The two series differ in form as well as in colour, so that the plot can be read when it is printed in grey.
struct EqualizationPlot {
    private let report: EqualizationReport
    private let source: String
    private let ratios: LogarithmicAxis
    private let decibels: LinearAxis

    private static let left = 70.0
    private static let blue = "#1f5fa8"
    private static let red = "#b3401f"

    /// - Parameter source: the weights, for the title.
    init(_ report: EqualizationReport, source: String) {
        self.report = report
        self.source = source
        ratios = LogarithmicAxis(
            of: report.layers.flatMap { [$0.ratioBefore, $0.ratioAfter].compactMap(\.self) } + [1], above: 0, top: 56,
            height: 240)
        decibels = LinearAxis(
            of: report.layers.flatMap { [$0.signalToNoiseBefore, $0.signalToNoiseAfter].compactMap(\.self) },
            top: ratios.bottom + 34, height: 160)
    }

    private var step: Double { min(max(900 / Double(max(report.layers.count, 1)), 6), 40) }
    private var right: Double { Self.left + max(Double(report.layers.count) * step, 640) }
    private func x(_ position: Int) -> Double { Self.left + (Double(position) + 0.5) * step }

    /// The plot as a document of its own.
    func svg() -> String {
        let chart = SVGChart(left: Self.left, right: right)
        var lines = chart.opening(
            bottom: decibels.bottom,
            title: "\(SVGText.escaped(FileBytes.name(of: source))): ranges of channels before and after equalization")
        lines.append(square(Self.left + 5, 36, "") + text(Self.left + 14, "before"))
        lines.append(dot(Self.left + 75, 36, "") + text(Self.left + 84, "after"))
        lines += chart.grid(
            ratios.labelledMarks, title: "largest / median range", top: ratios.top, bottom: ratios.bottom)
        lines += chart.grid(
            decibels.labelledMarks, title: "int8 signal to noise, dB", top: decibels.top, bottom: decibels.bottom)
        for (position, layer) in report.layers.enumerated() {
            let name = SVGText.escaped(layer.layer.name)
            func told(_ number: Double, _ unit: String) -> String {
                "\(name): \(EqualizationText.number(number))\(unit)"
            }
            if let ratio = layer.ratioBefore { lines.append(square(x(position), ratios.y(ratio), told(ratio, ""))) }
            if let ratio = layer.ratioAfter { lines.append(dot(x(position), ratios.y(ratio), told(ratio, ""))) }
            if let noise = layer.signalToNoiseBefore {
                lines.append(square(x(position), decibels.y(noise), told(noise, " dB")))
            }
            if let noise = layer.signalToNoiseAfter {
                lines.append(dot(x(position), decibels.y(noise), told(noise, " dB")))
            }
        }
        let every = max(Int((12 / step).rounded(.up)), 1)
        for (position, layer) in report.layers.enumerated() where position % every == 0 {
            lines.append(SVGChart.name(layer.layer.name, x: x(position), below: decibels.bottom))
        }
        lines.append("</svg>")
        return lines.map { $0 + "\n" }.joined()
    }

    private func square(_ x: Double, _ y: Double, _ title: String) -> String {
        "<rect x=\"\(SVGText.number(x - 3.5))\" y=\"\(SVGText.number(y - 3.5))\" width=\"7\" height=\"7\" fill=\"white\" stroke=\"\(Self.red)\" stroke-width=\"1.5\"><title>\(title)</title></rect>"
    }

    private func dot(_ x: Double, _ y: Double, _ title: String) -> String {
        "<circle cx=\"\(SVGText.number(x))\" cy=\"\(SVGText.number(y))\" r=\"3\" fill=\"\(Self.blue)\"><title>\(title)</title></circle>"
    }

    private func text(_ x: Double, _ text: String) -> String {
        "<text x=\"\(SVGText.number(x))\" y=\"40\">\(text)</text>"
    }
}

/// A vertical axis of tens.
private struct LinearAxis {
    let range: ClosedRange<Double>
    let top: Double
    let bottom: Double

    init(of numbers: [Double], top: Double, height: Double) {
        let least = ((numbers.min() ?? 0) / 10).rounded(.down) * 10
        let most = ((numbers.max() ?? 50) / 10).rounded(.up) * 10
        range = least...max(most, least + 10)
        self.top = top
        bottom = top + height
    }

    func y(_ value: Double) -> Double {
        bottom - (bottom - top) * (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    }

    var labelledMarks: [(y: Double, label: String)] {
        stride(from: range.lowerBound, through: range.upperBound, by: 10).map { (y($0), "\(Int($0))") }
    }
}
