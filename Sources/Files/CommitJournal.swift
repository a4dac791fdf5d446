/// What is written beside each of several files before the first of them is put in place: which files belong together, and what they hold.
///
/// Names are seen from the folder of the journal, so they stay right when the folders are moved together. A journal is about its own place, too,
/// or it is none of ours.
struct CommitJournal: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        /// Seen from the folder of the journal.
        var path: String
        /// What is to be put in place.
        var new: FileFingerprint
        /// What was there before; `nil` for nothing.
        var old: FileFingerprint?
    }

    /// The same in the journals of all places of one commit, and in no others: 32 hexadecimal digits.
    var identifier: String
    var entries: [Entry]

    private static let mark = "bnfold commit 2"
    /// More files than one run writes.
    private static let mostEntries = 16

    /// Fields that end with a zero byte, with a digest over all of them as the last.
    var bytes: [UInt8] {
        var fields: [String] = [Self.mark, identifier, String(entries.count)]
        for entry in entries {
            fields += [entry.path, String(entry.new.size), entry.new.digest]
            fields += entry.old.map { [String($0.size), $0.digest] } ?? ["", ""]
        }
        var bytes: [UInt8] = []
        for field in fields { bytes += Array(field.utf8) + [0] }
        return bytes + Array(Self.digest(bytes).utf8) + [0]
    }

    init(identifier: String, entries: [Entry]) {
        self.identifier = identifier
        self.entries = entries
    }

    /// Reads the journal of a place; `nil` for bytes that are none of ours, not whole, or about other files.
    init?(_ bytes: [UInt8], ofPlaceNamed name: String) {
        let fields = bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast()
            .map { String(validating: $0, as: UTF8.self) }
        guard bytes.last == 0, fields.count > 4, fields[0] == Self.mark, let identifier = fields[1],
            let count = fields[2].flatMap({ Int($0) }), 1...Self.mostEntries ~= count, fields.count == 4 + 5 * count,
            let digest = fields.last, digest == Self.digest(Array(bytes.dropLast(65)))
        else { return nil }
        var entries: [Entry] = []
        for index in 0..<count {
            let parts = fields[3 + 5 * index..<8 + 5 * index].compactMap(\.self)
            guard parts.count == 5, Self.isPlain(parts[0]), let new = Self.fingerprint(parts[1], parts[2]) else {
                return nil
            }
            entries.append(Entry(path: parts[0], new: new, old: Self.fingerprint(parts[3], parts[4])))
        }
        guard entries.contains(where: { $0.path == name }), Set(entries.map(\.path)).count == count else { return nil }
        self.init(identifier: identifier, entries: entries)
    }

    /// Whether this is the journal that another place of the same commit has.
    func belongsTogether(with other: CommitJournal) -> Bool {
        identifier == other.identifier && entries.map(\.new) == other.entries.map(\.new)
            && entries.map(\.old) == other.entries.map(\.old)
    }

    /// A random identifier.
    static func newIdentifier() -> String {
        var generator = SystemRandomNumberGenerator()
        // The system is asked for each number.
        let numbers = [generator.next(), generator.next()]
        return FileFingerprint.hexadecimal(numbers.withUnsafeBytes(Array.init))
    }

    /// A relative path as `relativePath` makes it: up first, then down, to a name.
    private static func isPlain(_ path: String) -> Bool {
        let components = path.split(separator: "/", omittingEmptySubsequences: false).drop { $0 == ".." }
        return !components.isEmpty && components.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    private static func fingerprint(_ size: String, _ digest: String) -> FileFingerprint? {
        guard let size = Int(size), size >= 0, digest.utf8.count == 64 else { return nil }
        return FileFingerprint(size: size, digest: digest)
    }

    private static func digest(_ bytes: [UInt8]) -> String {
        var hash = SHA256()
        bytes.withUnsafeBytes { hash.update($0) }
        return FileFingerprint.hexadecimal(hash.finalized() ?? [])
    }
}
