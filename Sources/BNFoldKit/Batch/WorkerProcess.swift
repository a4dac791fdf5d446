@preconcurrency import Files
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
    let results: Int32
    /// Where tasks are written; -1 when closed.
    private var tasks: Int32
    private let identifier: pid_t
    private var received: [UInt8] = []

    /// Starts a process and gives it a task.
    ///
    /// - Throws: when no process can be started. If it dies at once, its answer tells so.
    init(executable: String, arguments: [String], task: JobTask) throws(BNFoldError) {
        let input = try Pipe()
        let output: Pipe
        do throws(BNFoldError) {
            output = try Pipe()
        } catch {
            input.close()
            throw error
        }
        self.task = task
        tasks = input.writing
        results = output.reading
        let (identifier, code) = Self.spawn(executable, arguments, input: input.reading, output: output.writing)
        close(input.reading)
        close(output.writing)
        self.identifier = identifier
        guard code == 0 else {
            close(tasks)
            close(results)
            throw BNFoldError(
                .inputOutput, "no worker can be started from '\(executable)': \(FileBytes.describe(code))")
        }
        send(task)
    }

    /// Gives the process its next task.
    ///
    /// - Returns: whether it is still there to take it.
    @discardableResult
    func send(_ task: JobTask) -> Bool {
        self.task = task
        var rest = Array((task.json.text + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write($0) }
            if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return false }
        }
        return true
    }

    /// Reads what there is to read; waits when there is nothing.
    ///
    /// - Returns: `nil` when the answer is not complete yet.
    func receive() -> Answer? {
        var block = [UInt8](repeating: 0, count: 1 << 16)
        let count = block.withUnsafeMutableBytes { read(results, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { return nil }
        guard count > 0 else { return .end(complaint: nil) }
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
    func closeTasks() {
        guard tasks >= 0 else { return }
        close(tasks)
        tasks = -1
    }

    func kill() {
        #if canImport(Darwin)
            _ = Darwin.kill(identifier, SIGKILL)
        #elseif canImport(Musl)
            _ = Musl.kill(identifier, SIGKILL)
        #else
            _ = Glibc.kill(identifier, SIGKILL)
        #endif
    }

    /// Waits for the end of the process, and says how it came to it. To be called once, as the last thing.
    @discardableResult
    func waitForEnd() -> String {
        closeTasks()
        close(results)
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0 {
            guard errno == EINTR else { return "is gone" }
        }
        let signal = status & 0x7F
        guard signal == 0 else { return "died by signal \(signal) (\(String(cString: strsignal(signal))))" }
        return "ended with exit code \(status >> 8 & 0xFF)"
    }

    /// More than any list of findings takes.
    private static let longestAnswer = 64 << 20

    private func write(_ buffer: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.write(tasks, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
            Musl.write(tasks, buffer.baseAddress, buffer.count)
        #else
            Glibc.write(tasks, buffer.baseAddress, buffer.count)
        #endif
    }

    /// Starts a program with these standard streams and the signals of a fresh process.
    private static func spawn(
        _ executable: String, _ arguments: [String], input: Int32, output: Int32
    ) -> (identifier: pid_t, code: Int32) {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        var identifier: pid_t = 0
        let code = posix_spawn(&identifier, executable, &actions, &attributes, words, environ)
        return (identifier, code)
    }
}

/// A pipe whose ends no other process inherits.
private struct Pipe {
    let reading: Int32
    let writing: Int32

    init() throws(BNFoldError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw BNFoldError(.inputOutput, "no pipe to a worker can be made: \(FileBytes.describe(errno))")
        }
        // Where this process has no standard streams, a pipe must not take their numbers: they get new ones in the worker.
        let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) }
        for end in ends { _ = Self.close(end) }
        guard moved.allSatisfy({ $0 >= 0 }) else {
            let code = errno
            for end in moved where end >= 0 { _ = Self.close(end) }
            throw BNFoldError(.inputOutput, "no pipe to a worker can be made: \(FileBytes.describe(code))")
        }
        (reading, writing) = (moved[0], moved[1])
    }

    func close() { for end in [reading, writing] { _ = Self.close(end) } }

    private static func close(_ descriptor: Int32) -> Int32 {
        #if canImport(Darwin)
            Darwin.close(descriptor)
        #elseif canImport(Musl)
            Musl.close(descriptor)
        #else
            Glibc.close(descriptor)
        #endif
    }
}
