import Files

/// The results of several runs put together: of the shards of a list, and of runs that did again what had failed.
public struct ReportMerge: Sendable {
    /// The record of each job that was started last, in the order of the list, or else of the names.
    public private(set) var records: [JobRecord] = []
    /// Jobs of the list without a record; empty when there is no list.
    public private(set) var missing: [BatchJob] = []
    /// What is worth a line: ends of lines that are gone, records of jobs that are not in the list.
    public private(set) var remarks: [String] = []
    private var listed: [String: BatchJob] = [:]

    /// - Parameters:
    ///   - reports: results files; one that was left by a killed run may end in the middle of a line.
    ///   - list: all jobs that there should be; `nil` when only the reports are known.
    public init(reports: [String], list: BatchList?) throws(BNFoldError) {
        var latest: [String: JobRecord] = [:]
        for path in reports {
            let reader = try ResultsReader(path)
            if reader.hasTornLine { remarks.append("\(path): the last line has no end and is left out") }
            for record in reader.records {
                // Times are texts that sort; of two equal ones the later line counts.
                if let known = latest[record.job.name], known.started > record.started { continue }
                latest[record.job.name] = record
            }
        }
        guard let list else {
            records = latest.values.sorted { FilePaths.precedes($0.job.name, $1.job.name) }
            return
        }
        for job in list.jobs {
            listed[job.name] = job
            if let record = latest.removeValue(forKey: job.name) {
                records.append(record)
            } else {
                missing.append(job)
            }
        }
        if !latest.isEmpty {
            remarks.append(
                "left out \(latest.count) records of jobs that are not in the list, such as '\(latest.keys.min() ?? "")'"
            )
        }
    }

    public var failed: [JobRecord] { records.filter { $0.status == .failed } }
    public var isComplete: Bool { missing.isEmpty && failed.isEmpty }

    /// What the records add up to.
    public var progress: BatchProgress {
        var progress = BatchProgress(total: records.count + missing.count)
        for record in records { progress.add(.ran(record)) }
        return progress
    }

    /// Writes the records, and the jobs that are missing or failed as a manifest.
    ///
    /// - Parameter retry: `nil` for none. None is written either when there is nothing to do again.
    public func write(to path: String, retry: String?, existing: ExistingOutput) throws(BNFoldError) {
        // The list knows best how a job is to be done; without one there are only the records.
        let again = failed.map { listed[$0.job.name] ?? $0.job } + missing
        let outputs = try openOutputs([path] + [retry].compactMap(\.self), existing: existing)
        defer { outputs.discard() }
        if let retry, isComplete { outputs.leaveOut(retry) }
        try liftingFiles { () throws(FileError) in
            try outputs.begin()
            try outputs.write(Self.bytes(records.map(\.line)), to: path)
            if let retry, !isComplete { try outputs.write(Self.bytes(again.map(BatchManifest.line)), to: retry) }
            try outputs.commit()
        }
    }

    private static func bytes(_ lines: [String]) -> [UInt8] { lines.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] } }
}
