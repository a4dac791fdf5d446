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

    /// The failure of a system call: what was attempted, and the system's own words for `code`.
    ///
    /// `code` is passed in because any call in between may overwrite `errno`.
    func unreadable(attempt: String, errno code: Int32) -> NumPyError {
        let message = Self.failure(attempt, code)
        return SystemError(code: code).isAboutTheFile ? unreadable(message) : ioFailed(message)
    }

    /// The failure of a system call on a file that was opened before.
    func ioFailed(attempt: String, errno code: Int32) -> NumPyError { ioFailed(Self.failure(attempt, code)) }

    private static func failure(_ attempt: String, _ code: Int32) -> String {
        let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        return "cannot be \(attempt): \(reason.prefix(1).lowercased())\(reason.dropFirst())"
    }
}
