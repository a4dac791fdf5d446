/// An error number of the operating system.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    package let code: Int32

    package init(code: Int32) { self.code = code }

    /// The error of the system call that failed last on this thread.
    package static var last: SystemError { SystemError(code: errno) }

    /// The system's own sentence, as 'No space left on device'.
    package var description: String { String(cString: strerror(code)) }

    /// Whether the file is at fault, or what was asked of it: it is missing, or of another kind, or not for this user. Anything else, such as a
    /// disk that cannot be read, is a failure of the machine.
    package var isAboutTheFile: Bool {
        [
            ENOENT, ENOTDIR, EISDIR, EACCES, EPERM, ELOOP, ENAMETOOLONG, EILSEQ, ENXIO, EEXIST, EROFS, ETXTBSY, EINVAL,
            ENODEV, ENOTSUP,
        ].contains(code)
    }
}
