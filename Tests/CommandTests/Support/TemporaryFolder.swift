import Foundation

/// A folder that goes with its owner.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("bnfold-tests-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// The absolute path of a name in the folder.
    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// The names of everything in the folder, hidden files included.
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }

    func data(_ name: String) throws -> Data { try Data(contentsOf: url.appendingPathComponent(name)) }

    func text(_ name: String) throws -> String { String(decoding: try data(name), as: UTF8.self) }

    func write(_ text: String, to name: String) throws { try write(Data(text.utf8), to: name) }

    func write(_ data: Data, to name: String) throws { try data.write(to: url.appendingPathComponent(name)) }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
    }

    func copy(_ source: URL, to name: String) throws {
        try FileManager.default.copyItem(at: source, to: url.appendingPathComponent(name))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }

    fileprivate struct CannotCreate: Error { var path: String }

    /// An empty file, open for writing.
    func emptyFile(_ name: String) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path(name), contents: nil) else {
            throw CannotCreate(path: path(name))
        }
        return try FileHandle(forWritingTo: url.appendingPathComponent(name))
    }
}
