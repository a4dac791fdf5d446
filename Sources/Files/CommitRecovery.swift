/// Settles what runs left that were killed while they put files in place.
///
/// A journal is obeyed only together with the others of its commit, and for files that hold what it says:
/// - Every file is in place, or waits complete under its name: what waits is put in place.
/// - None is in place: what waits is removed.
/// - Some are in place and others are lost: the old files come back, where all of them are there.
/// - Anything else, such as a file that was changed since: what is in place stays.
///
/// Nothing is renamed for a journal that is not whole, or that names files that have no journal of the same commit.
struct CommitRecovery {
    /// The places of this run, whose locks it holds.
    let places: [OutputPlace]
    /// Those, and the locks of further places that a journal names.
    private var locks: [OutputPlace: FileLock]

    init(places: [OutputPlace], locks: [OutputPlace: FileLock]) {
        self.places = places
        self.locks = locks
    }

    /// - Throws: `FileError`; what was left then waits for the next run.
    mutating func run(notice: (String) -> Void) throws(FileError) {
        for place in places {
            guard let contents = try locks[place]?.contents(), !contents.isEmpty else { continue }
            if let journal = CommitJournal(contents, ofPlaceNamed: place.name) {
                try settle(journal, at: place, notice: notice)
            } else {
                notice(
                    "'\(place.lock)' holds no whole journal of bnfold about '\(place.name)'; it is removed and not obeyed"
                )
            }
        }
        for place in places {
            for path in [place.staged, place.backup] { try remove(path, of: place) }
            locks[place]?.clear()
        }
    }

    /// A file of an interrupted commit.
    private struct Member {
        var entry: CommitJournal.Entry
        var place: OutputPlace
        /// Whether its place has a journal of the same commit.
        var isBound: Bool
        /// Whether the new file is in place.
        var isInPlace = false
        /// Whether the new file waits beside its place.
        var isWaiting = false
        /// Whether the old file, or nothing where nothing was, is in place.
        var isOld = false
        /// Whether the old file has its second name.
        var hasBackup = false
        /// Whether anything waits beside its place, whatever it is.
        var hasStaged = false

        var isAvailable: Bool { isInPlace || isWaiting }
        /// Where nothing was, and nothing is, the loss of what waited tells that somebody else was at work.
        var isUntouched: Bool { isOld && (entry.old != nil || hasStaged) }
    }

    private mutating func settle(
        _ journal: CommitJournal, at place: OutputPlace, notice: (String) -> Void
    ) throws(FileError) {
        var members: [Member] = []
        var isComplete = true
        var missing: String?
        for entry in journal.entries {
            let member = try member(entry, of: journal, seenFrom: place)
            if let member { members.append(member) } else { isComplete = false }
            if member.map({ !$0.isBound && !$0.isInPlace }) ?? true { missing = missing ?? entry.path }
            // Files are put in place in the order of the journal, so the one that is missing may be in place wherever it is now.
            if let missing, let member, member.isBound, member.isWaiting, !member.isInPlace {
                throw FileError(
                    .cannotCreate,
                    "\(member.place.path): an interrupted run wrote it together with '\(place.path(relative: missing))', which is not there now; put that back, or remove '\(member.place.lock)' to give up what waits"
                )
            }
        }
        let mine = members.filter(\.isBound)
        let names = members.map { "'\($0.place.path)'" }.joined(separator: " and ")
        let isBound = isComplete && members.allSatisfy(\.isBound)
        if isComplete, members.allSatisfy(\.isAvailable), members.contains(where: { !$0.isInPlace }) {
            for member in members where !member.isInPlace { try rename(member.place.staged, to: member.place) }
            try synchronizeFolders(of: members)
            notice("finished an earlier run that was interrupted while it put \(names) in place")
        } else if isComplete, members.allSatisfy(\.isInPlace) {
            // Only its traces were left.
        } else if isBound, members.contains(where: \.isInPlace) {
            if members.allSatisfy({ $0.isInPlace ? $0.entry.old == nil || $0.hasBackup : $0.isUntouched }) {
                for member in members where member.isInPlace {
                    if member.hasBackup {
                        try rename(member.place.backup, to: member.place)
                    } else {
                        try remove(member.place.target, of: member.place)
                    }
                }
                try synchronizeFolders(of: members)
                notice(
                    "an earlier run was interrupted while it put \(names) in place, and not all that it wrote is left: what was there before is there again"
                )
            } else {
                notice(
                    "an earlier run was interrupted while it put \(names) in place, and these were changed since: they stay as they are"
                )
            }
        } else if isBound, !members.allSatisfy(\.isWaiting) {
            notice("what an interrupted run had written for \(names) is not whole, and is removed")
        }
        for member in mine {
            for path in [member.place.staged, member.place.backup] { try remove(path, of: member.place) }
        }
        for member in mine.reversed() { locks[member.place]?.clear() }
    }

