import Files

/// A picture of the errors along a network: above, every value, every fold by itself, and the bounds; below, how near each fold comes to its bound. Both on
/// logarithmic axes.
///
/// A fold stands above with its largest error, and below with the channel that comes nearest to its bound: often another one, a dead channel for
/// instance, whose bound is next to nothing.
/// Series differ in form as well as in colour, so that the plot can be read when it is printed in grey.
struct ErrorPlot {
    private let report: VerifyReport
    /// From left to right; folds stand at the first value that they compute.
    private let values: [VerifyReport.ComparedValue]
    private let positions: [String: Int]
    private let errors: LogarithmicAxis
    private let ratios: LogarithmicAxis

    private static let left = 70.0
    private static let red = "#b3401f"

    init(_ report: VerifyReport) {
        self.report = report
        let values = report.values.filter { $0.shapes == nil }
        self.values = values
        positions = Dictionary(
            values.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        var numbers = values.filter { $0.obstacle == nil }.compactMap(\.largestRelative) + [report.tolerance]
        for fold in report.folds {
            // A fold without an error has nothing to be held against its bound, which may be next to nothing.
            guard let error = Self.relative(fold.largest?.error, fold), error > 0 else { continue }
            numbers += [error, Self.relative(fold.largest?.bound, fold) ?? error]
        }
        errors = LogarithmicAxis(of: numbers, above: -13, top: 56, height: 320)
        ratios = LogarithmicAxis(
            of: report.folds.compactMap(\.ratio) + [1], above: -6, top: errors.bottom + 34, height: 110)
    }

    private var step: Double { min(max(900 / Double(max(values.count, 1)), 4), 40) }
    private var width: Double { Double(max(values.count, 1)) * step }
    private var right: Double { Self.left + max(width, 640) }
    private var chart: SVGChart { SVGChart(left: Self.left, right: right) }

    /// The plot as a document of its own.
    func svg() -> String {
        var lines = chart.opening(
            bottom: ratios.bottom,
            title:
                "\(SVGText.escaped(report.folded.weights ?? "folded")) against \(SVGText.escaped(report.original.weights ?? "original")): \(report.simulation?.scheme ?? (report.isWithin ? "within" : "beyond"))"
        )
        lines += legend()
        lines += grid(errors, title: "largest error, relative to the \(report.vocabulary.value)'s largest magnitude")
        lines.append(dashes(at: errors.y(report.tolerance)))
        lines += report.folds.compactMap(bound) + values.enumerated().compactMap(dot) + report.folds.compactMap(diamond)
        lines += grid(ratios, title: "share of its bound")
        lines.append(line(at: ratios.y(1), length: nil))
        lines += report.folds.compactMap(square) + labels()
        lines.append("</svg>")
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: Axes

    private func legend() -> [String] {
        let y = 40.0
        func x(_ place: Double) -> String { SVGText.number(Self.left + place) }
        return [
            "<circle cx=\"\(x(5))\" cy=\"36\" r=\"3\" fill=\"#1f5fa8\"/><text x=\"\(x(14))\" y=\"\(y)\">\(report.vocabulary.value), \(report.precision) precision</text>",
            "<path d=\"\(diamondPath(Self.left + 165, 36))\" fill=\"white\" stroke=\"\(Self.red)\" stroke-width=\"1.5\"/><text x=\"\(x(175))\" y=\"\(y)\">fold by itself</text>",
            "<path d=\"M\(x(262)) 36 h24\" stroke=\"black\" stroke-width=\"1.5\"/><text x=\"\(x(292))\" y=\"\(y)\">bound</text>",
            "<path d=\"M\(x(342)) 36 h24\" stroke=\"#555\" stroke-dasharray=\"5 3\"/><text x=\"\(x(372))\" y=\"\(y)\">tolerance</text>",
            "<rect x=\"\(x(444))\" y=\"32.5\" width=\"7\" height=\"7\" fill=\"white\" stroke=\"\(Self.red)\" stroke-width=\"1.5\"/><text x=\"\(x(457))\" y=\"\(y)\">its channel nearest to the bound</text>",
        ]
    }

    /// Lines across at powers of ten, and what they stand for.
    private func grid(_ axis: LogarithmicAxis, title: String) -> [String] {
        chart.grid(axis.labelledMarks, title: title, top: axis.top, bottom: axis.bottom)
    }

    private func dashes(at y: Double) -> String {
        "<path d=\"M\(SVGText.number(Self.left)) \(SVGText.number(y)) H\(SVGText.number(right))\" stroke=\"#555\" stroke-dasharray=\"5 3\"/>"
    }

    /// A bound: short at one fold, or across the whole plot.
    private func line(at y: Double, length: (position: Int, reach: Double)?) -> String {
        let start = length.map { x($0.position) - $0.reach } ?? Self.left
        let end = length.map { x($0.position) + $0.reach } ?? right
        return
            "<path d=\"M\(SVGText.number(start)) \(SVGText.number(y)) H\(SVGText.number(end))\" stroke=\"black\" stroke-width=\"1.5\"/>"
    }

    // MARK: Series

    private func dot(_ position: Int, _ compared: VerifyReport.ComparedValue) -> String? {
        guard compared.obstacle == nil else { return nil }
        let value = compared.largestRelative ?? .infinity
        let before = compared.beforeOutput.map { ", what the last function of \(SVGText.escaped($0)) reads" } ?? ""
        return
            "<circle cx=\"\(SVGText.number(x(position)))\" cy=\"\(SVGText.number(errors.y(value)))\" r=\"\(compared.isBeyond ? 4.5 : 3)\" fill=\"\(compared.isBeyond ? "black" : "#1f5fa8")\"><title>\(SVGText.escaped(compared.name)): \(Self.scientific(value))\(before)</title></circle>"
    }

    /// The bound of the channel whose error the diamond shows.
    private func bound(of fold: VerifyReport.Fold) -> String? {
        guard let bound = Self.relative(fold.largest?.bound, fold), let position = position(of: fold) else {
            return nil
        }
        return line(at: errors.y(bound), length: (position, max(step / 2, 5)))
    }

    private func diamond(_ fold: VerifyReport.Fold) -> String? {
        guard fold.coverage != "none", let position = position(of: fold) else { return nil }
        let value = Self.relative(fold.largest?.error, fold) ?? .infinity
        var text = Self.scientific(value)
        if let bound = Self.relative(fold.largest?.bound, fold) { text += ", bound \(Self.scientific(bound))" }
        if let channel = fold.largest?.channel { text += ", channel \(channel)" }
        return
            "<path d=\"\(diamondPath(x(position), errors.y(value)))\" fill=\"\(fold.isBeyond ? Self.red : "white")\" stroke=\"\(Self.red)\" stroke-width=\"1.5\"><title>\(title(fold)): \(text)</title></path>"
    }

    private func square(_ fold: VerifyReport.Fold) -> String? {
        guard fold.coverage != "none", let position = position(of: fold) else { return nil }
        let ratio = fold.ratio ?? .infinity
        let x = SVGText.number(x(position) - 3.5)
        let y = SVGText.number(ratios.y(ratio) - 3.5)
        var text = "\(Self.scientific(ratio)) times \(fold.bound == nil ? "the tolerance" : "its bound")"
        if let channel = fold.channel { text += ", channel \(channel)" }
        return
            "<rect x=\"\(x)\" y=\"\(y)\" width=\"7\" height=\"7\" fill=\"\(fold.isBeyond ? Self.red : "white")\" stroke=\"\(Self.red)\" stroke-width=\"1.5\"><title>\(title(fold)) at nearest: \(text)</title></rect>"
    }

    /// Names of values, as many as there is room for.
    private func labels() -> [String] {
        let every = max(Int((12 / step).rounded(.up)), 1)
        return values.enumerated().compactMap { position, compared in
            position % every == 0 ? SVGChart.name(compared.name, x: x(position), below: ratios.bottom) : nil
        }
    }

    // MARK: Places

    private func position(of fold: VerifyReport.Fold) -> Int? { fold.values.compactMap { positions[$0] }.first }
    private func x(_ position: Int) -> Double { Self.left + (Double(position) + 0.5) * step }

    private func diamondPath(_ x: Double, _ y: Double) -> String {
        "M\(SVGText.number(x)) \(SVGText.number(y - 4.5)) l4.5 4.5 l-4.5 4.5 l-4.5 -4.5 z"
    }

    private func title(_ fold: VerifyReport.Fold) -> String {
        SVGText.escaped((fold.changed + fold.removed).joined(separator: ", "))
    }

    /// A number of the channel with the largest error, relative to the magnitude of its value.
    private static func relative(_ number: Double?, _ fold: VerifyReport.Fold) -> Double? {
        guard let number, let magnitude = fold.largest?.magnitude else { return nil }
        return magnitude > 0 ? number / magnitude : number == 0 ? 0 : nil
    }

    /// Two digits: `3.1e-07` for small and large numbers, `0.42` and `316` for those between.
    static func scientific(_ number: Double) -> String { SVGText.scientific(number) }
}
