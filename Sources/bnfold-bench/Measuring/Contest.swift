/// A program with its arguments, and what it is called in the results.
struct Contender {
    let name: String
    let command: [String]
    /// What the program writes; removed after each run.
    var outputs: [String] = []
}

/// Programs that are run in turn: what disturbs the machine for a while then disturbs all of them.
struct Contest {
    let contenders: [Contender]
    /// A file that all of them read.
    var input: String?

    /// Runs each contender once to watch its memory, then all of them in turn to measure the time.
    ///
    /// Before each run the input is read through, so that every contender finds it in the system's cache.
    ///
    /// - Parameter inspectOutputs: called after the first round, while all outputs are there.
    /// - Returns: the figures of each contender.
    func run(
        rounds: Int, runner: ProcessRunner, workspace: Workspace,
        inspectOutputs: () throws(BenchmarkError) -> Void = {}
    ) throws(BenchmarkError) -> [Figures] {
        let outputs = contenders.flatMap(\.outputs)
        defer { workspace.remove(outputs) }
        workspace.remove(outputs)
        var peaks: [Int?] = []
        for contender in contenders { peaks.append(try runner.peakMemory(of: contender.command)) }
        try inspectOutputs()
        workspace.remove(outputs)
        var runs = [[ProcessTimes]](repeating: [], count: contenders.count)
        for _ in 0..<rounds {
            for (index, contender) in contenders.enumerated() {
                if let input { try FileCache.warm(input) }
                runs[index].append(try runner.times(of: contender.command))
                workspace.remove(contender.outputs)
            }
        }
        return contenders.indices.map { Figures(contenders[$0], runs: runs[$0], peakMemory: peaks[$0]) }
    }
}
