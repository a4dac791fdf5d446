import Files

/// Where bytes come from, as errors name it: a file, and in an archive one of its members.
struct Origin: Sendable {
    let path: String
    var member: String?

    func malformed(_ message: String) -> NumPyError {
        NumPyError(kind: .malformed, path: path, member: member, message: message)
    }

    func unreadable(_ message: String) -> NumPyError {
        NumPyError(kind: .unreadable, path: path, member: member, message: message)
    }

    func ioFailed(_ message: String) -> NumPyError {
        NumPyError(kind: .ioFailed, path: path, member: member, message: message)
    }

    /// The failure of a system call: what was attempted, and the system's own words.
    func unreadable(attempt: String, _ error: SystemError) -> NumPyError {
        let message = Self.failure(attempt, error)
        return error.isAboutTheFile ? unreadable(message) : ioFailed(message)
    }

    /// The failure of a system call on a file that was opened before.
    func ioFailed(attempt: String, _ error: SystemError) -> NumPyError { ioFailed(Self.failure(attempt, error)) }

    private static func failure(_ attempt: String, _ error: SystemError) -> String {
        let reason = error.description
        return "cannot be \(attempt): \(reason.prefix(1).lowercased())\(reason.dropFirst())"
    }
}
