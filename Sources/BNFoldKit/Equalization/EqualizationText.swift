/// Lays out for people what became of the ranges of channels.
struct EqualizationText {
    var isVerbose = false

    /// More layers than this are told by the worst ones.
    private static let longList = 40

    /// What the rows are about, as a heading.
    static let heading =
        "ranges of channels: the largest in multiples of the median, and what int8 leaves of the weights"

    /// A row for each layer.
    func rows(_ report: EqualizationReport) -> [[String]] {
        let isLong = report.layers.count > Self.longList && !isVerbose
        let shown =
            isLong
            ? report.layers.filter { Self.isWorthTelling($0) }
            : report.layers
        var rows = shown.map { layer in
            [
                layer.layer.name, layer.scaled == 0 ? "as it was" : "\(layer.scaled) of \(layer.channels) scaled",
                Self.pair(layer.ratioBefore, layer.ratioAfter, unit: ""),
                Self.pair(layer.signalToNoiseBefore, layer.signalToNoiseAfter, unit: " dB"),
                layer.kept.first.map { Self.reason($0, of: layer) } ?? "",
            ]
        }
        if shown.count < report.layers.count {
            rows.append(["and \(report.layers.count - shown.count) more", "(--verbose lists them)"])
        }
        return rows
    }

    /// What is told behind the rows.
    func summary(_ report: EqualizationReport) -> [String] {
        guard report.layers.contains(where: { $0.scaled > 0 }) else {
            return ["no range could be made equal to another: all stays as it was"]
        }
        var lines: [String] = []
        if let before = report.worstBefore, let after = report.worstAfter, let old = before.ratioBefore,
            let new = after.ratioAfter
        {
            lines.append(
                "worst ratio \(Self.number(old)) ('\(before.layer.name)') before, \(Self.number(new)) ('\(after.layer.name)') after \(report.rounds) rounds"
                    + (report.converged ? "" : ", which did not end in agreement"))
        }
        return lines
    }

    private static func isWorthTelling(_ layer: EqualizationReport.Layer) -> Bool {
        (layer.ratioBefore ?? 0) >= 10 || (layer.ratioAfter ?? 0) >= 10
    }

    private static func reason(_ kept: EqualizationReport.Kept, of layer: EqualizationReport.Layer) -> String {
        (kept.channels == layer.channels ? "" : "\(kept.channels) stay: ") + kept.reason.sentence
            + (layer.kept.count > 1 ? " (and \(layer.kept.count - 1) more reasons)" : "")
    }

    private static func pair(_ before: Double?, _ after: Double?, unit: String) -> String {
        let (old, new) = (before.map(number) ?? "-", after.map(number) ?? "-")
        return old == new ? old + (before == nil ? "" : unit) : "\(old) -> \(new)\(unit)"
    }

    /// Three digits.
    static func number(_ number: Double) -> String {
        guard number.isFinite, number < 1e9 else { return SVGText.scientific(number) }
        if number >= 100 { return "\(Int(number.rounded()))" }
        let digits = number >= 10 ? 10.0 : 100.0
        return "\((number * digits).rounded() / digits)"
    }
}
