import CaffeModel
import Prototxt

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Finds the prototxt that belongs to a weights file when the user names none.
struct NetworkLocator {
    /// The weights file.
    var weights: String

    /// The prototxt of the same name, else the only network among the prototxts of the folder.
    ///
    /// A solver counts for the net that it names. - Throws: `BNFoldError` that lists the candidates when there is not exactly one.
    func prototxt() throws(BNFoldError) -> String {
        let beside = FileNames.prototxt(besideWeights: weights)
        if FileBytes.isReadableFile(beside) { return beside }
        let folder = FileBytes.folder(of: weights)
        var networks: [String] = []
        for name in prototxtNames(in: folder) {
            let path = weights.contains("/") ? folder + "/" + name : name
            networks += networkPaths(of: path, folder: folder)
        }
        let candidates = distinct(networks)
        if candidates.count == 1 { return candidates[0] }
        guard !candidates.isEmpty else {
            throw BNFoldError(
                .unreadable,
                "\(weights): no network beside it: there is no '\(beside)' and no other .prototxt with layers in '\(folder)'; name it with --prototxt"
            )
        }
        throw BNFoldError(
            .usage,
            "\(weights): there is no '\(beside)', and \(candidates.count) networks lie in '\(folder)'; name one with --prototxt:\n"
                + candidates.map { "  \($0)" }.joined(separator: "\n"))
    }

    private func prototxtNames(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                    String(cString: $0)
                }
            }
            if name.hasSuffix(".prototxt"), !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// A network for itself, a solver for the nets that it names, nothing for anything else.
    private func networkPaths(of path: String, folder: String) -> [String] {
        guard let bytes = try? FileBytes.read(path, limit: PrototxtDocument.maximumByteCount),
            let document = try? PrototxtDocument(parsing: bytes, path: path)
        else { return [] }
        let root = document.root
        if root.value(named: "layer") != nil || root.value(named: "layers") != nil { return [path] }
        var paths: [String] = []
        for field in SolverFields.networks {
            for value in root.values(named: field) {
                guard let named = value.scalar?.stringValue else { continue }
                // A solver names its net from the folder that training was started in, which may be any folder above.
                let name = FileBytes.name(of: named)
                let places =
                    named.hasPrefix("/")
                    ? [named, folder + "/" + name] : [folder + "/" + named, named, folder + "/" + name]
                if let place = places.first(where: FileBytes.isReadableFile) { paths.append(place) }
            }
        }
        return paths
    }

    /// Each file once, however it is written.
    private func distinct(_ paths: [String]) -> [String] {
        var seen: Set<FileIdentity> = []
        return paths.filter { path in
            guard let identity = FileIdentity(path) else { return false }
            return seen.insert(identity).inserted
        }
    }
}

/// Tells whether two paths lead to one file, through links of either kind.
struct FileIdentity: Hashable {
    private let device: UInt64
    private let inode: UInt64

    /// `nil` when there is no such file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(status.st_ino)
    }
}
