#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A folder of this process for readers that want files, in memory where the system has such a place.
enum Scratch {
    static let folder: String = {
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        let path = "\(parent)/bnfold-fuzz-\(getpid())"
        mkdir(path, 0o700)
        return path
    }()

    /// Writes a file anew.
    ///
    /// - Returns: its path.
    static func file(_ name: String, _ bytes: some Collection<UInt8>) -> String {
        let path = "\(folder)/\(name)"
        let content = Array(bytes)
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0, write(file, content, content.count) == content.count else {
            complain("\(path): cannot be written")
            exit(74)
        }
        close(file)
        return path
    }
}

/// Writes a line to standard error.
func complain(_ message: String) {
    let line = Array("bnfold-fuzz: \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

/// Stops the process as a trap would: what must hold did not.
func require(_ holds: Bool, _ what: String) {
    guard !holds else { return }
    complain(what)
    abort()
}
