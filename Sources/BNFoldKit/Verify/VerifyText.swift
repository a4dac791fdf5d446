import Files

/// Lays the outcome of a comparison out for people.
public struct VerifyText: Sendable {
    /// Use the terminal's colours.
    public var isColored = false
    /// Tell every value and every fold.
    public var isVerbose = false

    public init(isColored: Bool = false, isVerbose: Bool = false) {
        self.isColored = isColored
        self.isVerbose = isVerbose
    }

    /// The report as lines of aligned text, each ended by a newline; the verdict last.
    public func render(_ report: VerifyReport) -> String {
        var lines = [bold("\(report.original.weights ?? "") against \(report.folded.weights ?? "")")]
        lines += TextTable.lines(overview(report))
        lines += findings(report)
        lines += ["", verdict(report)]
        return lines.map { $0 + "\n" }.joined()
    }

    /// The outcome in one line, for a report of another kind.
    public func summary(_ report: VerifyReport) -> String {
        let tolerance = report.toleranceReason.map { ", tolerance \(Self.number(report.tolerance)) \($0)" } ?? ""
        return "verified on \(samples(report.samples))\(tolerance): \(folds(report)); ".printable + verdict(report)
    }

    /// The values and folds that matter, as sections of indented lines.
    func findings(_ report: VerifyReport) -> [String] {
        var lines: [String] = []
        let shown = report.values.filter { isVerbose || $0.isBeyond || $0.isOutput || $0.beforeOutput != nil }
        lines += section(
            isVerbose ? report.vocabulary.values : "outputs, and what is beyond", shown.prefix(limit).map(row))
        if shown.count > limit { lines.append("  and \(shown.count - limit) more (--verbose lists them)") }
        let folds = report.folds.filter { isVerbose || $0.isBeyond || $0.coverage == "none" }
        lines += section(isVerbose ? "folds" : "folds to look at", folds.prefix(limit).map(row))
        if folds.count > limit { lines.append("  and \(folds.count - limit) more (--verbose lists them)") }
        lines += section("could not run", report.obstacles.map { [$0] })
        return lines + classes(report)
    }

    var limit: Int { isVerbose ? .max : 12 }

    private func overview(_ report: VerifyReport) -> [[String]] {
        var rows = [["samples", samples(report.samples)]]
        rows.append([
            "run in",
            "\(report.precision) precision"
                + (report.simulation == nil ? ", tolerance \(Self.number(report.tolerance))" : "")
                + (report.toleranceReason.map { " \($0)" } ?? ""),
        ])
        if let simulation = report.simulation { rows.append(["weights", simulation.sentence]) }
        rows.append(["layers", "\(report.layersRun) of \(report.layerCount) run"])
        let compared = report.values.filter { $0.obstacle == nil }
        var text = "\(compared.count) of \(report.values.count) compared"
        if let worst = compared.filter({ !$0.isDecision }).max(by: { Self.size($0) < Self.size($1) }) {
            text += ", worst \(Self.relative(worst.largestRelative)) relative ('\(worst.name)')"
        }
        rows.append([report.vocabulary.values, text])
        if report.simulation == nil { rows.append(["folds", folds(report)]) }
        return rows
    }

    private func samples(_ samples: VerifyReport.Samples) -> String {
        if let files = samples.files { return "\(samples.count) of \(files.joined(separator: ", "))" }
        let scale = samples.scale.map {
            ", deviation \(Self.number($0)) as the statistics of '\(samples.scaledBy ?? "")' tell"
        }
        return "\(samples.count) of noise, seed \(samples.seed ?? 0)" + (scale ?? "")
    }

    private func folds(_ report: VerifyReport) -> String {
        guard !report.folds.isEmpty else { return "none: both networks have the same layers and numbers" }
        let network = report.folds.count { $0.coverage == "network" }
        let site = report.folds.count { $0.coverage == "site" }
        let missed = report.folds.count - network - site
        var text = "\(network) tried on the samples"
        if site > 0 { text += ", \(site) on noise of their own" }
        if missed > 0 { text += ", \(missed) not tried" }
        if let worst = report.folds.filter({ $0.coverage != "none" }).max(by: { Self.size($0) < Self.size($1) }) {
            text += "; worst \(Self.share(worst)) (\(Self.title(worst)))"
        }
        return text
    }

    // MARK: Rows

