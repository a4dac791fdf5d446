import BNFoldKit
import Files

/// What the system tells about this process.
extension Console {
    /// The file that this program runs from.
    ///
    /// On Linux the link to it, not its name: it leads to this very program, also after another version was installed in its place.
    static func executable() throws(BNFoldError) -> String {
        #if canImport(Darwin)
            var length: UInt32 = 4096
            var name = [CChar](repeating: 0, count: Int(length))
            guard _NSGetExecutablePath(&name, &length) == 0 else {
                throw BNFoldError(.internalFault, "the path of this program is longer than \(name.count) bytes")
            }
            return name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        #else
            guard access("/proc/self/exe", X_OK) == 0 else {
                throw BNFoldError(.internalFault, "/proc is not mounted; workers are started from /proc/self/exe")
            }
            return "/proc/self/exe"
        #endif
    }

    /// The cores that this process may use: a scheduler may have given it some of those that there are.
    static var coreCount: Int {
        // The mask of cores in hexadecimal digits: "Cpus_allowed:   ff,ffffffff".
        if let text = smallFile("/proc/self/status"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed:") })
        {
            let count = line.dropFirst("Cpus_allowed:".count).reduce(0) {
                $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0)
            }
            if count > 0 { return count }
        }
        return max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1)
    }

    /// The values of those environment variables that are set.
    static func environment(_ names: [String]) -> [String: String] {
        var values: [String: String] = [:]
        for name in names { values[name] = getenv(name).map { String(cString: $0) } }
        return values
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func smallFile(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
