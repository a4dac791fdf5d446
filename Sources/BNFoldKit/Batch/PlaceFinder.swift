import Files

/// Finds out which paths lead to one place, whether there is a file or not.
struct PlaceFinder {
    private var folders: [String: String] = [:]

    /// One text for all paths of a place: links in its folders are followed, as far as these exist. The file itself may be a link.
    mutating func place(of path: String) -> String {
        FilePaths.join(realFolder(FileBytes.folder(of: path)), FileBytes.name(of: path))
    }

    private mutating func realFolder(_ folder: String) -> String {
        if let known = folders[folder] { return known }
        let real: String
        if let resolved = realpath(folder, nil) {
            real = String(cString: resolved)
            free(resolved)
        } else if folder == "/" || folder == "." {
            real = folder
        } else {
            let parent = realFolder(FileBytes.folder(of: folder))
            let name = FileBytes.name(of: folder)
            real = name == ".." ? FileBytes.folder(of: parent) : FilePaths.join(parent, name)
        }
        folders[folder] = real
        return real
    }
}
