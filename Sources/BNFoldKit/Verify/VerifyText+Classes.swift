extension VerifyText {
    /// How often the networks agree about classes, how often they are right, and where they differ. Noise has no class: there, only differences are told.
    func classes(_ report: VerifyReport) -> [String] {
        let classes = report.classes ?? []
        let shown = classes.filter {
            isVerbose || report.samples.files != nil || report.simulation != nil || $0.equal < $0.places
        }
        var lines = section("classes", shown.flatMap(rows))
        // Where labels are known, they are told with it.
        let isLabelled = shown.contains { $0.accuracies != nil }
        for entry in shown where !entry.differences.isEmpty && (entry.accuracies != nil) == isLabelled {
            let differences = entry.differences.prefix(limit)
            lines += section("where the classes of '\(entry.value)' differ", differences.map { row($0) })
            let more = entry.places - entry.equal - differences.count
            if more > 0 { lines.append("  and \(more) more") }
        }
        return lines
    }

    private func rows(_ entry: VerifyReport.Classes) -> [[String]] {
        let what = entry.placesPerSample > 1 ? "places" : "samples"
        var rows: [[String]] = []
        if entry.layer == nil {
            rows.append([entry.value, "\(entry.equal) of \(entry.places) \(what) get the same class from both"])
        }
        for accuracy in entry.accuracies ?? [] {
            let name = accuracy.topK == 1 ? "accuracy" : "among the first \(accuracy.topK)"
            let layer = entry.layer.map { ", as '\($0)' counts" } ?? ""
            rows.append([
                entry.value,
                "\(name) \(Self.share(accuracy.originalShare)) before, \(Self.share(accuracy.foldedShare)) after (\(accuracy.original) and \(accuracy.folded) of \(accuracy.places) \(what))\(layer)",
            ])
        }
        return rows
    }

    private func row(_ difference: VerifyReport.Classes.Difference) -> [String] {
        let place = difference.place.map { ", place \($0)" } ?? ""
        func choice(_ choice: VerifyReport.Classes.Choice) -> String {
            "\(choice.number)\(choice.margin.map { " by \(Self.number($0))" } ?? "")"
        }
        var text = "class \(choice(difference.original)) before, \(choice(difference.folded)) after"
        if let label = difference.label { text += "; its label is \(label)" }
        return ["sample \(difference.sample)\(place)", text]
    }

    /// What is missing of something that is required, as part of a sentence.
    static func shortfall(_ requirement: VerifyReport.Requirement) -> String {
        let what =
            switch requirement.kind {
            case .accuracy: "the folded network's accuracy by '\(requirement.value)'"
            case .agreement: "the share of equal classes by '\(requirement.value)'"
            }
        return "\(what) is \(share(requirement.found)), and \(share(requirement.wanted)) is required"
    }

    /// Four digits, without rounding up to 1.
    private static func share(_ share: Double) -> String {
        let digits = (share * 10_000).rounded()
        return "\((share < 1 ? min(digits, 9_999) : digits) / 10_000)"
    }
}
