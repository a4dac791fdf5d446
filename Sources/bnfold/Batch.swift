import ArgumentParser
import BNFoldKit

struct Batch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch",
        abstract: "Fold many snapshots, in several processes, on one machine or on many.",
        usage: """
            bnfold batch <snapshots> --output-dir <folder> [--prototxt <file>] [<options>]
            bnfold batch <jobs.jsonl> --output-dir <folder> [<options>]
            bnfold batch --merge-reports <results> ... --output <file> [--manifest <jobs.jsonl> | <snapshots>] [--retry <file>]
            """,
        discussion: """
            Takes a folder, of which every file of weights is folded, or a manifest with one JSON object a line. Each job is independent: one \
            that fails is told and stops no other. A line of JSON for each is written to the results file. See docs/batch.md, and \
            docs/clusters.md for Slurm and Kubernetes.

            Exits with 0 when all succeeded and with 1 when some failed.
            """)

    @Argument(help: ArgumentHelp("A folder with snapshots, or a manifest.", valueName: "snapshots"))
    var sources: [String] = []

    @Option(help: ArgumentHelp("Where the outputs go; made when it is missing.", valueName: "folder"))
    var outputDir: String?

    @OptionGroup(title: Heading.planning) var planning: PlanningArguments

    @OptionGroup(title: Heading.writing) var writing: WritingArguments

    @OptionGroup(title: Heading.caffe) var caffe: CaffeArguments

    @OptionGroup(title: Heading.keras) var keras: KerasArguments

    @OptionGroup(title: Heading.onnx) var onnx: ONNXArguments

    @Option(help: ArgumentHelp("Jobs that run at a time. Default: one for each core.", valueName: "number"))
    var jobs: Int?

    @Flag(help: "Run each network before and after folding, and compare them, as 'bnfold fold --verify' does.")
    var verify = false

    @Option(
        help: ArgumentHelp(
            "The most memory that --verify may take in each job. Default: three quarters of what there is, shared by jobs that run at a time.",
            valueName: "size"))
    var memoryLimit: MemoryLimit?

    @Flag(help: "Go on where an earlier run ended: what it finished is not done again.")
    var resume = false

    @Flag(help: "Overwrite outputs, and results unless --resume.")
    var force = false

    @Flag(help: "Stop at the first job that fails.")
    var failFast = false

    @Option(
        help: ArgumentHelp(
            "Do part I of N, I from 1 on; 'auto': the task of a Slurm array; 'auto/N': the pod of an indexed Job.",
            valueName: "i/n"))
    var shard: String?

    @Option(help: ArgumentHelp("The results. Default: results.jsonl in the output folder.", valueName: "file"))
    var report: String?

    @Flag(help: "List what would be done, and write nothing.")
    var dryRun = false

    @OptionGroup(title: "Merging") var merging: MergeOptions

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    /// Each takes two file descriptors, of which a process often has no more than 1024 on Linux, or 256 on macOS.
    private static let mostJobs = 100

    func validate() throws {
        try writing.validate()
        if merging.mergeReports {
            let others: [(Bool, String)] = [
                (resume, "--resume"), (failFast, "--fail-fast"), (dryRun, "--dry-run"), (shard != nil, "--shard"),
                (report != nil, "--report"), (jobs != nil, "--jobs"), (memoryLimit != nil, "--memory-limit"),
            ]
            for (isGiven, name) in others where isGiven {
                throw ValidationError("\(name) has no use with --merge-reports")
            }
            try merging.validateUse()
        } else {
            try merging.validateAbsence()
            guard sources.count == 1 else {
                throw ValidationError(
                    sources.isEmpty
                        ? "give a folder with snapshots, or a manifest"
                        : "give one folder or manifest, not \(sources.count)")
            }
            guard outputDir != nil else { throw ValidationError("give the folder for the outputs with --output-dir") }
            if let jobs, !(1...Self.mostJobs ~= jobs) {
                throw ValidationError("--jobs takes a number from 1 to \(Self.mostJobs), not \(jobs)")
            }
            // The results are read again by --resume, so they must be a file.
            if report == "-" { throw ValidationError("--report takes a file, not standard output") }
        }
    }

    func run() throws {
        if merging.mergeReports {
            try merging.run(
                sources: sources, outputFolder: outputDir ?? ".", defaults: try defaults(), overwrites: force,
                isQuiet: quiet)
            return
        }
        var request = BatchRequest(source: sources[0], outputFolder: outputDir ?? ".")
        request.defaults = try defaults()
        request.reportPath = report
        request.resumes = resume
        request.overwrites = force
        request.stopsAtFirstFailure = failFast
        let isComplete = try Console.run(stoppableBy: request.cancellation) { () throws(BNFoldError) in
            if let shard { request.shard = try Shard(shard, environment: Console.environment(Shard.variables)) }
            let plan = try BatchPlan(request)
            if !quiet || dryRun {
                for remark in plan.remarks { Console.note("bnfold: \(remark)") }
            }
            if dryRun {
                try Console.print(Array(BatchText.preview(plan).utf8))
                return true
            }
            return try run(plan)
        }
        if !isComplete { throw ExitCode(1) }
    }

    /// - Returns: whether all jobs succeeded.
    private func run(_ plan: BatchPlan) throws(BNFoldError) -> Bool {
        let count = min(jobs ?? Console.coreCount, max(plan.tasks.count, 1))
        // All workers may compare at the same time, so they share what there is.
        let limit = memoryLimit?.bytes ?? VerifyOptions.memoryOfMachine / count
        let pool = WorkerProcesses(
            executable: try Console.executable(),
            arguments: [BatchWorker.configuration.commandName ?? "", "--memory-limit", "\(limit)"], count: count)
        // Workers end what they do, and the summary is printed.
        SignalWatch.setPatience(milliseconds: 8000)
        let bar = ProgressBar(isQuiet: quiet)
        let progress = try runBatch(plan, pool: pool) { event in
            switch event {
            case .progress(let progress):
                bar.show(progress.fraction, BatchText.progress(progress))
            case .failure(let record):
                bar.clear()
                Console.complain(record.failure?.message ?? "")
            case .notice(let text):
                bar.clear()
                Console.note("bnfold: \(text)")
            }
        }
        bar.clear()
        if !quiet {
            try Console.print(Array(BatchText.summary(progress, results: plan.request.resultsPath).utf8))
        }
        if plan.request.cancellation.isCancelled {
            throw BNFoldError(
                .cancelled,
                "stopped after \(progress.ended) of \(progress.total) jobs; --resume goes on with the others")
        }
        return progress.failed == 0 && progress.ended == progress.total
    }

    private func defaults() throws -> JobDefaults {
        var options = JobOptions()
        options.model = try planning.reading.modelOptions()
        options.model.keepsTraining = writing.keepTraining
        caffe.apply(to: &options.model)
        try planning.preparing.apply(to: &options.model)
        onnx.apply(to: &options.model)
        options.planning = planning.planning
        options.compression = writing.compress
        options.verifies = verify
        return JobDefaults(network: try keras.network(orPrototxt: caffe.prototxt), options: options)
    }
}
