import Files

/// What a batch is going to do: its jobs, and what an earlier run says about them. Making it writes nothing.
public struct BatchPlan: Sendable {
    public let request: BatchRequest
    /// The tasks of the shard.
    public let tasks: [JobTask]
    /// What is worth a line before the batch starts.
    public let remarks: [String]

    /// - Throws: `BNFoldError`, also when there are results already and the request tells neither to resume nor to overwrite.
    public init(_ request: BatchRequest) throws(BNFoldError) {
        self.request = request
        try Self.checkPlaces(of: request)
        var list = try BatchList(
            source: request.source, outputFolder: request.outputFolder, defaults: request.defaults,
            resultsPath: request.resultsPath)
        var remarks = list.remarks
        list.keep(request.shard)
        var previous: [String: JobRecord] = [:]
        let results = request.resultsPath
        let size = try liftingFiles { () throws(FileError) in try FileBytes.status(of: results)?.st_size }
        if let size, size > 0 {
            guard request.resumes || request.overwrites else {
                throw BNFoldError(
                    .usage,
                    "\(results): holds the results of an earlier run; --resume goes on where it ended, --force does everything again"
                )
            }
            if request.resumes {
                let reader = try ResultsReader(results)
                previous = reader.latest
                if reader.hasTornLine { remarks.append("\(results): the last line has no end and is dropped") }
            }
        }
        let existing: ExistingOutput =
            request.overwrites ? .replace : request.resumes ? .acceptEqual : .refuse
        tasks = list.jobs.map { job in
            let record = previous[job.name]
            return JobTask(job: job, existing: existing, previous: record?.status == .done ? record : nil)
        }
        self.remarks = remarks
    }

    private static func checkPlaces(of request: BatchRequest) throws(BNFoldError) {
        guard !request.outputFolder.isEmpty else {
            throw BNFoldError(.usage, "the name of the output folder is empty; '.' is the folder that this runs in")
        }
        guard let report = request.reportPath else { return }
        guard !report.isEmpty else { throw BNFoldError(.usage, "the name of the results file is empty") }
        guard try !FilePaths.isFolder(report) else {
            throw BNFoldError(.cannotCreate, "\(report): cannot be created: it is a folder; name a file")
        }
    }

    /// The jobs that an earlier run has finished, by name. Reads their inputs and outputs.
    public func finishedJobs() -> Set<String> {
        Set(
            tasks.filter { task in
                guard task.previous != nil else { return false }
                return (try? ResumeCheck(task, cancellation: request.cancellation))?.isFinished ?? false
            }.map(\.job.name))
    }
}
