/// How much memory a process may use on this machine.
package enum MachineMemory {
    /// The least of the machine's memory, what the control groups of the process allow, and its own limit of address space, in bytes.
    package static var bytes: Int {
        let pages = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
        let physical = pages.overflow || pages.partialValue <= 0 ? Int.max : pages.partialValue
        return min(physical, controlGroupLimit(in: "/proc/self/cgroup", root: "/sys/fs/cgroup") ?? .max, addressSpace)
    }

    private static var addressSpace: Int {
        var limit = rlimit()
        #if canImport(Glibc)
            guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_AS.rawValue)), &limit) == 0 else { return .max }
        #else
            guard getrlimit(RLIMIT_AS, &limit) == 0 else { return .max }
        #endif
        return Int(clamping: limit.rlim_cur)
    }

    /// The least memory that the control groups of a process allow, those around them included; `nil` where there are none, or none has a limit.
    ///
    /// In version 2 (Documentation/admin-guide/cgroup-v2.rst of Linux) one line `0::/path` names the group below the root, and `memory.max` of
    /// it is a number or `max`; in version 1 it is the line of the controller `memory`, and `memory.limit_in_bytes`.
    package static func controlGroupLimit(in list: String, root: String) -> Int? {
        guard let bytes = try? FileBytes.read(list, limit: 1 << 16) else { return nil }
        var least: Int?
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isUnified = fields[0] == "0" && fields[1].isEmpty
            guard isUnified || fields[1].split(separator: ",").contains("memory") else { continue }
            let (folder, file) = isUnified ? (root, "memory.max") : ("\(root)/memory", "memory.limit_in_bytes")
            // In a container the group may be named as the machine outside sees it: then only the root is there.
            var names = fields[2].split(separator: "/")
            while true {
                let path = ([folder] + names.map(String.init) + [file]).joined(separator: "/")
                if let limit = number(in: path) { least = min(least ?? limit, limit) }
                if names.isEmpty { break }
                names.removeLast()
            }
        }
        return least
    }

    private static func number(in path: String) -> Int? {
        guard let bytes = try? FileBytes.read(path, limit: 64) else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first ?? "")
    }
}
