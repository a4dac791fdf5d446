#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A process that lists with libhdf5 what one file holds.
///
/// Its memory and its time are limited by the file's size. When it dies, the file is damaged: that is all that comes of it.
struct ReaderProcess {
    let executable: String
    let arguments: [String]
    let path: String
    let fileSize: UInt64

    // MARK: Limits

    /// Bytes of memory: what the library takes for itself, and for each byte of the file.
    private static let leastMemory: UInt64 = 256 << 20
    private static let memoryGrowth: UInt64 = 16
    /// Seconds of computing, and bytes that make one more.
    private static let leastSeconds: UInt64 = 8
    private static let bytesPerSecond: UInt64 = 8 << 20
    /// Waiting for a slow disk takes time, too: so much more than computing.
    private static let patience: UInt64 = 10

    private static func seconds(fileSize: UInt64) -> UInt64 { leastSeconds + fileSize / bytesPerSecond }

    /// Sets the limits of this process, which is one that lists a file.
    static func limitThisProcess(fileSize: UInt64) {
        let (growth, overflow) = fileSize.multipliedReportingOverflow(by: memoryGrowth)
        if !overflow { limit(data, to: leastMemory + min(growth, .max / 2)) }
        limit(processor, to: seconds(fileSize: fileSize))
        limit(core, to: 0)
    }

    #if canImport(Glibc)
        private static let (data, processor, core) = (
            CInt(RLIMIT_DATA.rawValue), CInt(RLIMIT_CPU.rawValue), CInt(RLIMIT_CORE.rawValue)
        )
    #else
        private static let (data, processor, core) = (RLIMIT_DATA, RLIMIT_CPU, RLIMIT_CORE)
    #endif

    private static func limit(_ resource: CInt, to value: UInt64) {
        var limits = rlimit()
        guard getrlimit(resource, &limits) == 0 else { return }
        limits.rlim_cur = min(limits.rlim_max, rlim_t(value))
        _ = setrlimit(resource, &limits)
    }

    // MARK: Running

    /// What the process finds in the file, which is open here as well.
    ///
    /// - Throws: what the library says of the file; `.damaged` when the process dies; `.ioFailed` when none can be started.
    func index(of descriptor: FileDescriptor) throws(HDF5Error) -> FileIndex {
        let place = Place(file: path)
        let answer: [UInt8]
        let end: CInt
        do throws(SystemError) {
            (answer, end) = try run()
        } catch {
            throw place.error(.ioFailed, "cannot be read: no process can be started to look at it: \(error)")
        }
        let signal = end & 0x7F
        guard signal == 0 else { throw place.error(.damaged, Self.death(by: signal)) }
        var reader = IndexReader(answer, fileSize: fileSize)
        let found: IndexReader.Answer
        do throws(IndexReader.Failure) {
            found = try reader.answer()
        } catch {
            throw place.error(
                .ioFailed, "cannot be read: the process that looked at it ended with exit code \(end >> 8 & 0xFF)")
        }
        switch found {
        case .fault(let fault, let object): throw Place(file: path, object: object).error(fault)
        case .index(let index, let summary):
            let status: FileDescriptor.Status
            do throws(SystemError) {
                status = try descriptor.status()
            } catch {
                throw place.error(.ioFailed, "cannot be read: \(error)")
            }
            guard status.summary == summary else {
                throw place.error(.ioFailed, "cannot be read: it was changed or replaced while it was opened")
            }
            return index
        }
    }

    private static func death(by signal: CInt) -> String {
        switch signal {
        case SIGXCPU, SIGKILL, SIGALRM:
            return "takes the HDF5 library more time than its size allows; is the file damaged?"
        default:
            let name = strsignal(signal).map { String(cString: $0) } ?? "unknown"
            return "makes the HDF5 library crash (signal \(signal), \(name)): the file is damaged"
        }
    }

    /// Runs the process to its end.
    ///
    /// - Returns: what it wrote, and how it ended, as `waitpid` tells it.
    private func run() throws(SystemError) -> (answer: [UInt8], end: CInt) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .last }
        // Where this process has no standard streams, the pipe must not take their numbers; and no other process may inherit it.
        let output = ends.map { fcntl($0, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) }
        for end in ends { _ = close(end) }
        guard output.allSatisfy({ $0 >= 0 }) else {
            let error = SystemError.last
            for end in output where end >= 0 { _ = close(end) }
            throw error
        }
        let (identifier, code) = Self.spawn(executable, arguments + [path], output: output[1])
        _ = close(output[1])
        defer { _ = close(output[0]) }
        guard code == 0 else { throw SystemError(code: code) }
        let answer = receive(from: output[0], of: identifier)
        var status: CInt = 0
        while waitpid(identifier, &status, 0) < 0 {
            guard errno == EINTR else { throw .last }
        }
        return (answer, status)
    }

    /// Reads to the end; a process that takes too long is killed.
    private func receive(from output: CInt, of identifier: pid_t) -> [UInt8] {
        let deadline = ContinuousClock.now + .seconds(Int(Self.seconds(fileSize: fileSize) * Self.patience))
        var answer: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            var state = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            let ready = poll(&state, 1, 1000)
            if ready <= 0 {
                if deadline < .now { _ = kill(identifier, SIGKILL) }
                continue
            }
            let count = block.withUnsafeMutableBytes { read(output, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return answer }
            answer += block[..<count]
        }
    }

    /// Writes everything to standard output.
    static func writeToOutput(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return false }
        }
        return true
    }

    /// Starts a program that writes to `output` and says nothing else, with the signals of a fresh process, in a group of its own: what stops
    /// this process from a terminal must not look like a crash of that one.
    private static func spawn(
        _ executable: String, _ arguments: [String], output: CInt
    ) -> (identifier: pid_t, code: CInt) {
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
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        var words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
        var variables = environment()
        defer { for text in words + variables { free(text) } }
        words.append(nil)
        variables.append(nil)
        var identifier: pid_t = 0
        let code = posix_spawn(&identifier, executable, &actions, &attributes, words, variables)
        return (identifier, code)
    }

    /// The environment of this process, but for a look back at a crash, which takes seconds and is seen by nobody.
    private static func environment() -> [UnsafeMutablePointer<CChar>?] {
        var variables: [UnsafeMutablePointer<CChar>?] = [strdup("SWIFT_BACKTRACE=enable=no")]
        var next = environ
        while let text = next.pointee {
            if strncmp(text, "SWIFT_BACKTRACE=", 16) != 0 { variables.append(strdup(text)) }
            next += 1
        }
        return variables
    }
}
