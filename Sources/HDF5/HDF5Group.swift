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
    /// The group's number in the index of a file that is read.
    private let number: Int?
    /// The library's handle, in a file that is written.
    let object: OpenObject?

    init(file: HDF5File, path: String, object: consuming OpenObject) {
        self.file = file
        self.path = path
        self.object = consume object
        number = nil
    }

    init(file: HDF5File, path: String, number: Int) {
        self.file = file
        self.path = path
        self.number = number
        object = nil
    }

    /// What a group below this one holds, its datasets opened for reading, sorted by the bytes of the names.
    ///
    /// Soft links inside the file are followed, others are `.other`.
    ///
    /// - Returns: `nil` when there is no such group.
    /// - Throws: `.unsupported` when the way leads out of the file or a name is not UTF-8, and what `HDF5File.dataset(at:)` throws.
    public func entries(ofGroup name: String) throws(HDF5Error) -> [Entry]? {
        let index = try file.readableIndex()
        let path = ObjectPath.joining(path, name)
        let place = Place(file: file.path, object: path)
        let components = try ObjectPath(absolute: path, at: place).components
        let names = Array(components.dropFirst(ObjectPath(self.path).components.count))
        guard let links = try links(ofGroup: names, in: index, at: place) else { return nil }
        let knownPath = components.isEmpty ? "" : "/" + components.joined(separator: "/")
        var entries: [Entry] = []
        for link in links {
            let name: String
            do throws(Fault) { name = try FileIndex.text(of: link.name) } catch { throw place.error(error) }
            entries.append(try entry(name, link.target, at: "\(knownPath)/\(name)", in: index))
        }
        return entries
    }

    /// Throws unless every name in this group and the groups below it is UTF-8 and fit for a path.
    public func checkNames() throws(HDF5Error) {
        let index = try file.readableIndex()
        guard let start = number else { return }
        var entered: Set<Int> = [start]
        var pending = [(number: start, path: path)]
        while let (number, path) = pending.popLast() {
            guard case .group(.success(let links)) = index.objects[number] else { continue }
            for link in links {
                let name: String
                do throws(Fault) { name = try FileIndex.text(of: link.name) } catch {
                    throw Place(file: file.path, object: path).error(error)
                }
                guard case .object(let child) = link.target, case .group = index.objects[child],
                    entered.insert(child).inserted
                else { continue }
                pending.append((child, ObjectPath.joining(path, name)))
            }
        }
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
