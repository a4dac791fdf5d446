import Files

/// Where bytes come from, as errors name it: a file, and in an archive one of its members.
package struct ZipOrigin: Sendable {
    package let path: String
    package var member: String?

    package func malformed(_ message: String) -> ZipError {
        ZipError(kind: .malformed, path: path, member: member, message: message)
    }

    package func unreadable(_ message: String) -> ZipError {
        ZipError(kind: .unreadable, path: path, member: member, message: message)
    }

    package func ioFailed(_ message: String) -> ZipError {
        ZipError(kind: .ioFailed, path: path, member: member, message: message)
    }

    /// The failure of a system call: what was attempted, and the system's own words.
    package func unreadable(attempt: String, _ error: SystemError) -> ZipError {
        let message = Self.failure(attempt, error)
        return error.isAboutTheFile ? unreadable(message) : ioFailed(message)
    }

    /// The failure of a system call on a file that was opened before.
    package func ioFailed(attempt: String, _ error: SystemError) -> ZipError { ioFailed(Self.failure(attempt, error)) }

    private static func failure(_ attempt: String, _ error: SystemError) -> String {
        let reason = error.description
        return "cannot be \(attempt): \(reason.prefix(1).lowercased())\(reason.dropFirst())"
    }
}
