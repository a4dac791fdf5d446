import Files
import Folding

/// Lays a report out for people.
public struct ReportText: Sendable {
    /// Use the terminal's colours.
    public var isColored = false
    /// Tell also what deployment did to each layer.
    public var isVerbose = false

    public init(isColored: Bool = false, isVerbose: Bool = false) {
        self.isColored = isColored
        self.isVerbose = isVerbose
    }

    /// The report as lines of aligned text, each ended by a newline.
    public func render(_ report: FoldReport) -> String {
        var lines = [bold((report.network.isEmpty ? "network" : report.network) + ": ") + summary(report)]
        lines += section(
            "folded",
            report.folds.map { fold in
                [
                    fold.into.name, "<- " + fold.from.map(\.name).joined(separator: ", "), channels(fold.channels),
                    (ways(fold.takes) + (fold.addsBias ? ["gains a bias"] : [])).joined(separator: "; "),
                ]
            })
        lines += section(
            "what nothing takes",
            report.scales.flatMap { scale in
                let from = scale.from.map(\.name).joined(separator: ", ")
                let rest = FoldReport.Reason.sentences(scale.reason, scale.forwardReason)
                let name = scale.layer.name + (scale.isInserted ? " (new)" : "")
                return [[name, "\(scale.type) <- \(from)", channels(scale.channels), rest.first ?? ""]]
                    + rest.dropFirst().map { ["", "", "", $0] }
            })
        lines += section("stays", kept(report))
        if !report.dropped.isEmpty {
            lines += section("changes nothing and goes", report.dropped.map { [$0.name, $0.type] })
        }
        lines += section(
            "no longer shared",
            report.unshared.map { parameter in
                let groups = parameter.groups.map { $0.joined(separator: " = ") }.joined(separator: ", ")
                return [parameter.name, groups, "their folds differ"]
            })
        if let half = report.half {
            lines += ["", bold("half precision"), "  " + half.summary] + TextTable.lines(half.rows)
        }
        lines += section(
            "\(report.vocabulary.values) with other numbers than before",
            report.regauged.map { [$0.from, "-> " + $0.to, "by " + $0.layer.name] })
        lines += equalization(report)
        lines += section("deployment", deployment(report))
        lines += switched(report)
        lines += section(
            "preparation of the data, which the data layer did and the caller does now", preparation(report))
        lines += section(
            "weights that the network lacks, and that are left out",
            report.surplus.map { layer in
                let shapes = layer.shapes.map { $0.map(String.init).joined(separator: "x") }
                return [layer.name, layer.type ?? "", shapes.joined(separator: ", ")]
            })
        if isVerbose { lines += section("renamed", report.renamed.map { [$0.from, "-> " + $0.to] }) }
        if let search = report.search { lines += ["", search.sentence] }
        lines += ["", bold("before and after")]
        lines += TextTable.lines(counts(report), alignsRight: true)
        if let channels = report.constantChannels { lines += channels.lines(isVerbose: isVerbose, bold: bold) }
        if let drift = report.drift { lines += [""] + drift.lines(isVerbose: isVerbose) }
        if let calibration = report.calibration { lines += ["", calibration.summary.printable] }
        if let verification = report.verification {
            lines += ["", VerifyText(isColored: isColored).summary(verification)]
        }
        if let output = report.output {
            lines += [
                "",
                ("wrote " + [output.weights, output.network].compactMap(\.self).joined(separator: " and ")).printable,
            ]
        }
        lines += remaining(report)
        return lines.map { $0 + "\n" }.joined()
    }

    /// What is worth telling about weights and network, and the findings, one a line, each with its severity.
    public func diagnostics(_ report: FoldReport) -> [String] {
        report.remarks.map(\.line) + (report.verification?.remarks ?? []).map(\.line)
            + report.findings.map { "\($0.severity): layer '\($0.layer)': \($0.message)" }
    }

    private func summary(_ report: FoldReport) -> String {
        let counts = report.vocabulary.affineTypes.map { ($0, report.count(of: $0)) }.filter {
            $0.1.before + $0.1.after > 0
        }
        guard !counts.isEmpty else { return "no \(report.vocabulary.affineLayers); nothing to fold" }
        return counts.map { "\($0) \($1.before) -> \($1.after)" }.joined(separator: ", ")
    }

    /// Layers that stay; many for one reason are told by some names and their number.
    private func kept(_ report: FoldReport) -> [[String]] {
        var rows: [[String]] = []
        var named: [FoldReport.Reason: Int] = [:]
        let counts = report.kept.reduce(into: [FoldReport.Reason: Int]()) { $0[$1.reason, default: 0] += 1 }
        for layer in report.kept {
            let count = counts[layer.reason, default: 0]
            let isLong = count > Self.longList && !isVerbose
            let position = named[layer.reason, default: 0]
            named[layer.reason] = position + 1
            if !isLong || position < 3 {
                let all = FoldReport.Reason.sentences(layer.reason, layer.forwardReason)
                rows.append([layer.layer.name, layer.layer.type, all[0]])
                rows += all.dropFirst().map { ["", "", $0] }
            } else if position == 3 {
                rows.append(["and \(count - 3) more", layer.layer.type, "for the same reason (--verbose lists them)"])
            }
        }
        return rows
    }

