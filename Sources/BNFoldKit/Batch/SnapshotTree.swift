import Files

/// Every file below a folder whose name says that it holds weights.
///
/// Links to folders are followed, each folder once: a loop ends, and what lies in the tree itself keeps its own name. The order is that
/// of the bytes of the names, the same on every machine.
struct SnapshotTree {
    struct Snapshot: Hashable {
        /// The path below the tree's root.
        var name: String
        /// Whether the name says no more than that there may be weights in it.
        var mayHoldNoWeights: Bool
    }

    private(set) var snapshots: [Snapshot] = []
    /// What was left out, in sentences; nothing about files of other kinds.
    private(set) var remarks: [String] = []

    private let root: String
    private var excluded: FileIdentity?
    private var visited: Set<FileIdentity> = []
    /// Links to folders: they wait until the tree itself is known.
    private var links: [String] = []
    private var solverStates = 0
    private var hidden = 0

    /// - Parameters:
    ///   - root: the folder to look through.
    ///   - outputFolder: not looked through, wherever it is.
    /// - Throws: `BNFoldError` for a folder that cannot be read: a list that is not complete is none.
    init(root: String, excluding outputFolder: String) throws(BNFoldError) {
        self.root = root
        excluded = FileIdentity(outputFolder)
        guard try FilePaths.isFolder(root) else { throw BNFoldError(.unreadable, "\(root): there is no such folder") }
        guard excluded == nil || excluded != FileIdentity(root) else {
            throw BNFoldError(.usage, "\(root): is the output folder itself; name another with --output-dir")
        }
        try walk(from: "")
        var position = 0
        while position < links.count {
            try walk(from: links[position])
            position += 1
        }
        snapshots.sort { FilePaths.precedes($0.name, $1.name) }
        if solverStates > 0 { remarks.append("left out, as the states of solvers: \(solverStates)") }
        if hidden > 0 { remarks.append("left out, as hidden files and folders: \(hidden)") }
    }

    /// Looks through a folder and those below it, but not through links.
    private mutating func walk(from start: String) throws(BNFoldError) {
        var waiting = [start]
        while let folder = waiting.popLast() {
            let path = folder.isEmpty ? root : FilePaths.join(root, folder)
            guard let status = try liftingFiles({ () throws(FileError) in try FileBytes.status(of: path) }),
                try enters(FileIdentity(status), folder)
            else { continue }
            var linked: [String] = []
            for name in try names(in: path) {
                let relative = folder.isEmpty ? name : folder + "/" + name
                if name.hasPrefix(".") {
                    hidden += 1
                    continue
                }
                switch try kind(of: FilePaths.join(path, name)) {
                case .folder: waiting.append(relative)
                case .linkToFolder: linked.append(relative)
                case .other: add(relative, name: name.lowercased())
                }
            }
            links += linked
        }
    }

    /// Whether a folder is to be looked through, for the first time.
    private mutating func enters(_ identity: FileIdentity, _ folder: String) throws(BNFoldError) -> Bool {
        if identity == excluded {
            remarks.append("left out the output folder '\(folder)'")
            return false
        }
        return visited.insert(identity).inserted
    }

    private mutating func add(_ path: String, name: String) {
        if Frontends.endings.trainingState.contains(where: name.hasSuffix) {
            solverStates += 1
        } else if Frontends.endings.weights.contains(where: name.hasSuffix) {
            snapshots.append(Snapshot(name: path, mayHoldNoWeights: false))
        } else if Frontends.endings.perhapsWeights.contains(where: name.hasSuffix) {
            snapshots.append(Snapshot(name: path, mayHoldNoWeights: true))
        }
    }

    private enum Kind { case folder, linkToFolder, other }

    private func kind(of path: String) throws(BNFoldError) -> Kind {
        let status: stat?
        do throws(SystemError) {
            status = try SystemCall.status(of: path, followingLinks: false)
        } catch {
            throw BNFoldError(FileError(reading: path, "examined", error))
        }
        switch status.map({ $0.st_mode & S_IFMT }) {
        case S_IFDIR: return .folder
        case S_IFLNK: return try FilePaths.isFolder(path) ? .linkToFolder : .other
        default: return .other
        }
    }

    /// The names in a folder, sorted by their bytes.
    private func names(in folder: String) throws(BNFoldError) -> [String] {
        let listing: [[UInt8]]
        do throws(SystemError) {
            listing = try FolderListing.names(in: folder)
        } catch {
            throw BNFoldError(FileError(reading: folder, "listed", error))
        }
        return try listing.map { bytes throws(BNFoldError) in
            guard let name = String(validating: bytes, as: UTF8.self) else {
                throw BNFoldError(
                    .malformed,
                    "\(folder): holds a name that is not UTF-8; rename it, or list the snapshots in a manifest")
            }
            return name
        }
    }
}
