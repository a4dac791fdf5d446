#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// An error number of the operating system.
struct SystemError: Error, Equatable, Sendable {
    let code: CInt

    /// The error of the system call that failed last on this thread.
    static var last: SystemError { SystemError(code: errno) }

    /// Whether the machine is at fault, whatever the file is: a disk that is broken or full, a server that does not answer.
    var isFailureOfTheMachine: Bool {
        [EIO, ENOSPC, EDQUOT, ESTALE, ETIMEDOUT, EINTR, ENOMEM, ENFILE, EMFILE].contains(code)
    }
}

extension SystemError: CustomStringConvertible {
    /// The system's own sentence, as 'No space left on device'. For the errors that exist, strerror may be called by
    /// several threads on all three systems.
    var description: String { String(cString: strerror(code)) }
}
