import Files
import Frontend
import Prototxt

/// Finds the prototxt that belongs to a weights file when the user names none.
struct NetworkLocator {
    /// The weights file.
    var weights: String

    /// The prototxt of the same name, else the only network among the prototxts of the folder.
    ///
    /// A solver counts for the net that it names. - Throws: `ModelError` that lists the candidates when there is not exactly one.
    func prototxt() throws(ModelError) -> String {
        let beside = FileNames.prototxt(besideWeights: weights)
        if try Self.isReadableFile(beside) { return beside }
        let folder = FileBytes.folder(of: weights)
        var networks: [String] = []
        for name in try prototxtNames(in: folder) {
            let path = weights.contains("/") ? folder + "/" + name : name
            networks += try networkPaths(of: path, folder: folder)
        }
        let candidates = distinct(networks)
        if candidates.count == 1 { return candidates[0] }
        guard !candidates.isEmpty else {
            throw ModelError(
                .unreadable,
                "\(weights): no network beside it: there is no '\(beside)' and no other .prototxt with layers in '\(folder)'; name it with --prototxt"
            )
        }
        throw ModelError(
            .usage,
            lines: [
                "\(weights): there is no '\(beside)', and \(candidates.count) networks lie in '\(folder)'; name one with --prototxt:"
            ] + candidates.map { "  \($0)" })
    }

    private func prototxtNames(in folder: String) throws(ModelError) -> [String] {
        let listing: [[UInt8]]
        do throws(SystemError) {
            listing = try FolderListing.names(in: folder)
        } catch {
            if error.isAboutTheFile { return [] }
            throw ModelError(FileError(reading: folder, "listed", error))
        }
        var names: [String] = []
        for bytes in listing where bytes.reversed().starts(with: ".prototxt".utf8.reversed()) {
            guard let name = String(validating: bytes, as: UTF8.self) else {
                throw ModelError(
                    .unreadable,
                    "\(folder): holds a prototxt whose name is not UTF-8: '\(String(decoding: bytes, as: UTF8.self))'; rename it, or name the network with --prototxt"
                )
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// A network for itself, a solver for the nets that it names, nothing for anything else.
    private func networkPaths(of path: String, folder: String) throws(ModelError) -> [String] {
        // Not a pipe, which would be waited for.
        guard try Self.isReadableFile(path) else { return [] }
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try FileBytes.read(path, limit: PrototxtDocument.maximumByteCount)
        } catch {
            guard error.kind == .inputOutput else { return [] }
            throw ModelError(error)
        }
        guard let document = try? PrototxtDocument(parsing: bytes, path: path) else { return [] }
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
                for place in places where try Self.isReadableFile(place) {
                    paths.append(place)
                    break
                }
            }
        }
        return paths
    }

    private static func isReadableFile(_ path: String) throws(ModelError) -> Bool {
        try readingFile { () throws(FileError) in try FileBytes.isReadableFile(path) }
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
