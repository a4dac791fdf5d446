#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why a protobuf binary file could not be read, edited or written.
///
/// Printed as `net.caffemodel: byte 1234: what was found and what was expected`.
public struct WireError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file, as the user named it.
    public let path: String
    /// Where in the file, in bytes from its beginning; nil when the file as a whole is the trouble.
    public let offset: Int?
    public let message: String
    /// The error number of the system, where a call of it failed.
    public let systemError: Int32?

    public init(path: String, offset: Int? = nil, message: String, systemError: Int32? = nil) {
        self.path = path
        self.offset = offset
        self.message = message
        self.systemError = systemError
    }

    /// The failure of a system call: what was attempted, and the system's own words for `code`.
    ///
    /// `code` is passed in because any call in between may overwrite `errno`.
    init(path: String, offset: Int? = nil, cannot attempt: String, errno code: Int32) {
        let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        let lowercased = reason.prefix(1).lowercased() + reason.dropFirst()
        self.init(path: path, offset: offset, message: "cannot \(attempt): \(lowercased)", systemError: code)
    }

    public var description: String {
        guard let offset else { return "\(path): \(message)" }
        return "\(path): byte \(offset): \(message)"
    }
}
