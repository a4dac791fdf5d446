import Files

/// Lays the outcome of a batch out for people.
public enum BatchText {
    /// The numbers of a batch as a table, each line ended by a newline.
    ///
    /// - Parameters:
    ///   - missing: jobs without a record.
    ///   - results: where the records are.
    public static func summary(_ progress: BatchProgress, missing: Int = 0, results: String) -> String {
        var rows = [["jobs", String(progress.total)], ["done", String(progress.done)]]
        if progress.finishedBefore > 0 { rows.append(["done before", String(progress.finishedBefore)]) }
        if progress.skipped > 0 { rows.append(["without weights", String(progress.skipped)]) }
        rows.append(["failed", String(progress.failed)])
        for (code, count) in progress.failures.sorted(by: { $0.key < $1.key }) {
            rows.append(["  with \(code)", String(count), meaning(of: code)])
        }
        if missing > 0 { rows.append(["missing", String(missing)]) }
        let open = progress.total - progress.ended - missing
        if open > 0 { rows.append(["not run", String(open)]) }
        rows.append(["weights read", ReportText.size(progress.inputBytes)])
        rows.append(["weights written", ReportText.size(progress.outputBytes)])
        if progress.elapsed > .zero {
            let seconds = progress.elapsed.seconds
            rows.append(["seconds", "\((seconds * 100).rounded() / 100)"])
        }
        rows.append(["results", results])
        return TextTable.lines(rows).map { $0 + "\n" }.joined()
    }

    /// How far a batch is that is running: `120 of 500 done`, `2 failed`, `81/s`.
    public static func progress(_ progress: BatchProgress) -> [String] {
        var parts = ["\(progress.ended - progress.failed) of \(progress.total) done"]
        if progress.failed > 0 { parts.append("\(progress.failed) failed") }
        let seconds = progress.elapsed.seconds
        if progress.ended > 0, seconds > 0 {
            let rate = Double(progress.ended) / seconds
            parts.append(rate >= 10 ? "\(Int(min(rate, 1e9).rounded()))/s" : "\((rate * 10).rounded() / 10)/s")
        }
        return parts
    }

    /// What would be done with each job: a line each.
    public static func preview(_ plan: BatchPlan) -> String {
        let finished = plan.finishedJobs()
        let lines = plan.tasks.map { task in
            let verdict = finished.contains(task.job.name) ? "skip" : "fold"
            return "\(verdict)  \(task.job.input) -> \(task.job.output)".printable + "\n"
        }
        return lines.joined() + "\(plan.tasks.count - finished.count) to fold, \(finished.count) done before\n"
    }

    private static func meaning(of code: Int32) -> String {
        switch BNFoldError.Kind(rawValue: code) {
        case .beyond: "the folded network differs"
        case .usage: "wrong options"
        case .malformed: "malformed input"
        case .unreadable: "missing or unreadable input"
        case .unavailable: "a library of the system is missing"
        case .internalFault: "a fault of bnfold, or a worker that died"
        case .cannotCreate: "output that exists or cannot be created"
        case .inputOutput: "reading or writing failed"
        case .cancelled, nil: ""
        }
    }
}