    /// What there is of a file of a commit; `nil` when its folder is not there. Takes the lock of its place when that has a journal.
    private mutating func member(
        _ entry: CommitJournal.Entry, of journal: CommitJournal, seenFrom place: OutputPlace
    ) throws(FileError) -> Member? {
        let path = place.path(relative: entry.path)
        guard let named = OutputPlace(named: path) else { return nil }
        let known = locks.keys.first { $0.identity == named.identity }
        var member = Member(entry: entry, place: known ?? named, isBound: false)
        if let contents = try FileLock.contents(of: member.place.lock, for: member.place.path),
            CommitJournal(contents, ofPlaceNamed: named.name)?.belongsTogether(with: journal) == true
        {
            if known == nil {
                locks[named] = try FileLock(
                    named.lock, for: path,
                    advice: "another bnfold is at work on it, and it belongs to an interrupted run; wait for it")
            }
            // Whoever held the lock a moment ago may have settled it.
            let contents = try locks[member.place]?.contents() ?? []
            member.isBound =
                CommitJournal(contents, ofPlaceNamed: named.name)?.belongsTogether(with: journal) == true
        }
        let target = try FileFingerprint(of: member.place.target, for: member.place.path)
        member.isInPlace = target == entry.new
        let isAbsent = try member.place.status() == nil
        member.isOld = entry.old == nil ? isAbsent : target == entry.old
        guard member.isBound else { return member }
        let staged = try FileFingerprint(of: member.place.staged, for: member.place.path)
        member.hasStaged = staged != nil
        member.isWaiting = staged == entry.new
        let backup = try FileFingerprint(of: member.place.backup, for: member.place.path)
        member.hasBackup = backup != nil && backup == entry.old
        return member
    }

    private func rename(_ source: String, to place: OutputPlace) throws(FileError) {
        do throws(SystemError) {
            try SystemCall.rename(source, to: place.target)
        } catch {
            throw FileError(
                .inputOutput,
                "\(place.path): what an interrupted run left cannot be put in place: \(error); the next run tries again"
            )
        }
    }

    private func remove(_ path: String, of place: OutputPlace) throws(FileError) {
        do throws(SystemError) {
            try SystemCall.remove(path)
        } catch {
            // Only the user can remove what is no file of ours; of a disk that fails it does not matter what was meant.
            guard error.isAboutTheFile else {
                throw FileError(
                    .inputOutput, "\(place.path): what an earlier run left beside it cannot be removed: \(error)")
            }
            throw FileError(
                .cannotCreate, "\(place.path): '\(path)', left by an earlier run, cannot be removed: \(error)")
        }
    }

    private func synchronizeFolders(of members: [Member]) throws(FileError) {
        for folder in Set(members.map { FileBytes.folder(of: $0.place.target) }) {
            do throws(SystemError) {
                try SystemCall.synchronize(folder: folder)
            } catch {
                throw FileError(.inputOutput, "\(folder): the folder cannot be brought to the disk: \(error)")
            }
        }
    }
}
