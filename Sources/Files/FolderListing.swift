/// The names in a folder.
package enum FolderListing {
    /// All names but `.` and `..`, in the order of their bytes, which need not be UTF-8.
    package static func names(in folder: String) throws(SystemError) -> [[UInt8]] {
        guard !folder.utf8.contains(0) else { throw SystemError(code: ENOENT) }
        var opened = opendir(folder)
        while opened == nil, errno == EINTR { opened = opendir(folder) }
        guard let stream = opened else { throw SystemError.last }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno == EINTR { continue }
                guard errno == 0 else { throw SystemError.last }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
