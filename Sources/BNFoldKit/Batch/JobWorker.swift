import Files
import Frontend
import Synchronization

/// Runs jobs one after the other, and keeps what they have in common, such as the network.
public final class JobWorker {
    private var reader = ModelReader()
    private let memoryLimit: Int?

    /// - Parameter memoryLimit: the most memory that the comparison of a job may take, in bytes; `nil` for three quarters of what there is.
    public init(memoryLimit: Int? = nil) { self.memoryLimit = memoryLimit }

    /// Runs a job, unless the record of an earlier run says that this is not needed.
    public func run(_ task: JobTask, cancellation: Cancellation) -> JobOutcome {
        var record = JobRecord(job: task.job, status: .done)
        record.started = UTCTime.now()
        let clock = ContinuousClock()
        let start = clock.now
        do throws(BNFoldError) {
            if let previous = try run(task, into: &record, cancellation: cancellation) {
                return .finishedBefore(previous)
            }
        } catch {
            if error.kind == .cancelled { return .stopped }
            record.status = .failed
            record.failure = JobRecord.Failure(exitCode: error.exitCode, message: error.message)
            record.counts = nil
        }
        record.seconds.total = (clock.now - start).seconds
        return .ran(record)
    }

    /// - Returns: the earlier record, when it still holds.
    private func run(
        _ task: JobTask, into record: inout JobRecord, cancellation: Cancellation
    ) throws(BNFoldError) -> JobRecord? {
        let job = task.job
        if job.mayHoldNoWeights,
            let reason = try Frontends.frontend(of: job.input).reasonForNoWeights(in: job.input)
        {
            record.status = .skipped
            record.reason = reason
            return nil
        }
        let check = try ResumeCheck(task, cancellation: cancellation)
        if check.isFinished, let previous = task.previous { return previous }
        record.sizes.input = FileBytes.size(job.input)
        record.digests = check.digests
        record.seconds.digests = check.seconds

        // Before the outputs are in place: nothing may stop their record then.
        let networkPlace = try job.networkPlace
        let report = try fold(request(for: job, check: check, cancellation), into: &record)
        record.counts = JobRecord.Counts(
            layersBefore: report.layers.before, layersAfter: report.layers.after, folds: report.folds.count,
            scales: report.scales.count, kept: report.kept.count, findings: report.findings.count)
        record.sizes.output = report.output?.weightBytes
        record.verification = report.verification.map { verification in
            JobRecord.Verification(
                samples: verification.samples.count,
                largestRelative: verification.values.compactMap(\.largestRelative).max() ?? 0)
        }

        // The outputs are in place: nothing must stop their record now.
        let finishing = ContinuousClock.now
        record.digests.output = try FileDigest.hexadecimal(of: job.output, cancellation: Cancellation())
        if let network = networkPlace {
            record.digests.outputNetwork = try FileDigest.hexadecimal(of: network, cancellation: Cancellation())
        }
        record.seconds.digests += (ContinuousClock.now - finishing).seconds
        return nil
    }

    private func request(
        for job: BatchJob, check: ResumeCheck, _ cancellation: Cancellation
    ) -> FoldRequest {
        var request = FoldRequest(input: job.input, output: job.output)
        request.network = check.input.network
        request.outputNetwork = job.outputNetwork
        request.model = job.options.model
        request.planning = job.options.planning
        request.compression = job.options.compression
        if job.options.verifies {
            var options = VerifyOptions()
            options.memoryLimit = memoryLimit
            request.verification = options
        }
        request.existing = check.existing
        request.patience = Self.patience
        request.cancellation = cancellation
        return request
    }

    private func fold(_ request: FoldRequest, into record: inout JobRecord) throws(BNFoldError) -> FoldReport {
        let notices = Notices()
        var request = request
        request.notice = { notices.add($0) }
        defer { record.notices = notices.all }
        let report = try BNFoldKit.fold(request, reader: &reader)
        for remark in report.remarks where remark.severity == ReadingRemark.Severity.warning.rawValue {
            notices.add(remark.message)
        }
        return report
    }

    /// How long a worker of a batch that was killed may need to notice it and to clear away what it was writing.
    private static let patience = Duration.seconds(10)
}

/// Collects sentences, from whatever thread they come.
private final class Notices: Sendable {
    private let sentences = Mutex<[String]>([])

    var all: [String] { sentences.withLock { $0 } }
    func add(_ sentence: String) { sentences.withLock { $0.append(sentence) } }
}
