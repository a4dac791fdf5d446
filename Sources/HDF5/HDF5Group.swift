/// A group that stays open: objects in it are found without walking down from the root each time.
///
/// It must not be used after its file is closed: that is an error of kind `.invalidRequest`.
public final class HDF5Group: Sendable {
    /// What a group holds under a name.
    public struct Entry: Sendable {
        public enum Content: Sendable {
            case group
            case dataset(HDF5Dataset)
            /// Something else, or something that is not followed; the reason reads as the end of a sentence about it.
            case other(reason: String)
        }

        public let name: String
        /// The absolute path.
        public let path: String
        public let content: Content
    }

    /// The absolute path.
    public let path: String
    let file: HDF5File
    /// What the paths of its members begin with.
    let prefix: String
    /// How many groups deep it lies.
    let depth: Int
    /// The group's number in the index of a file that is read.
    let number: Int?
    /// The library's handle, in a file that is written.
    let object: OpenObject?

    init(file: HDF5File, path: String, object: consuming OpenObject) {
        self.file = file
        self.path = path
        self.object = consume object
        number = nil
        prefix = ObjectPath.prefix(ofGroup: path)
        depth = 0
    }

    init(file: HDF5File, path: String, number: Int) {
        self.file = file
        self.path = path
        self.number = number
        object = nil
        prefix = ObjectPath.prefix(ofGroup: path)
        depth = ObjectPath(path).components.count
    }

    /// What a group below this one holds, its datasets opened for reading, sorted by the bytes of the names.
    ///
    /// Soft links inside the file are followed, others are `.other`.
    ///
    /// - Returns: `nil` when there is no such group.
    /// - Throws: `.unsupported` when the way leads out of the file or a name is not UTF-8, and what `HDF5File.dataset(at:)` throws.
    public func entries(ofGroup name: String) throws(HDF5Error) -> [Entry]? {
        let index = try file.readableIndex()
        let place = Place(file: file.path, object: prefix + name)
        let names = try names(onTheWayTo: name, at: place)
        guard let links = try links(ofGroup: names, in: index, at: place) else { return nil }
        let folder = names.reduce(prefix) { $0 + $1 + "/" }
        var entries: [Entry] = []
        entries.reserveCapacity(links.count)
        for link in links {
            let name: String
            do throws(Fault) { name = try FileIndex.text(of: link.name) } catch { throw place.error(error) }
            entries.append(try entry(name, link.target, at: folder + name, in: index))
        }
        return entries
    }

    /// The names that lead from this group to one below it.
    private func names(onTheWayTo name: String, at place: Place) throws(HDF5Error) -> [String] {
        if depth < ObjectPath.maximumDepth, ObjectPath.isName(name), !name.utf8.contains(0) { return [name] }
        let components = try ObjectPath(absolute: prefix + name, at: place).components
        return Array(components.dropFirst(depth))
    }

    private func links(
        ofGroup names: [String], in index: FileIndex, at place: Place
    ) throws(HDF5Error) -> [FileIndex.Link]? {
        guard let start = number else { return nil }
        do throws(Fault) {
            switch try index.resolve(names, from: start) {
            case .missing: return nil
            case .refused(let reason): throw Fault(.unsupported, reason)
            case .found(let group, _):
                guard case .group(let listing) = index.objects[group] else { return nil }
                return try listing.get()
            }
        } catch {
            throw place.error(error)
        }
    }

    private func entry(
        _ name: String, _ target: FileIndex.Target, at path: String, in index: FileIndex
    ) throws(HDF5Error) -> Entry {
        if case .broken(let fault) = target { throw Place(file: file.path, object: path).error(fault) }
        switch HDF5File.kind(of: target, in: index) {
        case (.group, _): return Entry(name: name, path: path, content: .group)
        case (.dataset, let number?):
            return Entry(
                name: name, path: path, content: .dataset(try file.dataset(number: number, at: path, in: index)))
        case (.dataset, nil): return Entry(name: name, path: path, content: .other(reason: "does not exist"))
        case (.other(let reason), _): return Entry(name: name, path: path, content: .other(reason: reason))
        }
    }
}
