/// What it takes to start, and to fold a tiny net.
struct StartBenchmark {
    let folding: FoldBenchmark

    /// Programs that run for milliseconds need more runs for the same trust.
    private static let runsPerRound = 20
    private static let fixture = "fixtures/digits-resnet"

    /// `bnfold --version` against a C program that links the same HDF5 library, or that does nothing.
    func version() throws(BenchmarkError) -> Comparison {
        let programs = folding.programs
        let other =
            programs.hasH5dump
            ? Contender(name: "h5dump --version", command: ["h5dump", "--version"])
            : Contender(name: "true", command: ["true"])
        let figures = try run([Contender(name: "bnfold --version", command: [programs.bnfold, "--version"]), other])
        return Comparison("start", subject: "start of a process", contenders: figures)
    }

    /// Folds a net of the fixtures; `nil` where there are none.
    func tiny() throws(BenchmarkError) -> Comparison? {
        let weights = "\(Self.fixture)/weights.caffemodel.h5"
        guard let size = try? TextFile.size(of: weights) else { return nil }
        // The data that would tell the shape is not there.
        let options = ["--prototxt", "\(Self.fixture)/train_val.prototxt", "--input-shape", "data=1,3,16,16"]
        let figures = try run(
            [folding.fold(weights, to: "folded.caffemodel.h5", options: options)]
                + folding.copies(of: weights, to: "copy.caffemodel.h5"))
        return Comparison("tiny", subject: "fold of \(Self.fixture)", inputBytes: size, contenders: figures)
    }

    private func run(_ contenders: [Contender]) throws(BenchmarkError) -> [Figures] {
        try Contest(contenders: contenders).run(
            rounds: folding.rounds * Self.runsPerRound, runner: folding.programs.runner,
            workspace: folding.workspace)
    }
}
