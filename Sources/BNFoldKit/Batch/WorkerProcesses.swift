import Files

/// Runs jobs in processes of their own, each of which takes one job after the other.
///
/// Processes and not threads, for two reasons: libhdf5 has one lock for a whole process, and a file that makes a C library crash takes
/// only its own job with it. A process that has died is replaced for the next job.
public final class WorkerProcesses: JobPool {
    public let width: Int
    private let executable: String
    private let arguments: [String]
    private var idle: [WorkerProcess] = []
    private var busy: [WorkerProcess] = []
    /// When workers that go on in spite of being asked to stop are killed.
    private var deadline: ContinuousClock.Instant?

    /// - Parameters:
    ///   - executable: a program that calls `serveJobs()`.
    ///   - arguments: what makes it do so, without its own name.
    ///   - count: how many may run at a time; at least 1.
    public init(executable: String, arguments: [String], count: Int) {
        self.executable = executable
        self.arguments = arguments
        width = max(count, 1)
        // A worker that dies makes writing to it an error, and not a signal that ends this process.
        signal(SIGPIPE, SIG_IGN)
    }

    public func start(_ task: JobTask) throws(BNFoldError) {
        // One that died while it had nothing to do is found out here.
        while let worker = idle.popLast() {
            if worker.send(task) {
                busy.append(worker)
                return
            }
            worker.waitForEnd()
        }
        busy.append(try WorkerProcess(executable: executable, arguments: arguments, task: task))
    }

    public func nextOutcome(within milliseconds: Int32) -> (job: BatchJob, outcome: JobOutcome)? {
        if let deadline, deadline < .now { for worker in busy { worker.kill() } }
        var states = busy.map { pollfd(fd: $0.results, events: Int16(POLLIN), revents: 0) }
        guard poll(&states, nfds_t(states.count), milliseconds) > 0 else { return nil }
        guard let index = states.firstIndex(where: { $0.revents != 0 }) else { return nil }
        let worker = busy[index]
        guard let answer = worker.receive() else { return nil }
        busy.remove(at: index)
        let job = worker.task.job
        switch answer {
        case .outcome(let outcome):
            if deadline == nil { idle.append(worker) } else { worker.waitForEnd() }
            return (job, outcome)
        case .end(let complaint):
            let death = worker.waitForEnd()
            tidy(after: job)
            guard deadline == nil else { return (job, .stopped) }
            let message = "\(job.input): the worker \(complaint ?? death) while it was folding this"
            return (job, .ran(JobRecord(job: job, failure: BNFoldError(.internalFault, message))))
        }
    }

    public func stop() {
        guard deadline == nil else { return }
        deadline = .now + Self.grace
        for worker in busy { worker.closeTasks() }
    }

    /// A worker looks at its cancellation between slices of weights, and ends itself when its work does not.
    private static let grace = Duration.seconds(5)

    deinit {
        for worker in idle + busy { worker.waitForEnd() }
    }

    /// Clears away what a worker left that died; it may also have died between the two renames, which are then finished.
    ///
    /// What cannot be cleared away now waits for the next run: it is no reason to fail for more than the death itself.
    private func tidy(after job: BatchJob) {
        (try? openOutputs(try job.places, existing: .replace))?.discard()
    }
}
