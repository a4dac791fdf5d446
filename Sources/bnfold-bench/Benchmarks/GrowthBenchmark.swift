/// How the time grows with the number of layers.
struct GrowthBenchmark {
    let folding: FoldBenchmark

    private static let layerCounts = [1_250, 2_500, 5_000, 10_000]

    /// One net of many small layers.
    struct Row: Codable {
        var layers: Int
        /// The whole of `bnfold fold`.
        var fold: Figures
        /// `bnfold inspect` with the prototxt alone: start, parsing, graph and plan, and no weights.
        var plan: Figures
        var foldProcessorSecondsPerLayer: Double
        var planProcessorSecondsPerLayer: Double
    }

    /// Folds and plans nets of all sizes in turn.
    func rows() throws(BenchmarkError) -> [Row] {
        let programs = folding.programs
        var contenders: [Contender] = []
        for count in Self.layerCounts {
            let model = try ModelFiles(making: .chain(layers: count), in: folding.workspace)
            contenders.append(folding.fold(model.weights, to: "folded-\(count).caffemodel.h5"))
            contenders.append(
                Contender(
                    name: "bnfold inspect",
                    command: [programs.bnfold, "inspect", "--prototxt", model.prototxt, "--quiet"]))
        }
        let figures = try Contest(contenders: contenders).run(
            rounds: folding.rounds, runner: programs.runner, workspace: folding.workspace)
        return Self.layerCounts.enumerated().map { index, count in
            let (fold, plan) = (figures[2 * index], figures[2 * index + 1])
            return Row(
                layers: count, fold: fold, plan: plan,
                foldProcessorSecondsPerLayer: fold.processorSeconds / Double(count),
                planProcessorSecondsPerLayer: plan.processorSeconds / Double(count))
        }
    }
}
