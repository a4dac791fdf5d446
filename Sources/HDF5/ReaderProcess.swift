import Files

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
        let end: ChildProcess.End
        do throws(SystemError) {
            (answer, end) = try run()
        } catch {
            throw place.error(.ioFailed, "cannot be read: no process can be started to look at it: \(error)")
        }
        if case .signal(let signal) = end { throw place.error(.damaged, Self.death(by: signal)) }
        var reader = IndexReader(answer, fileSize: fileSize)
        let found: IndexReader.Answer
        do throws(IndexReader.Failure) {
            found = try reader.answer()
        } catch {
            let code = if case .exit(let code) = end { " with exit code \(code)" } else { "" }
            throw place.error(.ioFailed, "cannot be read: the process that looked at it ended\(code)")
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
    private func run() throws(SystemError) -> (answer: [UInt8], end: ChildProcess.End) {
        let process = try ChildProcess(executable, arguments + [path], kind: .silent)
        let answer = receive(from: process)
        return (answer, process.waitForEnd())
    }

    /// Reads to the end; a process that takes too long is killed.
    private func receive(from process: ChildProcess) -> [UInt8] {
        let deadline = ContinuousClock.now + .seconds(Int(Self.seconds(fileSize: fileSize) * Self.patience))
        var answer: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            var state = pollfd(fd: process.output, events: Int16(POLLIN), revents: 0)
            let ready = poll(&state, 1, 1000)
            if ready <= 0 {
                if deadline < .now { process.kill() }
                continue
            }
            let count = try? block.withUnsafeMutableBytes { bytes throws(SystemError) in
                try SystemCall.read(process.output, into: bytes)
            }
            guard let count, count > 0 else { return answer }
            answer += block[..<count]
        }
    }
}
