import ArgumentParser

#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@main
struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bnfold-bench",
        abstract: "Time bnfold against copying the file and against a script with h5py and numpy.",
        discussion: """
            Makes its models, runs the bnfold that lies beside this program, and removes what it made. Run it in bnfold's own folder, built for \
            release, on a machine that does nothing else.
            """)

    @Flag(help: "Print the figures as JSON.")
    var json = false

    @Flag(help: "Fold also a model of 4 GiB.")
    var large = false

    @Option(help: ArgumentHelp("Measure this alone. Repeatable.", valueName: "name"))
    var only: [Benchmark] = []

    @Option(help: ArgumentHelp("How often each program runs, after once without a measurement.", valueName: "number"))
    var rounds = 5

    @Option(help: ArgumentHelp("Where to make a folder for models and outputs.", valueName: "folder"))
    var folder: String?

    @Flag(help: "Leave that folder there.")
    var keep = false

    func validate() throws {
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds takes a number from 1 to 1000") }
    }

    func run() throws {
        Interruption.watch()
        defer { Interruption.complete() }
        #if DEBUG
            note("built for debugging: the figures tell little; use 'swift run -c release bnfold-bench'")
        #endif
        let workspace = try Workspace(in: folder)
        defer {
            if keep { note("\(workspace.folder): is left as it is") } else { workspace.removeAll() }
        }
        var benchmarks = try BenchmarkRun(workspace: workspace, rounds: rounds, note: note)
        for benchmark in Benchmark.allCases where isWanted(benchmark) { try benchmarks.measure(benchmark) }
        print(try json ? JSONDocument.text(benchmarks.report) : benchmarks.report.text(), terminator: "")
    }

    private func isWanted(_ benchmark: Benchmark) -> Bool {
        if benchmark == .large, large { return true }
        return only.isEmpty ? benchmark != .large : only.contains(benchmark)
    }

    /// Tells on standard error what goes on.
    private func note(_ text: String) { fputs("bnfold-bench: \(text)\n", stderr) }
}
