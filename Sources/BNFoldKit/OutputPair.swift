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
/// Both are written beside their places under names of their own, and renamed when they are complete. Two renames are not one: a journal,
/// written before the first, tells the next run for the same output how to finish them. The journal is also the lock that keeps two runs apart.
/// It lies beside the weights as `.NAME.bnfold`; the files being written are `.NAME.bnfold-new`. All of them are gone when a run ends.
final class OutputPair {
    let weights: String
    /// `nil` when only weights are written.
    let prototxt: String?
    /// Where the files are written.
    var stagedWeights: String { Self.staged(weights) }
    var stagedPrototxt: String? { prototxt.map(Self.staged) }

    private var places: [String] { [weights, prototxt].compactMap(\.self) }
    private let journal: String
    private var descriptor: Int32
    private let overwrites: Bool

    /// Takes the lock, finishes what an interrupted run left, and makes sure that nothing would be lost.
    ///
    /// - Parameters:
    ///   - overwrites: replace files that exist.
    ///   - notice: told when an interrupted run was finished.
    /// - Throws: `BNFoldError` of the kind `cannotCreate`.
    init(
        weights: String, prototxt: String?, overwrites: Bool, notice: (String) -> Void
    ) throws(BNFoldError) {
        self.weights = weights
        self.prototxt = prototxt
        self.overwrites = overwrites
        journal = Self.beside(weights, suffix: ".bnfold")
        for path in [weights, prototxt].compactMap(\.self) { try Self.checkPlace(path) }
        descriptor = try Self.lock(journal, for: weights)
        do throws(BNFoldError) {
            try recover(notice: notice)
            try checkAbsence()
        } catch {
            discard()
            throw error
        }
    }

    deinit { discard() }

    /// Puts both files in their places. They must be complete and on the disk.
    func commit() throws(BNFoldError) {
        try checkAbsence()
        try write(journalText())
        do throws(BNFoldError) {
            try rename(stagedWeights, to: weights)
        } catch {
            // Nothing has changed: the journal must not bring back what this run gives up.
            ftruncate(descriptor, 0)
            throw error
        }
        do throws(BNFoldError) {
            if let prototxt { try rename(Self.staged(prototxt), to: prototxt) }
        } catch {
            // Half is done: the journal stays for the next run.
            close(descriptor)
            descriptor = -1
            throw BNFoldError(
                error.kind,
                error.message + "; '\(weights)' is new already, and the next run for it puts the prototxt in place")
        }
        for folder in Set(places.map(FileBytes.folder)) { Self.synchronize(folder: folder) }
        release()
    }

    /// Removes everything that was written and gives up the lock. Safe to call at any time.
    func discard() {
        guard descriptor >= 0 else { return }
        removeStaged()
        release()
    }

    private func removeStaged() {
        for path in places { unlink(Self.staged(path)) }
    }

    /// A message about the files being written, with the names of their places instead.
    func namingPlaces(in message: String) -> String {
        places.reduce(message) { $0.replacing(Self.staged($1), with: $1) }
    }

    private func release() {
        guard descriptor >= 0 else { return }
        // First the name, then the lock: who takes the lock looks whether the name still leads to it.
        unlink(journal)
        close(descriptor)
        descriptor = -1
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
        guard !overwrites else { return }
        for path in places where access(path, F_OK) == 0 {
            throw BNFoldError(.cannotCreate, "\(path): exists already; --force overwrites it")
        }
    }

    // MARK: Lock and journal

    /// Opens and locks the journal; looks again when another run removed it in between.
    private static func lock(_ path: String, for output: String) throws(BNFoldError) -> Int32 {
        for _ in 0..<100 {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
            guard descriptor >= 0 else {
                throw BNFoldError(
                    .cannotCreate,
                    "\(output): cannot be created in '\(FileBytes.folder(of: output))': \(FileBytes.describe(errno))")
            }
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
                close(descriptor)
                throw BNFoldError(
                    .cannotCreate, "\(output): another bnfold is writing it; wait for it or name another output")
            }
            var opened = stat()
            var named = stat()
            if fstat(descriptor, &opened) == 0, stat(path, &named) == 0, opened.st_ino == named.st_ino,
                opened.st_dev == named.st_dev
            {
                return descriptor
            }
            close(descriptor)
        }
        throw BNFoldError(.cannotCreate, "\(output): other runs of bnfold keep taking it; name another output")
    }

    /// The places of the files, each ended by a zero byte, and a mark before and after them that all are there.
    private func journalText() -> [UInt8] {
        ([Self.mark] + places.map(Self.absolute) + [Self.mark]).flatMap { Array($0.utf8) + [0] }
    }

    private static let mark = "bnfold commit 1"

    /// Finishes the renames of a run that was killed between them; removes what one left that was killed before.
    private func recover(notice: (String) -> Void) throws(BNFoldError) {
        let bytes = (try? FileBytes.read(journal, limit: 1 << 16)) ?? []
        let parts = bytes.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        // Only files of our own naming are touched, whatever the journal says.
        if parts.count >= 4, parts.first == Self.mark, parts[parts.count - 2] == Self.mark {
            let places = parts[1..<parts.count - 2]
            for path in places where access(Self.staged(path), F_OK) == 0 { try rename(Self.staged(path), to: path) }
            notice(
                "finished an earlier run that was interrupted while it put \(places.map { "'\($0)'" }.joined(separator: " and ")) in place"
            )
        } else {
            removeStaged()
        }
        ftruncate(descriptor, 0)
    }

    private func write(_ bytes: [UInt8]) throws(BNFoldError) {
        let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        guard written == bytes.count, fsync(descriptor) == 0 else {
            throw BNFoldError(.inputOutput, "\(journal): cannot be written: \(FileBytes.describe(errno))")
        }
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
