/// What runs the jobs of a batch, some of them at the same time.
///
/// `WorkerProcesses` runs them in processes of their own, `InProcessPool` in this one.
public protocol JobPool: AnyObject {
    /// How many jobs may run at a time.
    var width: Int { get }

    /// Begins a job. Called only while fewer than `width` are running.
    ///
    /// - Throws: when no job can be run at all; a fault of one job is its outcome.
    func start(_ task: JobTask) throws(BNFoldError)

    /// Waits for any job to end, but no longer than this; a signal may end the wait early.
    func nextOutcome(within milliseconds: Int32) -> (job: BatchJob, outcome: JobOutcome)?

    /// Asks running jobs to end without a result. Their outcomes are still to be fetched.
    func stop()
}

/// Runs one job after the other in this process: for programs that use the library and for tests.
public final class InProcessPool: JobPool {
    public let width = 1
    private let run: (JobTask, Cancellation) -> JobOutcome
    private let cancellation: Cancellation
    private var task: JobTask?

    /// Folds as `fold(_:)` does.
    ///
    /// - Parameter cancellation: the one that stops the batch, for it cannot do so by itself while a job runs.
    public convenience init(cancellation: Cancellation) {
        let worker = JobWorker()
        self.init(cancellation: cancellation) { task, cancellation in
            worker.run(task, cancellation: cancellation)
        }
    }

    /// Does with each job what the caller wants.
    public init(cancellation: Cancellation, run: @escaping (JobTask, Cancellation) -> JobOutcome) {
        self.cancellation = cancellation
        self.run = run
    }

    public func start(_ task: JobTask) { self.task = task }

    public func nextOutcome(within milliseconds: Int32) -> (job: BatchJob, outcome: JobOutcome)? {
        guard let task else { return nil }
        self.task = nil
        return (task.job, run(task, cancellation))
    }

    public func stop() { cancellation.cancel() }
}
