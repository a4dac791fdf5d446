#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What one run of a program took, from its start to its end, in seconds.
struct ProcessTimes {
    /// On the clock.
    var wall: Double
    /// Of processors: the program's own and the system's for it.
    var processor: Double
}

/// Starts programs, the first word of a command, and waits for them. A name without '/' is looked for in the path.
///
/// A program that cannot be started, or ends with anything but 0, is an error that tells what it said.
struct ProcessRunner {
    // Where the streams of programs go, which nobody reads while they run.
    private let outputPath: String
    private let errorPath: String

    init(workspace: Workspace) {
        outputPath = workspace.path("output.txt")
        errorPath = workspace.path("errors.txt")
    }

    /// Runs a program and measures the time.
    func times(of command: [String]) throws(BenchmarkError) -> ProcessTimes {
        let clock = ContinuousClock()
        let begin = clock.now
        let usage = try end(of: try start(command), command)
        let wall = clock.now - begin
        return ProcessTimes(
            wall: wall / .seconds(1), processor: Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime))
    }

    /// Runs a program and watches the most memory that it has resident at once, in bytes; `nil` when it ended before it was seen.
    ///
    /// On Linux the system's account of a child is of no use for that: until it executes its program it lives in the memory of this
    /// one, and inherits its peak. So the peak is asked for again and again, and what grew since it was asked for last is missed. That takes
    /// processor time: times are to be measured in other runs.
    func peakMemory(of command: [String]) throws(BenchmarkError) -> Int? {
        let identifier = try start(command)
        #if canImport(Darwin)
            return Int(try end(of: identifier, command).ru_maxrss)
        #else
            var peak: Int?
            while true {
                peak = Self.residentPeak(of: identifier) ?? peak
                if try hasEnded(identifier) { break }
                usleep(50)
            }
            _ = try end(of: identifier, command)
            return peak
        #endif
    }

    /// What a program prints; `nil` when it cannot be started or fails.
    func output(of command: [String]) throws(BenchmarkError) -> String? {
        do {
            _ = try times(of: command)
        } catch {
            try Interruption.check()
            return nil
        }
        return TextFile.read(outputPath)
    }

    // MARK: Start and end

    private func start(_ command: [String]) throws(BenchmarkError) -> pid_t {
        try Interruption.check()
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let writing = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outputPath, writing, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorPath, writing, 0o600)
        var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        var identifier: pid_t = 0
        let code = posix_spawnp(&identifier, command[0], &actions, nil, words, environ)
        guard code == 0 else {
            throw BenchmarkError("'\(command[0])' cannot be started: \(SystemMessage.text(code))")
        }
        return identifier
    }

    /// Waits for the end of a process, and returns what it used, its own children included.
    private func end(of identifier: pid_t, _ command: [String]) throws(BenchmarkError) -> rusage {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(identifier, &status, 0, &usage) < 0 {
            guard errno == EINTR else {
                throw BenchmarkError("'\(command[0])' cannot be waited for: \(SystemMessage.last)")
            }
        }
        try Interruption.check()
        guard status == 0 else { throw failure(of: command, status: status) }
        return usage
    }

    private func failure(of command: [String], status: Int32) -> BenchmarkError {
        let signal = status & 0x7F
        let end = signal == 0 ? "with exit code \(status >> 8 & 0xFF)" : "by signal \(signal)"
        let said = (TextFile.read(errorPath) ?? "").split(separator: "\n").suffix(5).map { "\n  \($0)" }.joined()
        return BenchmarkError("'\(command.joined(separator: " "))' ended \(end)\(said.isEmpty ? "" : ":" + said)")
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    #if !canImport(Darwin)
        /// Whether a process has ended; it is left to be waited for.
        private func hasEnded(_ identifier: pid_t) throws(BenchmarkError) -> Bool {
            var information = siginfo_t()
            guard waitid(P_PID, id_t(identifier), &information, WEXITED | WNOHANG | WNOWAIT) == 0 else {
                if errno == EINTR { return false }
                throw BenchmarkError("a program cannot be waited for: \(SystemMessage.last)")
            }
            // 0 when there is nothing to tell yet.
            return information.si_signo != 0
        }

        /// The peak of a process that runs, from a line like `VmHWM:     12345 kB`; `nil` when it has ended, or has only just begun.
        private static func residentPeak(of identifier: pid_t) -> Int? {
            let status = TextFile.read("/proc/\(identifier)/status") ?? ""
            guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
                let number = line.split(whereSeparator: \.isWhitespace).dropFirst().first,
                let kibibytes = Int(number), kibibytes > 0
            else { return nil }
            return kibibytes << 10
        }
    #endif
}
