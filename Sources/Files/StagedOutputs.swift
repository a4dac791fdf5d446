/// Files that appear together or not at all.
///
/// Each is written beside its place under a name of its own, `.NAME.bnfold-new`, and renamed when all are complete. Several renames are not one: a
/// journal, written before the first, tells the next run for any of the places how to finish them (`CommitRecovery`). It stands in `.NAME.bnfold`
/// beside each place, which is also the lock that keeps two runs apart. An old file keeps a second name, `.NAME.bnfold-old`, so that a rename that
/// fails undoes those before it. All of these are gone when a run ends.
package final class StagedOutputs {
    /// What is to become of files that exist.
    package enum Existing: Hashable, Sendable {
        /// They are an error.
        case refuse
        /// They are an error unless they hold what is to be put in place.
        case acceptEqual
        case replace
    }

    private var places: [OutputPlace] = []
    private var locks: [OutputPlace: FileLock] = [:]
    private let existing: Existing
    /// What was found to be wrong with places; told when what an interrupted run left is settled.
    private var complaints: [(path: String, error: FileError)] = []
    /// Whether the journals are this run's own: what an interrupted run left is settled.
    private var hasRecovered = false
    /// Whether files of this run may exist.
    private var hasBegun = false

    /// Takes the locks, and finishes or undoes what an interrupted run left. Nothing else comes before this.
    ///
    /// - Parameters:
    ///   - paths: all files that may be written.
    ///   - patience: how long to wait for another run that is writing them.
    ///   - notice: told what became of an interrupted run.
    /// - Throws: `FileError` of the kind `cannotCreate` when another run is at work, or `inputOutput`.
    package init(
        _ paths: [String], existing: Existing, patience: Duration = .zero, notice: (String) -> Void
    ) throws(FileError) {
        self.existing = existing
        var identities: [[UInt8]: String] = [:]
        for path in paths {
            do throws(FileError) {
                let place = try OutputPlace(path)
                if let other = identities.updateValue(path, forKey: place.identity) {
                    throw FileError(.usage, "\(path): is the same file as '\(other)'; name two files")
                }
                places.append(place)
            } catch {
                complaints.append((path, error))
            }
        }
        // In one order for all runs: of two that want the same places, one gets them.
        let ordered = places.sorted { $0.identity.lexicographicallyPrecedes($1.identity) }
        for place in ordered {
            locks[place] = try FileLock(place.lock, for: place.path, patience: patience)
        }
        var recovery = CommitRecovery(places: ordered, locks: locks)
        try recovery.run(notice: notice)
        hasRecovered = true
    }

    deinit { discard() }

    /// Gives up a place that turned out not to be needed. Only before `begin`.
    package func leaveOut(_ path: String) {
        for place in places where place.path == path { locks[place] = nil }
        places.removeAll { $0.path == path }
        complaints.removeAll { $0.path == path }
    }

    /// Makes sure that each path names a place that a file can take.
    ///
    /// - Throws: `FileError` of the kind `cannotCreate`, `usage` or `inputOutput`.
    package func check() throws(FileError) {
        if let complaint = complaints.first { throw complaint.error }
    }

    /// Makes sure that all files can be put in place and nothing would be lost, and makes empty ones beside their places.
    ///
    /// - Throws: `FileError` of the kind `cannotCreate`, `usage` or `inputOutput`.
    package func begin() throws(FileError) {
        try check()
        if existing == .refuse { try checkAbsence() }
        hasBegun = true
        OpenOutputs.shared.add(self, names: places.flatMap { [$0.staged, $0.backup] })
        for place in places {
            // As closed as the file that it replaces, from the first byte on.
            let mode = try place.status().map { $0.st_mode & 0o777 | S_IRUSR | S_IWUSR } ?? 0o666
            do throws(SystemError) {
                let descriptor = try SystemCall.open(
                    place.staged, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
                close(descriptor)
            } catch {
                throw FileError(
                    error.isAboutTheFile ? .cannotCreate : .inputOutput,
                    "\(place.path): cannot be created in '\(FileBytes.folder(of: place.target))': \(error)")
            }
        }
    }

    /// Where a file is to be written.
    package func staged(_ path: String) -> String { places.first { $0.path == path }?.staged ?? path }

    /// Writes a whole file to where it waits.
    package func write(_ bytes: [UInt8], to path: String) throws(FileError) {
        do throws(FileError) {
            try FileBytes.write(bytes, to: staged(path))
        } catch {
            throw FileError(error.kind, namingPlaces(in: error.message))
        }
    }

    /// Puts all files in their places. They must be complete and on the disk.
    ///
    /// - Throws: `FileError`. Then all is as it was, unless the message says otherwise.
    package func commit() throws(FileError) {
        OpenOutputs.shared.beginCommit(self)
        defer { OpenOutputs.shared.remove(self) }
        do throws(FileError) {
            switch existing {
            case .refuse: try checkAbsence()
            case .acceptEqual: try checkEquality()
            case .replace: break
            }
            for place in places { try takeOverPermissions(place) }
            if places.count > 1 { try prepare() }
        } catch {
            // Nothing has changed: the journal must not bring back what this run gives up.
            discard()
            throw FileError(error.kind, namingPlaces(in: error.message))
        }
        try putInPlace()
    }

    /// Puts some of the files in place and gives up the others.
    package func commit(only paths: [String]) throws(FileError) {
        for place in places where !paths.contains(place.path) {
            removeFiles(of: place)
            release(place)
        }
        places.removeAll { !paths.contains($0.path) }
        try commit()
    }

    /// Removes everything that was written and gives up the locks. Safe to call at any time.
    package func discard() {
        guard !locks.isEmpty else { return }
        for place in places { removeFiles(of: place) }
        // The first journal goes last: without it the others would be taken for those of files that were moved away.
        for place in places.reversed() { release(place) }
        locks = [:]
        OpenOutputs.shared.remove(self)
    }

    /// A message about the files being written, with the names of their places instead.
    package func namingPlaces(in message: String) -> String {
        places.reduce(message) { message, place in
            [place.staged, place.backup].reduce(message) {
                $0.replacing($1, with: place.path).replacing($1.printable, with: place.path.printable)
            }
        }
    }

    private func removeFiles(of place: OutputPlace) {
        guard hasBegun else { return }
        try? SystemCall.remove(place.staged)
        try? SystemCall.remove(place.backup)
    }

    private func release(_ place: OutputPlace) {
        if hasRecovered { locks[place]?.clear() }
        locks[place] = nil
    }

    // MARK: Checks

    private func checkAbsence() throws(FileError) {
        for place in places {
            // A link that leads nowhere is something that exists, too.
            let isThere = try place.status() != nil
            guard isThere || place.target != place.path else { continue }
            throw FileError(.cannotCreate, "\(place.path): exists already; --force overwrites it")
        }
    }

    /// What exists must be what would be written.
    private func checkEquality() throws(FileError) {
        for place in places where try place.status() != nil {
            guard try FileBytes.areEqual(place.target, place.staged) else {
                throw FileError(
                    .cannotCreate, "\(place.path): exists already and holds something else; --force overwrites it")
            }
        }
    }

    // MARK: Commit

    /// Gives the new file the permissions of the old one, and its owner where the system lets us.
    private func takeOverPermissions(_ place: OutputPlace) throws(FileError) {
        guard let old = try place.status() else { return }
        do throws(SystemError) {
            let descriptor = try SystemCall.open(place.staged, O_RDONLY | O_NOFOLLOW)
            defer { close(descriptor) }
            let new = try SystemCall.status(of: descriptor)
            var isChanged = false
            // Others than root may at most choose among their groups; the owner comes first since changing it may take permissions away.
            if old.st_uid != new.st_uid { isChanged = fchown(descriptor, old.st_uid, old.st_gid) == 0 }
            if !isChanged, old.st_gid != new.st_gid {
                isChanged = fchown(descriptor, uid_t.max, old.st_gid) == 0
            }
            if isChanged || old.st_mode & 0o7777 != new.st_mode & 0o7777 {
                _ = try SystemCall.retrying { fchmod(descriptor, old.st_mode & 0o7777) }
                try SystemCall.synchronize(descriptor)
            }
        } catch {
            // A file system without permissions.
            if [EPERM, ENOTSUP, ENOSYS].contains(error.code) { return }
            throw FileError(.inputOutput, "\(place.path): cannot get the permissions of the old file: \(error)")
        }
    }

    /// Keeps the old files under second names, and writes the journals.
    private func prepare() throws(FileError) {
        var entries: [CommitJournal.Entry] = []
        for place in places {
            guard let new = try FileFingerprint(of: place.staged, for: place.path) else {
                throw FileError(.internalFault, "\(place.path): was not written")
            }
            entries.append(
                CommitJournal.Entry(path: "", new: new, old: try FileFingerprint(of: place.target, for: place.path)))
        }
        for (place, entry) in zip(places, entries) where entry.old != nil {
            do throws(SystemError) {
                try SystemCall.link(place.target, to: place.backup)
            } catch {
                // Not every file system has second names; there a rename that fails leaves the rest to the next run.
                guard [EPERM, ENOTSUP, ENOSYS, EMLINK, EXDEV, EACCES].contains(error.code) else {
                    throw FileError(.inputOutput, "\(place.path): the old file cannot be kept: \(error)")
                }
            }
        }
        let identifier = CommitJournal.newIdentifier()
        for place in places {
            var journal = CommitJournal(identifier: identifier, entries: entries)
            for (index, other) in places.enumerated() {
                guard let path = String(validating: place.relativePath(to: other), as: UTF8.self) else {
                    throw FileError(
                        .cannotCreate,
                        "\(other.path): cannot be created: the way to it from '\(place.path)' is not UTF-8; name another folder"
                    )
                }
                journal.entries[index].path = path
            }
            try locks[place]?.write(journal.bytes)
        }
        try synchronizeFolders()
    }

    private func putInPlace() throws(FileError) {
        for (index, place) in places.enumerated() {
            do throws(SystemError) {
                try SystemCall.rename(place.staged, to: place.target)
            } catch {
                let reason = "\(place.path): cannot be put in place: \(error)"
                if undo(places[..<index].reversed()) {
                    discard()
                    throw FileError(.inputOutput, reason)
                }
                let done = places[..<index].map { "'\($0.path)'" }.joined(separator: " and ")
                let others = places[index...].map { "'\($0.path)'" }.joined(separator: " and ")
                // The journals stay.
                hasBegun = false
                places = []
                locks = [:]
                throw FileError(
                    .inputOutput, reason + "; \(done) may be new already, and the next run puts \(others) in place")
            }
        }
        var failure: FileError?
        do throws(FileError) { try synchronizeFolders() } catch { failure = error }
        for place in places { try? SystemCall.remove(place.backup) }
        for place in places { release(place) }
        if let failure {
            throw FileError(
                failure.kind, failure.message + "; the files are in place, but may be lost when the power is")
        }
    }

    /// Takes files out of their places again. At every moment the journal can still finish what was begun.
    private func undo(_ done: some Sequence<OutputPlace>) -> Bool {
        do throws(SystemError) {
            for place in done {
                let hasBackup = try SystemCall.status(of: place.backup, followingLinks: false) != nil
                guard hasBackup || !hadOldFile(place) else { return false }
                try SystemCall.rename(place.target, to: place.staged)
                guard hasBackup else { continue }
                do throws(SystemError) {
                    try SystemCall.rename(place.backup, to: place.target)
                } catch {
                    // Rather the new file than none.
                    try SystemCall.rename(place.staged, to: place.target)
                    throw error
                }
            }
            return true
        } catch {
            return false
        }
    }

    private func hadOldFile(_ place: OutputPlace) -> Bool {
        guard let bytes = try? locks[place]?.contents(),
            let journal = CommitJournal(bytes, ofPlaceNamed: place.name)
        else { return true }
        return journal.entries.first { $0.path == place.name }?.old != nil
    }

    private func synchronizeFolders() throws(FileError) {
        for folder in Set(places.map { FileBytes.folder(of: $0.target) }) {
            do throws(SystemError) {
                try SystemCall.synchronize(folder: folder)
            } catch {
                throw FileError(.inputOutput, "\(folder): the folder cannot be brought to the disk: \(error)")
            }
        }
    }
}
