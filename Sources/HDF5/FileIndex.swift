import Files

/// What a file holds: its groups, their links and where the numbers of its datasets lie. It is found once, when the file is opened.
///
/// Objects are known by their numbers, so that several links may lead to one, and a group may contain itself.
struct FileIndex: Equatable, Sendable {
    struct Link: Equatable, Sendable {
        /// As the file has it; need not be UTF-8.
        var name: [UInt8]
        var target: Target
    }

    enum Target: Equatable, Sendable {
        /// The number of an object.
        case object(Int)
        /// A link that is not followed; the reason reads as the end of a sentence about it.
        case refused(reason: String)
        /// What the link leads to cannot be opened.
        case broken(Fault)
    }

    enum Object: Equatable, Sendable {
        /// The links of a group by ascending bytes of their names; or why they cannot be listed.
        case group(Result<[Link], Fault>)
        case dataset(Dataset)
        /// Something else; the reason reads as the end of a sentence about it.
        case other(reason: String)
    }

    struct Dataset: Equatable, Sendable {
        /// Where its numbers lie; or why they cannot be read.
        var numbers: Result<StoredNumbers, Fault>
        /// The string that it holds, or why it cannot be read; `nil` when it holds numbers.
        var text: Result<String, Fault>?
    }

    /// The first one is the root group.
    var objects: [Object]
    /// What is attached to objects, by their numbers; or why that cannot be listed. Nothing for an object without attributes.
    var attributes: [Int: Result<[StoredAttribute], Fault>] = [:]
    /// Where addresses in the file begin to count, for what is read when it is asked for.
    var base: UInt64 = 0
}

/// What is wrong with an object, without the place, which is known by whatever path leads to it.
struct Fault: Error, Equatable, Sendable {
    var kind: HDF5Error.Kind
    /// The end of a sentence about the object.
    var message: String
    var libraryMessage: String?

    init(_ kind: HDF5Error.Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    init(_ error: HDF5Error) {
        kind = error.kind
        message = error.message
        libraryMessage = error.libraryMessage
    }
}

extension Place {
    func error(_ fault: Fault) -> HDF5Error {
        HDF5Error(
            kind: fault.kind, file: file, object: object, message: fault.message, libraryMessage: fault.libraryMessage)
    }
}

// MARK: - Finding

extension FileIndex {
    /// Where a path leads.
    enum Resolution {
        /// The object, and the groups on the way to it, the first one included.
        case found(Int, trail: [Int])
        /// A name on the way does not exist, or something on the way is no group.
        case missing
        /// A link on the way is not followed; the reason reads as the end of a sentence about the path.
        case refused(reason: String)
    }

    /// Follows names from a group.
    func resolve(_ names: some Sequence<String>, from start: Int = 0) throws(Fault) -> Resolution {
        var current = start
        var trail = [start]
        for name in names {
            guard case .group(let listing) = objects[current] else { return .missing }
            guard let target = Self.target(of: name, in: try listing.get()) else { return .missing }
            switch target {
            case .object(let number): current = number
            case .refused(let reason): return .refused(reason: reason)
            case .broken(let fault): throw fault
            }
            trail.append(current)
        }
        return .found(current, trail: trail)
    }

    /// A binary search.
    private static func target(of name: String, in links: [Link]) -> Target? {
        var name = name
        return name.withUTF8 { name in
            var (low, high) = (0, links.count)
            while low < high {
                let middle = (low + high) / 2
                let order = compare(links[middle].name, name)
                if order == 0 { return links[middle].target }
                if order < 0 { low = middle + 1 } else { high = middle }
            }
            return nil
        }
    }

    /// Below, at or above zero as the first name comes before, is or comes after the second one.
    private static func compare(_ first: [UInt8], _ second: UnsafeBufferPointer<UInt8>) -> Int {
        first.withUnsafeBufferPointer { first in
            let common = min(first.count, second.count)
            guard common > 0, let start = first.baseAddress, let other = second.baseAddress else {
                return first.count - second.count
            }
            let order = Int(memcmp(start, other, common))
            return order == 0 ? first.count - second.count : order
        }
    }

    /// What an object is, for callers.
    func kind(of number: Int) -> HDF5ObjectKind {
        switch objects[number] {
        case .group: .group
        case .dataset: .dataset
        case .other(let reason): .other(reason: reason)
        }
    }

    /// The bytes of a name as a path has it; throws for one that no path can hold.
    static func text(of name: [UInt8]) throws(Fault) -> String {
        try check(name)
        return String(decoding: name, as: UTF8.self)
    }

    /// Throws for a name that no path can hold.
    static func check(_ name: [UInt8]) throws(Fault) {
        // Nearly all names.
        if isPlain(name) { return }
        guard let text = String(validating: name, as: UTF8.self) else {
            throw Fault(
                .unsupported,
                "holds the name '\(Self.escaped(name))', which is not UTF-8; rename it, as with h5py's move()")
        }
        // What a path has between its slashes, and '.' is nothing there.
        guard !name.isEmpty, name != [UInt8(ascii: ".")], !name.contains(UInt8(ascii: "/")) else {
            throw Fault(.damaged, "holds the name \(Place.quoted(text)), which no path can hold; is the file damaged?")
        }
    }

    /// Whether a name is of ASCII, and holds neither a slash nor a dot.
    private static func isPlain(_ name: [UInt8]) -> Bool {
        !name.isEmpty && name.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ".") }
    }

    /// Printable ASCII as it is, every other byte as `\xff`.
    private static func escaped(_ name: [UInt8]) -> String {
        name.prefix(200).map { byte in
            0x20..<0x7F ~= byte
                ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined() + (name.count > 200 ? "..." : "")
    }
}
