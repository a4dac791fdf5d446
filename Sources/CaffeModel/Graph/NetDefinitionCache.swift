import Files
import Frontend
import Prototxt

/// Nets that were read lately, for the next weights of the same net.
///
/// A file is read again each time, and parsed again when its bytes have changed.
public struct NetDefinitionCache: Sendable {
    private struct Entry {
        var path: String
        var bytes: [UInt8]
        var definition: NetDefinition
    }

    /// The most recent one last.
    private var entries: [Entry] = []
    /// More nets than this are rarely worked on in turn, and large ones take megabytes each.
    private static let capacity = 4

    public init() {}

    /// The net of a prototxt file of any age.
    ///
    /// - Throws: `ModelError` for a file that cannot be read or is no net.
    public mutating func definition(path: String) throws(ModelError) -> NetDefinition {
        let bytes = try readingFile { () throws(FileError) in
            try FileBytes.read(path, limit: PrototxtDocument.maximumByteCount)
        }
        if let position = entries.firstIndex(where: { $0.path == path }) {
            let entry = entries.remove(at: position)
            if entry.bytes == bytes {
                entries.append(entry)
                return entry.definition
            }
        }
        let definition = try NetDefinition(parsing: bytes, path: path)
        if entries.count >= Self.capacity { entries.removeFirst() }
        entries.append(Entry(path: path, bytes: bytes, definition: definition))
        return definition
    }
}

extension NetDefinition {
    /// Reads a prototxt file of any age: old formats are turned into today's first.
    public init(path: String) throws(ModelError) {
        let bytes = try readingFile { () throws(FileError) in
            try FileBytes.read(path, limit: PrototxtDocument.maximumByteCount)
        }
        try self.init(parsing: bytes, path: path)
    }

    fileprivate init(parsing bytes: [UInt8], path: String) throws(ModelError) {
        let document: PrototxtDocument
        do throws(PrototxtError) {
            document = try PrototxtDocument(parsing: bytes, path: path)
        } catch {
            throw ModelError(error)
        }
        try NameEncoding.check(document)
        try self.init(document: try LegacyUpgrade.upgraded(document))
    }
}
