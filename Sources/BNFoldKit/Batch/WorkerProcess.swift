import Files
import JSON

/// A process that runs one job at a time: tasks go to its standard input, outcomes come from its standard output, a line each.
///
/// It ends when its standard input does, also because this process was killed; a job that is running is then stopped.
final class WorkerProcess {
    enum Answer {
        case outcome(JobOutcome)
        /// There will be no outcome. A complaint tells what the process said instead of one.
        case end(complaint: String?)
    }

    /// The task that it was given last.
    private(set) var task: JobTask
    /// Where outcomes are read.
    var results: Int32 { process.output }
    private let process: ChildProcess
    private var received: [UInt8] = []

    /// Starts a process and gives it a task.
    ///
    /// - Throws: when no process can be started. If it dies at once, its answer tells so.
    init(executable: String, arguments: [String], task: JobTask) throws(BNFoldError) {
        self.task = task
        do throws(SystemError) {
            process = try ChildProcess(executable, arguments, kind: .visible)
        } catch {
            throw BNFoldError(.inputOutput, "no worker can be started from '\(executable)': \(error)")
        }
        send(task)
    }

    /// Gives the process its next task.
    ///
    /// - Returns: whether it is still there to take it.
    @discardableResult
    func send(_ task: JobTask) -> Bool {
        self.task = task
        return process.write(Array((task.json.text + "\n").utf8))
    }

    /// Reads what there is to read; waits when there is nothing.
    ///
    /// - Returns: `nil` when the answer is not complete yet.
    func receive() -> Answer? {
        var block = [UInt8](repeating: 0, count: 1 << 16)
        let count = try? block.withUnsafeMutableBytes { bytes throws(SystemError) in
            try SystemCall.read(results, into: bytes)
        }
        guard let count, count > 0 else { return .end(complaint: nil) }
        received += block[..<count]
        guard let end = received.firstIndex(of: UInt8(ascii: "\n")) else {
            guard received.count > Self.longestAnswer else { return nil }
            kill()
            return .end(complaint: "answered without an end")
        }
        defer { received.removeAll() }
        do throws(JSONError) {
            return .outcome(try JobOutcome(try JSONFields(try JSONParser.parse(Array(received[..<end])))))
        } catch {
            kill()
            return .end(complaint: "answered with something that is no outcome (\(error.message))")
        }
    }

    /// Tells the process to end, and to stop what it is doing.
    func closeTasks() { process.closeInput() }

    func kill() { process.kill() }

    /// Waits for the end of the process, and says how it came to it. To be called as the last thing.
    @discardableResult
    func waitForEnd() -> String {
        switch process.waitForEnd() {
        case .exit(let code): "ended with exit code \(code)"
        case .signal(let signal): "died by signal \(signal) (\(String(cString: strsignal(signal))))"
        case .unknown: "is gone"
        }
    }

    /// More than any list of findings takes.
    private static let longestAnswer = 64 << 20
}
