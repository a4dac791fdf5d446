/// A job, with what an earlier run says about it.
public struct JobTask: Hashable, Sendable {
    public var job: BatchJob
    public var existing: ExistingOutput
    /// The record of an earlier run that did this job.
    public var previous: JobRecord?

    public init(job: BatchJob, existing: ExistingOutput, previous: JobRecord? = nil) {
        self.job = job
        self.existing = existing
        self.previous = previous
    }
}

/// How a job ended.
public enum JobOutcome: Hashable, Sendable {
    /// It ran, whether it succeeded or not.
    case ran(JobRecord)
    /// The earlier run's record still holds; nothing was done.
    case finishedBefore(JobRecord)
    /// It was stopped from outside and left nothing behind.
    case stopped
}