    /// More layers than this that stay for one reason are not listed one by one.
    private static let longList = 8

    /// Where affines that were not directly before or behind came along.
    private func ways(_ takes: [FoldReport.Take]) -> [String] {
        takes.filter { $0.direction == FoldDirection.forward.rawValue || !$0.through.isEmpty }.map { take in
            let passed = take.through.map(\.name).joined(separator: ", ")
            let direction = take.direction == FoldDirection.forward.rawValue ? "forward" : "back"
            return "\(take.from.last?.name ?? "") \(direction)\(passed.isEmpty ? "" : " through \(passed)")"
        }
    }

    private func deployment(_ report: FoldReport) -> [[String]] {
        if isVerbose { return report.deployment.map { [$0.layer.name, $0.layer.type, $0.sentence] } }
        // What merely goes is told as a number.
        var rows = report.deployment.filter { ["input", "function"].contains($0.change) }.map {
            [$0.layer.name, $0.layer.type, $0.sentence]
        }
        let gone = report.deployment.filter { !["input", "function"].contains($0.change) }
        if !gone.isEmpty {
            let types = gone.reduce(into: [String: Int]()) { $0[$1.layer.type, default: 0] += 1 }
            let list = types.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            rows.append(["gone", list, ""])
        }
        if !report.renamed.isEmpty {
            rows.append([
                "renamed", "\(report.renamed.count) layers", "names that HDF5 cannot hold (--verbose lists them)",
            ])
        }
        return rows
    }

    /// What each data layer did, in the order of its fields.
    private func preparation(_ report: FoldReport) -> [[String]] {
        report.preprocessing.map { data in
            let steps = data.steps.map { step in
                "\(step.field.split(separator: ".").last ?? "") \(step.value)"
            }
            return [data.value, steps.joined(separator: "; ")]
        }
    }

    // MARK: Statistics of the batch

    private func switched(_ report: FoldReport) -> [String] {
        let count = report.batchStatistics.switched.count
        guard count > 0 else { return [] }
        let words = report.vocabulary
        let isOne = count == 1
        return [
            "  \(count) \(isOne ? "\(words.normalization) says" : "\(words.normalizations) say") \(words.batchStatisticsSetting), as training needs; deployed with \(isOne ? "its" : "their") stored statistics"
        ]
    }

    private func remaining(_ report: FoldReport) -> [String] {
        let count = report.batchStatistics.remaining.count
        guard count > 0 else { return [] }
        let words = report.vocabulary
        let depends = count == 1 ? "\(words.normalization) still depends" : "\(words.normalizations) still depend"
        return [
            "",
            "\(count) \(depends) on the batch: the result for one input changes with the others that it is computed together with",
        ] + (report.batchStatistics.remedy.map { ["  what to do: \($0)"] } ?? [])
    }

    private func counts(_ report: FoldReport) -> [[String]] {
        var rows = [["layers", String(report.layers.before), String(report.layers.after)]]
        for name in report.vocabulary.affineTypes {
            let counts = report.count(of: name)
            if counts.before + counts.after > 0 { rows.append([name, String(counts.before), String(counts.after)]) }
        }
        if let bytes = report.input.weightBytes {
            rows.append(["weights", Self.size(bytes), report.output?.weightBytes.map(Self.size) ?? ""])
        }
        return rows
    }

    private func equalization(_ report: FoldReport) -> [String] {
        guard let equalization = report.equalization else { return [] }
        let text = EqualizationText(isVerbose: isVerbose)
        let count = equalization.values.count
        let renamed =
            count == 0
            ? []
            : [
                "\(count) \(count == 1 ? report.vocabulary.value : report.vocabulary.values) hold other numbers than before, under new names"
                    + (isVerbose ? "" : " (--verbose lists them)")
            ]
        return section(EqualizationText.heading, text.rows(equalization))
            + (text.summary(equalization) + renamed).map { "  " + $0.printable }
            + (isVerbose
                ? section(
                    "\(report.vocabulary.values) with other ranges",
                    equalization.values.map { [$0.from, "-> " + $0.to] })
                : [])
    }

    private func channels(_ count: Int) -> String { count == 1 ? "1 channel" : "\(count) channels" }

    private func section(_ title: String, _ rows: [[String]]) -> [String] {
        rows.isEmpty ? [] : ["", bold(title)] + TextTable.lines(rows)
    }

    private func bold(_ text: String) -> String {
        isColored ? "\u{1B}[1m\(text.printable)\u{1B}[0m" : text.printable
    }

    /// A size in the unit that leaves up to four digits.
    public static func size(_ bytes: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        return unit == 0 ? "\(bytes) B" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
