/// All figures of a run.
struct BenchmarkReport: Codable {
    var machine: Machine
    var rounds: Int
    var comparisons: [Comparison] = []
    var growth: [GrowthBenchmark.Row]?
    var forwardPasses: [ForwardPassBenchmark.Result]?

    init(machine: Machine, rounds: Int) {
        self.machine = machine
        self.rounds = rounds
    }

    /// Tables for a reader.
    func text() -> String {
        var lines = [machine.text, "medians of \(rounds) rounds in turn"]
        if !comparisons.isEmpty { lines += [""] + comparisonTable.lines + remarks }
        if let growth { lines += [""] + Self.growthTable(growth).lines }
        if let forwardPasses { lines += [""] + Self.passTable(forwardPasses).lines }
        return lines.map { $0 + "\n" }.joined()
    }

    private var comparisonTable: TextTable {
        var table = TextTable(
            header: [
                "", "input MiB", "", "wall ms", "cpu ms", "peak MiB", "bnfold/it: wall", "cpu", "it/bnfold: wall",
            ], leftAligned: [0, 2])
        for comparison in comparisons {
            for (index, figures) in comparison.contenders.enumerated() {
                let size = comparison.inputBytes.map { Number.mebibytes($0) } ?? ""
                var row = [
                    index == 0 ? comparison.name : "", index == 0 ? size : "", figures.name,
                    Number.milliseconds(figures.wallSeconds), Number.milliseconds(figures.processorSeconds),
                    Number.mebibytes(figures.peakMemoryBytes),
                ]
                if index > 0 {
                    let ratio = comparison.ratios[index - 1]
                    row += [ratio.bnfoldWall, ratio.bnfoldProcessor, ratio.contenderWall].map {
                        Number.fixed($0, digits: 2)
                    }
                }
                table.rows.append(row)
            }
        }
        return table
    }

    private var remarks: [String] {
        comparisons.map { (["\($0.name): \($0.subject)"] + $0.remarks).joined(separator: "; ") }
    }

    private static func growthTable(_ rows: [GrowthBenchmark.Row]) -> TextTable {
        TextTable(
            header: [
                "layers", "fold: wall ms", "cpu ms", "cpu us/layer", "peak MiB", "inspect without weights: wall ms",
                "cpu ms", "cpu us/layer",
            ],
            rows: rows.map { row in
                [
                    "\(row.layers)", Number.milliseconds(row.fold.wallSeconds),
                    Number.milliseconds(row.fold.processorSeconds),
                    Number.fixed(row.foldProcessorSecondsPerLayer * 1e6, digits: 1),
                    Number.mebibytes(row.fold.peakMemoryBytes),
                    Number.milliseconds(row.plan.wallSeconds), Number.milliseconds(row.plan.processorSeconds),
                    Number.fixed(row.planProcessorSecondsPerLayer * 1e6, digits: 1),
                ]
            })
    }

    private static func passTable(_ results: [ForwardPassBenchmark.Result]) -> TextTable {
        TextTable(
            header: [
                "forward pass of", "threads", "GFLOP", "ms", "GFLOP/s", "its products alone: ms", "GFLOP/s",
                "% of their speed",
            ],
            rows: results.map { result in
                [
                    result.name, "\(result.threads)", Number.fixed(Double(result.operations) / 1e9, digits: 2),
                    Number.milliseconds(result.passSeconds), Number.fixed(result.passGigaflops, digits: 1),
                    Number.milliseconds(result.productSeconds), Number.fixed(result.productGigaflops, digits: 1),
                    Number.fixed(result.share * 100, digits: 0),
                ]
            }, leftAligned: [0])
    }
}
