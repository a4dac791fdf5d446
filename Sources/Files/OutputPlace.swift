/// Where one output goes, and the names beside it that it is made under.
struct OutputPlace: Hashable, Sendable {
    /// The path as the user gave it, for messages.
    let path: String
    /// The file itself: where the path is a link, what that leads to.
    let target: String
    /// The folder of the target without links, in bytes.
    let folder: [UInt8]
    let name: String

    /// Written here until it is complete.
    var staged: String { beside(".bnfold-new") }
    /// A second name of the old file, until the new one is in place for good.
    var backup: String { beside(".bnfold-old") }
    /// The lock of the place, which holds the journal.
    var lock: String { beside(".bnfold") }

    /// - Throws: `FileError` of the kind `cannotCreate` for a place that no file can take.
    init(_ path: String) throws(FileError) {
        self.path = path
        guard !path.isEmpty else { throw FileError(.cannotCreate, "the name of an output is empty") }
        guard !path.utf8.contains(0) else {
            throw FileError(.cannotCreate, "\(path): cannot be created: no path may contain a zero byte")
        }
        var target = path
        var links = 0
        var folder = try Self.realFolder(of: target, for: path)
        while let next = try Self.destination(of: target, for: path) {
            links += 1
            guard links <= Self.mostLinks else {
                throw FileError(.cannotCreate, "\(path): cannot be created: its links lead in a circle")
            }
            target = next
            folder = try Self.realFolder(of: target, for: path)
        }
        self.target = target
        self.folder = folder
        name = FileBytes.name(of: target)
        try checkTarget()
    }

    /// A place that a journal names, as it stands: the journal is about files, not about links to them.
    init?(named target: String) {
        guard let folder = try? SystemCall.realPath(FileBytes.folder(of: target)) else { return nil }
        path = target
        self.target = target
        self.folder = folder
        name = FileBytes.name(of: target)
    }

    /// More links than any system follows.
    private static let mostLinks = 40

    /// What a path is that leads nowhere else: the same for all paths to one place.
    var identity: [UInt8] { folder + [UInt8(ascii: "/")] + Array(name.utf8) }

    /// The path of another place as seen from the folder of this one, in bytes.
    func relativePath(to other: OutputPlace) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        let mine = folder.split(separator: slash)
        let theirs = other.folder.split(separator: slash)
        let common = zip(mine, theirs).prefix { $0 == $1 }.count
        let up = Array(repeating: Array("..".utf8), count: mine.count - common)
        let components = up + theirs[common...].map(Array.init) + [Array(other.name.utf8)]
        return Array(components.joined(separator: [slash]))
    }

    /// The path of a file that a journal of this place names.
    func path(relative: String) -> String {
        let folder = FileBytes.folder(of: target)
        if !target.contains("/") { return relative }
        return folder == "/" ? "/" + relative : folder + "/" + relative
    }

    private func beside(_ suffix: String) -> String { path(relative: "." + name + suffix) }

    // MARK: Checks

    private static func realFolder(of target: String, for path: String) throws(FileError) -> [UInt8] {
        let folder = FileBytes.folder(of: target)
        guard try FileBytes.isFolder(folder) else {
            throw FileError(
                .cannotCreate, "\(path): cannot be created: there is no folder '\(folder)'; make it first")
        }
        let real: [UInt8]
        do throws(SystemError) {
            real = try SystemCall.realPath(folder)
        } catch {
            throw FileError(
                error.isAboutTheFile ? .cannotCreate : .inputOutput,
                "\(path): cannot be created in '\(folder)': \(error)")
        }
        for system in ["/dev", "/proc", "/sys"]
        where real.starts(with: system.utf8)
            && [nil, UInt8(ascii: "/")].contains(real.dropFirst(system.utf8.count).first)
        {
            throw FileError(
                .cannotCreate,
                "\(path): cannot be created: what lies in \(system) belongs to the system; name a file elsewhere")
        }
        return real
    }

    /// Where a link leads; `nil` for what is no link.
    private static func destination(of target: String, for path: String) throws(FileError) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink(target, $0.assumingMemoryBound(to: CChar.self), bytes.count) } ?? -1
        }
        guard count >= 0 else { return nil }
        guard let destination = String(validating: buffer[..<count], as: UTF8.self), !destination.isEmpty else {
            throw FileError(.cannotCreate, "\(path): cannot be created: is a link to a name that is not UTF-8")
        }
        let folder = FileBytes.folder(of: target)
        return destination.hasPrefix("/") || !target.contains("/")
            ? destination : folder == "/" ? "/" + destination : folder + "/" + destination
    }

    /// Nothing but a regular file may stand where the file has to go.
    private func checkTarget() throws(FileError) {
        let status: stat?
        do throws(SystemError) {
            status = try SystemCall.status(of: target)
        } catch {
            throw FileError(
                error.isAboutTheFile ? .cannotCreate : .inputOutput, "\(path): cannot be created: \(error)")
        }
        let isFolder = target.hasSuffix("/") || [".", ".."].contains(name)
        if let status, isFolder || status.st_mode & S_IFMT != S_IFREG {
            let kind = isFolder ? "a folder" : FileBytes.kind(of: status)
            throw FileError(.cannotCreate, "\(path): cannot be created: it is \(kind); name a file")
        }
        guard !isFolder else {
            throw FileError(.cannotCreate, "\(path): cannot be created: this names a folder; name a file")
        }
    }

    // MARK: The file

    /// What is at the target; `nil` when there is nothing.
    func status() throws(FileError) -> stat? {
        do throws(SystemError) {
            return try SystemCall.status(of: target, followingLinks: false)
        } catch {
            throw FileError(.inputOutput, "\(path): cannot be examined: \(error)")
        }
    }
}
