import Files

/// A picture of stored statistics against observed ones: a column for each normalisation, in the order of the network, with a mark for each channel.
///
/// Above stands how far the observed mean is from the stored one, in stored deviations; below the observed variance as a multiple of the stored one, on a
/// logarithmic axis. Where all fits, the marks lie on the lines at 0 and 1.
struct DriftPlot {
    private let report: DriftReport
    private let source: String
    private let means: SignedAxis
    private let ratios: LogarithmicAxis

    private static let left = 70.0
    private static let blue = "#1f5fa8"
    private static let red = "#b3401f"

    /// - Parameter source: what the statistics are stored in, for the title.
    init(_ report: DriftReport, source: String) {
        self.report = report
        self.source = source
        let channels = report.layers.flatMap(\.comparedChannels)
        means = SignedAxis(of: channels.map(\.distance), top: 56, height: 240)
        ratios = LogarithmicAxis(of: channels.map(\.ratio) + [1], above: -6, top: means.bottom + 34, height: 240)
    }

    /// A column is as wide as its channels need to stand apart, within reason.
    private var step: Double {
        let count = Double(max(report.layers.count, 1))
        let most = Double(report.layers.map(\.channels).max() ?? 1)
        return max(min(max(most * 1.5, 14), max(14, 1_600 / count)), 640 / count)
    }
    private var right: Double { Self.left + max(Double(report.layers.count), 1) * step }

    /// The plot as a document of its own.
    func svg() -> String {
        let chart = SVGChart(left: Self.left, right: right)
        var lines = chart.opening(
            bottom: ratios.bottom,
            title:
                "\(SVGText.escaped(FileBytes.name(of: source))): statistics against those of \(report.samples) samples: \(report.fits ? "they fit" : "they do not fit")"
        )
        lines.append(legend())
        lines += chart.grid(
            means.labelledMarks, title: "mean: observed - stored, in stored deviations", top: means.top,
            bottom: means.bottom)
        lines += chart.grid(
            ratios.labelledMarks, title: "variance: observed / stored", top: ratios.top, bottom: ratios.bottom)
        for y in [means.y(0), ratios.y(1)] {
            lines.append(
                "<path d=\"M\(SVGText.number(Self.left)) \(SVGText.number(y)) H\(SVGText.number(right))\" stroke=\"black\"/>"
            )
        }
        for (position, layer) in report.layers.enumerated() { lines += marks(layer, position) }
        lines += labels()
        lines.append("</svg>")
        return lines.map { $0 + "\n" }.joined()
    }

    private func legend() -> String {
        func mark(_ place: Double, _ color: String, _ text: String) -> String {
            "<circle cx=\"\(SVGText.number(Self.left + place))\" cy=\"36\" r=\"2.5\" fill=\"\(color)\"/><text x=\"\(SVGText.number(Self.left + place + 9))\" y=\"40\">\(text)</text>"
        }
        return mark(5, Self.blue, "a channel") + mark(90, Self.red, "a channel of a layer whose statistics do not fit")
    }

    private func marks(_ layer: DriftReport.Layer, _ position: Int) -> [String] {
        let color = layer.isSuspect ? Self.red : Self.blue
        let name = SVGText.escaped(layer.names.joined(separator: ", "))
        return layer.comparedChannels.flatMap { channel in
            let part = (Double(channel.number) + 0.5) / Double(layer.channels)
            let x = SVGText.number(Self.left + (Double(position) + 0.1 + 0.8 * part) * step)
            func mark(_ y: Double, _ text: String) -> String {
                "<circle cx=\"\(x)\" cy=\"\(SVGText.number(y))\" r=\"1.5\" fill=\"\(color)\" fill-opacity=\"0.6\"><title>\(name), channel \(channel.number): \(text)</title></circle>"
            }
            func pair(_ stored: Double, _ observed: Double) -> String {
                "stored \(SVGText.scientific(stored)), observed \(SVGText.scientific(observed))"
            }
            return [
                mark(means.y(channel.distance), "mean \(pair(channel.storedMean, channel.observedMean))"),
                mark(ratios.y(channel.ratio), "variance \(pair(channel.storedVariance, channel.observedVariance))"),
            ]
        }
    }

    private func labels() -> [String] {
        report.layers.enumerated().map { position, layer in
            SVGChart.name(
                layer.names[0], x: Self.left + (Double(position) + 0.5) * step, below: ratios.bottom,
                color: layer.isSuspect ? Self.red : nil,
                note: layer.comparedChannels.isEmpty ? " (none stored)" : "")
        }
    }
}

extension DriftReport.Layer {
    /// A channel whose stored and observed numbers are all finite.
    fileprivate struct Channel {
        var number: Int
        var storedMean: Double
        var observedMean: Double
        var storedVariance: Double
        var observedVariance: Double

        var distance: Double { (observedMean - storedMean) / storedVariance.squareRoot() }
        var ratio: Double { observedVariance / storedVariance }
    }

    fileprivate var comparedChannels: [Channel] {
        guard let stored, stored.mean.count == channels, observed.mean.count == channels else { return [] }
        return (0..<channels).compactMap { channel in
            guard let mean = stored.mean[channel], let variance = stored.variance[channel], variance > 0,
                let observedMean = observed.mean[channel], let observedVariance = observed.variance[channel]
            else { return nil }
            return Channel(
                number: channel, storedMean: mean, observedMean: observedMean, storedVariance: variance,
                observedVariance: observedVariance)
        }
    }
}
