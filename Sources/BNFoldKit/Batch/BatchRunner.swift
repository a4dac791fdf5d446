import Files

/// Does what a plan says, with the jobs run by a pool.
///
/// - Parameters:
///   - observer: told what happens, in the calling thread, at least ten times a second.
/// - Returns: how far the batch came: to its end, unless it was stopped or stops at the first failure.
/// - Throws: `BNFoldError` when there can be no batch: another one is at work in the folder, or no job can be run at all.
public func runBatch(
    _ plan: BatchPlan, pool: some JobPool, observer: (BatchEvent) -> Void
) throws(BNFoldError) -> BatchProgress {
    let request = plan.request
    try FilePaths.makeFolder(FilePaths.absolute(request.outputFolder))
    let lock = try lock(request)
    defer { withExtendedLifetime(lock) {} }
    let results = try ResultsFile(request.resultsPath, keepsRecords: request.resumes)
    var runner = BatchRunner(plan: plan, results: results)
    return try runner.run(pool, observer)
}

private struct BatchRunner {
    let plan: BatchPlan
    let results: ResultsFile
    private var progress: BatchProgress
    private let start = ContinuousClock.now
    /// Jobs that have begun and not ended.
    private var running = 0
    private var isStopping = false
    private var unwrittenRecords = 0
    private var writeError: BNFoldError?

    init(plan: BatchPlan, results: ResultsFile) {
        self.plan = plan
        self.results = results
        progress = BatchProgress(total: plan.tasks.count)
    }

    mutating func run(_ pool: some JobPool, _ observer: (BatchEvent) -> Void) throws(BNFoldError) -> BatchProgress {
        var waiting = plan.tasks[...]
        var fault: BNFoldError?
        while true {
            if plan.request.cancellation.isCancelled { stop(pool) }
            while !isStopping, running < pool.width, let task = waiting.popFirst() {
                do throws(BNFoldError) {
                    if let failure = makeFolders(for: task.job) {
                        settle(.ran(JobRecord(job: task.job, failure: failure)), pool, observer)
                    } else {
                        try pool.start(task)
                        running += 1
                    }
                } catch {
                    fault = error
                    stop(pool)
                }
            }
            guard running > 0 else { break }
            if let ended = pool.nextOutcome(within: Self.patience) {
                running -= 1
                settle(ended.outcome, pool, observer)
            }
            tell(observer)
        }
        tell(observer)
        if let fault { throw fault }
        if let writeError {
            throw BNFoldError(
                writeError.kind,
                "\(writeError.message); \(unwrittenRecords) records are missing; make room and run again with --resume")
        }
        return progress
    }

    /// In milliseconds: how soon a signal is noticed, and how often progress is told.
    private static let patience: Int32 = 100

    private mutating func stop(_ pool: some JobPool) {
        guard !isStopping else { return }
        isStopping = true
        pool.stop()
    }

    /// Outputs may lie in folders that are not there yet.
    private func makeFolders(for job: BatchJob) -> BNFoldError? {
        do throws(BNFoldError) {
            for path in Set([job.output, job.outputNetwork].compactMap(\.self).map(FileBytes.folder)) {
                try FilePaths.makeFolder(path)
            }
            return nil
        } catch {
            return error
        }
    }

    private mutating func settle(_ outcome: JobOutcome, _ pool: some JobPool, _ observer: (BatchEvent) -> Void) {
        progress.add(outcome)
        guard case .ran(let record) = outcome else { return }
        do throws(BNFoldError) {
            try results.append(record)
        } catch {
            // The batch goes on: what it does is not lost, only not written down.
            if writeError == nil { observer(.notice(error.message)) }
            writeError = error
            unwrittenRecords += 1
        }
        for notice in record.notices { observer(.notice("\(record.job.input): \(notice)")) }
        if record.status == .failed {
            observer(.failure(record))
            if plan.request.stopsAtFirstFailure { stop(pool) }
        }
    }

    private mutating func tell(_ observer: (BatchEvent) -> Void) {
        progress.elapsed = ContinuousClock.now - start
        observer(.progress(progress))
    }
}

/// Keeps two batches from working in one folder. Shards of one list may do so.
private func lock(_ request: BatchRequest) throws(BNFoldError) -> FileLock {
    let shard = request.shard
    let isWhole = shard.count == 1
    return try liftingFiles { () throws(FileError) in
        try FileLock(
            FilePaths.join(
                request.outputFolder, isWhole ? ".bnfold-batch" : ".bnfold-batch-\(shard.index)-of-\(shard.count)"),
            for: request.outputFolder,
            advice:
                "another batch\(isWhole ? "" : " for shard \(shard)") is at work in this folder; wait for it, or name another with --output-dir"
        )
    }
}
