import CHDF5
import Synchronization

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
    let object: OpenObject
    /// Looks past the library; `nil` where that is not possible.
    private let direct: Mutex<DirectGroup?>

    init(file: HDF5File, path: String, object: consuming OpenObject) {
        self.file = file
        self.path = path
        self.object = object
        direct = Mutex(DirectGroup(at: ObjectPath(path), in: file))
    }

    /// What a group below this one holds, its datasets opened for reading, sorted by the bytes of the names.
    ///
    /// Soft links inside the file are followed, others are `.other`.
    ///
    /// - Returns: `nil` when there is no such group.
    /// - Throws: `.unsupported` when the way leads out of the file, and what `HDF5File.dataset(at:)` throws.
    public func entries(ofGroup name: String) throws(HDF5Error) -> [Entry]? {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        try file.checkOpen()
        let path = ObjectPath.joining(path, name)
        let place = Place(file: file.path, object: path)
        let components = try ObjectPath(absolute: path, at: place).components
        let names = Array(components.dropFirst(ObjectPath(self.path).components.count))
        let knownPath = "/" + components.joined(separator: "/")
        switch direct.withLock({ $0?.entries(of: names, at: knownPath, in: file) ?? .unknown }) {
        case .entries(let entries): return entries
        case .missing: return nil
        case .unknown: break
        }
        var resolver = LinkResolver(file: file.id, place: place)
        switch try resolver.resolve(names, in: object) {
        case .missing: return nil
        case .refused(let reason): throw place.error(.unsupported, reason)
        case .found(let group):
            guard group.kind == .group else { return nil }
            var entries: [Entry] = []
            for bytes in try file.linkNames(of: group, at: place).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                entries.append(try entry(bytes, in: group, at: path))
            }
            return entries
        }
    }

    private func entry(
        _ bytes: [UInt8], in group: borrowing OpenObject, at groupPath: String
    ) throws(HDF5Error) -> Entry {
        let name = String(decoding: bytes, as: UTF8.self)
        let path = ObjectPath.joining(groupPath, name)
        guard ObjectPath(name).components == [name], name.utf8.elementsEqual(bytes) else {
            return Entry(name: name, path: path, content: .other(reason: "has a name that no path can hold"))
        }
        var resolver = LinkResolver(file: file.id, place: Place(file: file.path, object: path))
        switch try resolver.resolve(name, in: group) {
        case .missing: return Entry(name: name, path: path, content: .other(reason: "does not exist"))
        case .refused(let reason): return Entry(name: name, path: path, content: .other(reason: reason))
        case .found(let object):
            let kind = object.kind
            if kind == .dataset {
                return Entry(name: name, path: path, content: .dataset(try file.dataset(openedAs: object, at: path)))
            }
            if case .other(let reason) = kind {
                return Entry(name: name, path: path, content: .other(reason: reason))
            }
            return Entry(name: name, path: path, content: .group)
        }
    }
}
