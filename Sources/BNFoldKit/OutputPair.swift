import CaffeModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Weights, and the prototxt that belongs to them, which appear whole or not at all.
///
/// Both are written beside their places under names of their own, `.NAME.bnfold-new`, and renamed when they are complete. Two renames are not one:
/// a journal, written before the first, tells the next run for either place how to finish them. It stands in `.NAME.bnfold` beside each of the
/// places, which are also the locks that keep two runs apart. All of these files are gone when a run ends.
final class OutputPair {
    let weights: String
    /// `nil` when only weights are written.
    let prototxt: String?
    /// Where the files are written.
    var stagedWeights: String { Self.staged(weights) }
    var stagedPrototxt: String? { prototxt.map(Self.staged) }

    private var places: [String] { [weights, prototxt].compactMap(\.self) }
    private var locks: [FileLock] = []
    private let existing: ExistingOutput

    /// Takes the locks, finishes what an interrupted run left, and makes sure that nothing would be lost.
    ///
    /// - Parameters:
    ///   - existing: what is to become of files that exist.
    ///   - patience: how long to wait for another run that is writing them.
    ///   - notice: told when an interrupted run was finished.
    /// - Throws: `BNFoldError` of the kind `cannotCreate`.
    init(
        weights: String, prototxt: String?, existing: ExistingOutput, patience: Duration = .zero,
        notice: (String) -> Void
    ) throws(BNFoldError) {
        self.weights = weights
        self.prototxt = prototxt
        self.existing = existing
        for path in places { try Self.checkPlace(path) }
        do throws(BNFoldError) {
            for path in places {
                locks.append(try FileLock(Self.beside(path, suffix: ".bnfold"), for: path, patience: patience))
            }
        } catch {
            // Another run holds one of the places: its files are not ours, and a journal that waits in the other one goes on waiting.
            for lock in locks where !lock.contents().isEmpty { lock.keepFile() }
            locks = []
            throw error
        }
        do throws(BNFoldError) {
            try recover(notice: notice)
            if existing == .refuse { try checkAbsence() }
        } catch {
            discard()
            throw error
        }
    }

    deinit { discard() }

    /// Puts both files in their places. They must be complete and on the disk.
    func commit() throws(BNFoldError) {
        switch existing {
        case .refuse: try checkAbsence()
        case .acceptEqual: try checkEquality()
        case .replace: break
        }
        var journal: [UInt8] = []
        for entry in [Self.mark] + places.map(Self.absolute) + [Self.mark] { journal += Array(entry.utf8) + [0] }
        for lock in locks { try lock.write(journal) }
        do throws(BNFoldError) {
            try rename(stagedWeights, to: weights)
        } catch {
            // Nothing has changed: the journal must not bring back what this run gives up.
            discard()
            throw error
        }
        do throws(BNFoldError) {
            if let prototxt { try rename(Self.staged(prototxt), to: prototxt) }
        } catch {
            // Half is done: the journal stays for the next run.
            for lock in locks { lock.keepFile() }
            locks = []
            throw BNFoldError(
                error.kind,
                error.message + "; '\(weights)' is new already, and the next run for it puts the prototxt in place")
        }
        for folder in Set(places.map(FileBytes.folder)) { Self.synchronize(folder: folder) }
        locks = []
    }

    /// Removes everything that was written and gives up the locks. Safe to call at any time.
    func discard() {
        guard !locks.isEmpty else { return }
        for path in places { unlink(Self.staged(path)) }
        locks = []
    }

    /// A message about the files being written, with the names of their places instead.
    func namingPlaces(in message: String) -> String {
        places.reduce(message) { $0.replacing(Self.staged($1), with: $1) }
    }

    // MARK: Checks

    /// The folder must be there, and no folder may stand where the file has to go.
    private static func checkPlace(_ path: String) throws(BNFoldError) {
        var status = stat()
        let folder = FileBytes.folder(of: path)
        guard FileBytes.isFolder(folder) else {
            throw BNFoldError(
                .cannotCreate, "\(path): cannot be created: there is no folder '\(folder)'; make it first")
        }
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "no regular file"
            throw BNFoldError(.cannotCreate, "\(path): cannot be created: it is \(kind); name a file")
        }
    }

    private func checkAbsence() throws(BNFoldError) {
        var status = stat()
        // A link that leads nowhere is something that exists, too.
        for path in places where lstat(path, &status) == 0 {
            throw BNFoldError(.cannotCreate, "\(path): exists already; --force overwrites it")
        }
    }

    /// What exists must be what would be written.
    private func checkEquality() throws(BNFoldError) {
        var status = stat()
        let cancellation = Cancellation()
        for path in places where lstat(path, &status) == 0 {
            let found = try FileDigest.hexadecimal(of: path, cancellation: cancellation)
            guard try found == FileDigest.hexadecimal(of: Self.staged(path), cancellation: cancellation) else {
                throw BNFoldError(
                    .cannotCreate, "\(path): exists already and holds something else; --force overwrites it")
            }
        }
    }

    // MARK: Journal

    private static let mark = "bnfold commit 1"

    /// Finishes the renames of a run that was killed between them; removes what one left that was killed before.
    private func recover(notice: (String) -> Void) throws(BNFoldError) {
        for lock in locks {
            let parts = lock.contents().split(separator: 0, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            // Only files of our own naming are touched, whatever the journal says.
            guard parts.count >= 4, parts.first == Self.mark, parts[parts.count - 2] == Self.mark else { continue }
            let interrupted = parts[1..<parts.count - 2]
            let waiting = interrupted.filter { access(Self.staged($0), F_OK) == 0 }
            for path in waiting { try rename(Self.staged(path), to: path) }
            if !waiting.isEmpty {
                let names = interrupted.map { "'\($0)'" }.joined(separator: " and ")
                notice("finished an earlier run that was interrupted while it put \(names) in place")
            }
        }
        for path in places { unlink(Self.staged(path)) }
        for lock in locks { lock.clear() }
    }

    private func rename(_ source: String, to target: String) throws(BNFoldError) {
        #if canImport(Darwin)
            let result = Darwin.rename(source, target)
        #elseif canImport(Musl)
            let result = Musl.rename(source, target)
        #else
            let result = Glibc.rename(source, target)
        #endif
        guard result == 0 else {
            throw BNFoldError(.inputOutput, "\(target): cannot be put in place: \(FileBytes.describe(errno))")
        }
    }

    // MARK: Names

    /// A path that means the same from every working directory.
    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return String(cString: folder) + "/" + path
    }

    private static func staged(_ path: String) -> String { beside(path, suffix: ".bnfold-new") }

    private static func beside(_ path: String, suffix: String) -> String {
        let name = "." + FileBytes.name(of: path) + suffix
        guard path.contains("/") else { return name }
        let folder = FileBytes.folder(of: path)
        return folder == "/" ? "/" + name : folder + "/" + name
    }

    /// Makes renames last. A file system that cannot do it for folders does it by itself.
    private static func synchronize(folder: String) {
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
