import Files

/// How the names of a pair of files belong together.
enum FileNames {
    /// The endings of weights files; the longer ones first.
    private static let weightEndings = [".caffemodel.h5", ".caffemodel.hdf5", ".caffemodel", ".hdf5", ".h5"]

    /// The prototxt that belongs to a weights file: its name without the ending, plus `.prototxt`.
    static func prototxt(besideWeights path: String) -> String {
        let name = FileBytes.name(of: path)
        let ending = weightEndings.first { name.lowercased().hasSuffix($0) && name.count > $0.count } ?? ""
        return path.dropLast(ending.count) + ".prototxt"
    }

    /// Whether a file is named as networks are.
    static func isPrototxt(_ path: String) -> Bool {
        [".prototxt", ".pbtxt"].contains(where: FileBytes.name(of: path).lowercased().hasSuffix)
    }
}
