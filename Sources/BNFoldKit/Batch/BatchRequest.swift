/// What a batch is to do.
public struct BatchRequest: Sendable {
    /// A folder with snapshots, or a manifest.
    public var source: String
    /// Where the outputs go; made when it is missing.
    public var outputFolder: String
    public var defaults = JobDefaults()
    public var shard = Shard.whole
    /// The results file; `nil` for `results.jsonl` in the output folder, or `results-I-of-N.jsonl` for a shard.
    public var reportPath: String?
    /// Go on where an earlier run ended.
    public var resumes = false
    /// Replace output that exists; without `resumes`, results that exist as well.
    public var overwrites = false
    public var stopsAtFirstFailure = false
    public var cancellation = Cancellation()

    public init(source: String, outputFolder: String) {
        self.source = source
        self.outputFolder = outputFolder
    }

    /// Where the results go.
    public var resultsPath: String {
        let name = shard.count == 1 ? "results.jsonl" : "results-\(shard.index)-of-\(shard.count).jsonl"
        return reportPath ?? FilePaths.join(outputFolder, name)
    }
}

/// What happens while a batch runs.
public enum BatchEvent: Sendable {
    /// Some time has passed or a job has ended.
    case progress(BatchProgress)
    /// A job has failed.
    case failure(JobRecord)
    /// Something that is worth a line.
    case notice(String)
}

/// How far a batch is.
public struct BatchProgress: Hashable, Sendable {
    public var total = 0
    public var done = 0
    /// Done by an earlier run.
    public var finishedBefore = 0
    /// Without weights to fold.
    public var skipped = 0
    /// Failed jobs by exit code.
    public var failures: [Int32: Int] = [:]
    public var inputBytes = 0
    public var outputBytes = 0
    public var elapsed = Duration.zero

    public init(total: Int = 0) { self.total = total }

    public var failed: Int { failures.values.reduce(0, +) }
    public var ended: Int { done + finishedBefore + skipped + failed }
    /// What has ended, from 0 to 1.
    public var fraction: Double { total > 0 ? Double(ended) / Double(total) : 1 }

    mutating func add(_ outcome: JobOutcome) {
        switch outcome {
        case .finishedBefore: finishedBefore += 1
        case .stopped: break
        case .ran(let record):
            switch record.status {
            case .done: done += 1
            case .skipped: skipped += 1
            case .failed: failures[record.failure?.exitCode ?? 0, default: 0] += 1
            }
            inputBytes += record.sizes.input ?? 0
            outputBytes += record.sizes.output ?? 0
        }
    }
}
