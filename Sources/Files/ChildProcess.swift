import CSystem
import Dispatch

/// A program that was started from here, with the ends of its standard streams.
///
/// It ends at the latest when this value is let go. `whenStarterEnds` lets it notice by itself that this process is gone, however that ended.
package final class ChildProcess {
    /// How a process came to its end.
    package enum End: Hashable, Sendable {
        case exit(code: Int32)
        case signal(Int32)
        /// Somebody else has asked for it.
        case unknown
    }

    /// What becomes of the things that it says, and of signals from the terminal.
    package enum Kind: Hashable, Sendable {
        /// It says them where this process does.
        case visible
        /// It says nothing, does not look back at a crash, and is in a group of its own: what stops this process from a terminal must not look like
        /// a crash of that one.
        case silent
    }

    /// Where what it writes to standard output is read.
    package let output: Int32
    /// Where its standard input is written; -1 when closed.
    private var input: Int32
    private let identifier: pid_t
    private var end: End?

    /// Starts a program, with the signals of a fresh process.
    ///
    /// - Throws: when there can be no further process. A program that cannot be run may show only in its end.
    package init(_ executable: String, _ arguments: [String], kind: Kind) throws(SystemError) {
        let input = try Pipe()
        let output: Pipe
        do throws(SystemError) {
            output = try Pipe()
        } catch {
            input.close()
            throw error
        }
        let (identifier, code) = Self.spawn(
            executable, arguments, kind: kind, input: input.reading, output: output.writing)
        close(input.reading)
        close(output.writing)
        self.identifier = identifier
        self.input = input.writing
        self.output = output.reading
        guard code == 0 else {
            close(input.writing)
            close(output.reading)
            end = .unknown
            throw SystemError(code: code)
        }
    }

    deinit {
        kill()
        waitForEnd()
    }

    /// Writes to its standard input. A process that ignores SIGPIPE survives that nobody reads there.
    ///
    /// - Returns: whether all was taken.
    package func write(_ bytes: [UInt8]) -> Bool {
        guard input >= 0 else { return false }
        do throws(SystemError) {
            try SystemCall.write(bytes, to: input)
            return true
        } catch {
            return false
        }
    }

    /// Its standard input ends, which tells it to end.
    package func closeInput() {
        guard input >= 0 else { return }
        close(input)
        input = -1
    }

    package func kill() {
        guard end == nil else { return }
        _ = sendSignal(identifier, SIGKILL)
    }

    /// Waits for its end. The streams are closed then.
    @discardableResult
    package func waitForEnd() -> End {
        if let end { return end }
        closeInput()
        close(output)
        var status: Int32 = 0
        let isKnown = (try? SystemCall.retrying { waitpid(identifier, &status, 0) }) != nil
        let signal = status & 0x7F
        let end: End = !isKnown ? .unknown : signal == 0 ? .exit(code: status >> 8 & 0xFF) : .signal(signal)
        self.end = end
        return end
    }

    /// For a program that was started so: has a thread wait for the end of standard input, which the starter holds open, and then do something.
    package static func whenStarterEnds(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue.global().async {
            var input = pollfd(fd: STDIN_FILENO, events: 0, revents: 0)
            while poll(&input, 1, -1) < 0, errno == EINTR {}
            body()
        }
    }

    private static func spawn(
        _ executable: String, _ arguments: [String], kind: Kind, input: Int32, output: Int32
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
        var flags = POSIX_SPAWN_SETSIGMASK
        var variables = environment(isSilent: kind == .silent)
        if kind == .silent {
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
            flags |= POSIX_SPAWN_SETPGROUP
        }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
        defer { for text in words + variables { free(text) } }
        words.append(nil)
        variables.append(nil)
        var identifier: pid_t = 0
        let code = posix_spawn(&identifier, executable, &actions, &attributes, words, variables)
        return (identifier, code)
    }

    /// The environment of this process. For a silent one without a look back at a crash, which takes seconds and is seen by nobody.
    private static func environment(isSilent: Bool) -> [UnsafeMutablePointer<CChar>?] {
        let setting = "SWIFT_BACKTRACE="
        var variables: [UnsafeMutablePointer<CChar>?] = isSilent ? [strdup(setting + "enable=no")] : []
        var next = environ
        while let text = next.pointee {
            if !isSilent || strncmp(text, setting, setting.utf8.count) != 0 { variables.append(strdup(text)) }
            next += 1
        }
        return variables
    }
}

/// A pipe whose ends no other process inherits.
private struct Pipe {
    let reading: Int32
    let writing: Int32

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard csystem_pipe(&ends) == 0 else { throw SystemError.last }
        // Where this process has no standard streams, a pipe must not take their numbers: they get new ones in the other process.
        let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) }
        let error = SystemError.last
        for end in ends { closeFile(end) }
        guard moved.allSatisfy({ $0 >= 0 }) else {
            for end in moved where end >= 0 { closeFile(end) }
            throw error
        }
        (reading, writing) = (moved[0], moved[1])
    }

    func close() { for end in [reading, writing] { closeFile(end) } }
}

// The calls that functions of the same name above would hide.

private func sendSignal(_ process: pid_t, _ number: Int32) -> Int32 { kill(process, number) }

private func closeFile(_ descriptor: Int32) { _ = close(descriptor) }