    private func row(_ compared: VerifyReport.ComparedValue) -> [String] {
        if let obstacle = compared.obstacle { return [compared.name, compared.type, "not compared: \(obstacle)"] }
        if let shapes = compared.shapes { return [compared.name, compared.type, "has the shapes \(shapes)"] }
        var text =
            "\(Self.relative(compared.largestRelative)) relative, \(Self.number(compared.largestAbsolute)) absolute"
        if compared.nonFinite > 0 { text = "\(compared.nonFinite) of \(compared.elements) elements are not finite" }
        if let alike = compared.nonFiniteInBoth, alike == compared.elements {
            return [compared.name, compared.type, "no element is finite, in either network: nothing was compared"]
        }
        text += ", rms \(Self.number(compared.rootMeanSquare)), cosine \(Self.cosine(compared.cosine))"
        if compared.largestAbsolute > 0 || compared.nonFinite > 0 {
            text +=
                ", worst at sample \(compared.worstSample) (\(compared.worstIndex.map(String.init).joined(separator: ",")))"
        }
        if let alike = compared.nonFiniteInBoth {
            text += "; \(alike) of \(compared.elements) elements are not finite in both, and were not compared"
        }
        if let output = compared.beforeOutput { text += "; what the last function of '\(output)' reads" }
        if compared.isDecision { text += "; not judged: it follows a layer that decides" }
        return [compared.name, compared.type, text]
    }

    private func row(_ fold: VerifyReport.Fold) -> [String] {
        if fold.coverage == "none" { return [Self.title(fold), "not tried: \(fold.obstacle ?? "")"] }
        if let shapes = fold.shapes { return [Self.title(fold), "gives the shapes \(shapes)"] }
        var text = "\(fold.error.map(Self.number) ?? "not finite") off"
        if let bound = fold.bound { text += ", bound \(Self.number(bound))" }
        text += ": \(Self.share(fold))"
        if let channel = fold.channel { text += ", channel \(channel)" }
        if fold.coverage == "site" { text += ", on noise of its own" }
        return [Self.title(fold), text]
    }

    private static func title(_ fold: VerifyReport.Fold) -> String {
        let changed = fold.changed.isEmpty ? fold.values : fold.changed
        return list(changed) + (fold.removed.isEmpty ? "" : " <- " + list(fold.removed))
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(6).joined(separator: ", ") + (names.count > 6 ? " and \(names.count - 6) more" : "")
    }

    private static func share(_ fold: VerifyReport.Fold) -> String {
        let what = fold.bound == nil ? "the tolerance" : "its bound"
        return "\(fold.ratio.map(number) ?? "infinitely many") times \(what)"
    }

    // MARK: Verdict

    private func verdict(_ report: VerifyReport) -> String {
        if report.isWithin, let simulation = report.simulation {
            let outputs = (report.classes ?? []).filter { $0.layer == nil }
            let agreement = outputs.map { "\($0.equal) of \($0.places) by '\($0.value)'" }.joined(separator: ", ")
            return bold("simulated: ")
                + (agreement.isEmpty
                ? "\(simulation.scheme); no output has scores of classes"
                : "\(simulation.scheme) gives the same class to \(agreement)").printable
        }
        if report.isWithin {
            let missed = report.folds.count { $0.coverage == "none" }
            let caveat = missed == 0 ? "" : "; \(missed) folds could not be tried"
            return bold("within: ") + "the networks agree" + caveat
        }
        let missed = (report.requirements ?? []).filter { !$0.isMet }.map(Self.shortfall).joined(separator: "; ")
        if report.agrees { return bold("beyond: ") + "the networks agree, but \(missed)".printable }
        var text = "the networks differ" + (missed.isEmpty ? "" : "; \(missed)")
        if !report.missingOutputs.isEmpty {
            text += "; the folded network lacks the outputs \(Self.list(report.missingOutputs.map { "'\($0)'" }))"
        }
        if let first = report.first?.value {
            text +=
                "; the first \(report.vocabulary.value) beyond the tolerance is '\(first)', of layer '\(report.first?.layer ?? "")'"
        }
        if let first = report.first, !(first.changed + first.removed).isEmpty {
            let changed = first.changed.isEmpty ? "" : " in \(Self.list(first.changed.map { "'\($0)'" }))"
            let removed = first.removed.isEmpty ? "" : " of \(Self.list(first.removed.map { "'\($0)'" }))"
            text += "; look at the fold\(removed)\(changed)"
        }
        return bold("beyond: ") + text.printable
    }

    // MARK: Numbers

    private static func size(_ compared: VerifyReport.ComparedValue) -> Double { compared.largestRelative ?? .infinity }
    private static func size(_ fold: VerifyReport.Fold) -> Double { fold.ratio ?? .infinity }

    private static func relative(_ number: Double?) -> String { number.map(Self.number) ?? "not finite" }

    /// 1 only where it is 1, or so close that no fewer than nine digits show a difference.
    private static func cosine(_ cosine: Double) -> String {
        cosine == 1 ? "1" : 1 - cosine < 1e-9 ? "1 - \(number(1 - cosine))" : "\(Float(cosine))"
    }

    /// Two digits are enough for an error.
    static func number(_ number: Double) -> String { ErrorPlot.scientific(number) }

    func section(_ title: String, _ rows: [[String]]) -> [String] {
        rows.isEmpty ? [] : ["", bold(title)] + TextTable.lines(rows)
    }

    private func bold(_ text: String) -> String {
        isColored ? "\u{1B}[1m\(text.printable)\u{1B}[0m" : text.printable
    }
}
