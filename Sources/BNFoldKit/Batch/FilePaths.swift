import Files

/// Paths as texts.
enum FilePaths {
    /// A path seen from a folder; an absolute one is itself.
    static func join(_ folder: String, _ path: String) -> String {
        if path.hasPrefix("/") { return path }
        return folder.hasSuffix("/") ? folder + path : folder + "/" + path
    }

    /// The path from the root, without empty and `.` components. `..` stays: what it leads to depends on links.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return "/" + tidy(path) }
        defer { free(folder) }
        return "/" + tidy(join(String(cString: folder), path))
    }

    /// Makes sure that paths can be made absolute: a name that is not UTF-8 would become another one.
    static func requireWorkingFolder() throws(BNFoldError) {
        guard let folder = getcwd(nil, 0) else {
            throw BNFoldError(.unreadable, "the working folder is not known: \(FileBytes.describe(errno))")
        }
        defer { free(folder) }
        guard String(validatingCString: folder) != nil else {
            throw BNFoldError(
                .usage, "the path of the working folder is not UTF-8: '\(String(cString: folder))'; start from another")
        }
    }

    /// The components of a path without empty ones and `.`.
    static func tidy(_ path: String) -> String {
        path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// Whether a path leaves the folder that it begins in.
    static func escapes(_ path: String) -> Bool { path.hasPrefix("/") || path.split(separator: "/").contains("..") }

    /// Compares texts byte by byte: the order does not depend on a language or on how accents are written.
    static func precedes(_ first: String, _ second: String) -> Bool {
        first.utf8.lexicographicallyPrecedes(second.utf8)
    }

    /// Makes a folder and those above it that are missing.
    ///
    /// - Throws: `BNFoldError` of the kind `cannotCreate` or `inputOutput`.
    static func makeFolder(_ path: String) throws(BNFoldError) {
        if try isFolder(path) { return }
        let parent = FileBytes.folder(of: path)
        if parent != path, parent != ".", parent != "/" { try makeFolder(parent) }
        if mkdir(path, 0o777) == 0 { return }
        let code = errno
        // Another run may have been quicker.
        if try isFolder(path) { return }
        let reason = code == EEXIST ? "there is a file of this name" : FileBytes.describe(code)
        throw BNFoldError(
            SystemError(code: code).isAboutTheFile ? .cannotCreate : .inputOutput,
            "\(path): the folder cannot be made: \(reason)")
    }

    /// - Throws: `BNFoldError` of the kind `inputOutput`.
    static func isFolder(_ path: String) throws(BNFoldError) -> Bool {
        try liftingFiles { () throws(FileError) in try FileBytes.isFolder(path) }
    }
}
