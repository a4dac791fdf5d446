import Files
import JSON

/// The other side of `WorkerProcesses`: runs the tasks that come from standard input until it ends.
///
/// Standard input also tells whether the batch lives: when it is closed, a job that is running is stopped and cleared away. So signals
/// that stop a whole group of processes are ignored here; the batch decides what becomes of the jobs.
///
/// - Parameter memoryLimit: the most memory that the comparison of a job may take, in bytes; `nil` for three quarters of what there is.
public func serveJobs(memoryLimit: Int? = nil) {
    for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
    let cancellation = Cancellation()
    ChildProcess.whenStarterEnds {
        cancellation.cancel()
        // Work that waits for a disk or a pipe does not see it.
        sleep(1)
        OpenOutputs.shared.abandon(patience: .seconds(3))
        _exit(BNFoldError.Kind.cancelled.rawValue)
    }
    let worker = JobWorker(memoryLimit: memoryLimit)
    while let line = readLine(strippingNewline: true) {
        let outcome: JobOutcome
        do throws(JSONError) {
            let task = try JobTask(try JSONFields(try JSONParser.parse(Array(line.utf8))))
            outcome = worker.run(task, cancellation: cancellation)
        } catch {
            // Only a batch of this version talks to it.
            return
        }
        guard answer(outcome.json.text + "\n") else { return }
    }
}

/// Writes to standard output; `false` when nobody reads it.
private func answer(_ line: String) -> Bool {
    do throws(SystemError) {
        try SystemCall.write(Array(line.utf8), to: STDOUT_FILENO)
        return true
    } catch {
        return false
    }
}
