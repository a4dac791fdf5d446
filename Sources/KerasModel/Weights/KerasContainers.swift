import Frontend

/// Files of Keras with weights, whatever they are called.
public enum KerasContainers {
    /// What kind a file is, by its content; `nil` for one that is none of Keras, and for one that cannot be read.
    ///
    /// - Throws: for an error of the disk.
    public static func kind(of path: String) throws(ModelError) -> KerasContainerKind? {
        try KerasFile.kind(of: path)
    }

    /// Opens a file.
    ///
    /// - Parameter isOwn: whether this run has written it, so that the weights of an archive need not be compared with their checksum.
    /// - Throws: `ModelError` for a file that cannot be read, is damaged, or is none of Keras.
    public static func open(_ path: String, isOwn: Bool = false) throws(ModelError) -> any KerasContainer {
        try KerasFile(readingPath: path, isOwn: isOwn)
    }
}
